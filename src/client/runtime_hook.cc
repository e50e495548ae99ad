// SPDX-License-Identifier: Apache-2.0
#include "client/runtime_hook.h"

#include "client/channel.h"
#include "tetragon/sensors.pb.h"

namespace tripline {
namespace {

// The runtime calls us again when we fail, so there is no second try.
ChannelOptions options_of(const std::string& address, std::chrono::nanoseconds timeout) {
  return {.address = address, .timeout = timeout, .retries = 0};
}

}  // namespace

std::expected<void, std::string> tell_of_container(const ContainerNotice& notice, const std::string& address,
                                                   std::chrono::nanoseconds timeout) {
  auto channel = Channel::open(options_of(address, timeout));
  if (!channel) return std::unexpected(channel.error());
  tetragon::RuntimeHookRequest request;
  tetragon::CreateContainer& container = *request.mutable_createcontainer();
  container.set_cgroupspath(notice.cgroups_path);
  container.set_rootdir(notice.root_dir);
  container.mutable_annotations()->insert(notice.annotations.begin(), notice.annotations.end());
  container.set_containername(notice.container_name);
  container.set_containerid(notice.container_id);
  container.set_containerimage(notice.container_image);
  container.set_podname(notice.pod_name);
  container.set_poduid(notice.pod_uid);
  container.set_podnamespace(notice.pod_namespace);
  for (const MountNotice& each : notice.mounts) {
    tetragon::Mount& mount = *container.add_mounts();
    mount.set_destination(each.destination);
    mount.set_type(each.type);
    mount.set_source(each.source);
    for (const std::string& option : each.options) mount.add_options(option);
  }
  tetragon::RuntimeHookResponse response;
  return channel->call("RuntimeHook", request, response);
}

std::expected<std::string, std::string> version_of_agent(const std::string& address,
                                                         std::chrono::nanoseconds timeout) {
  auto channel = Channel::open(options_of(address, timeout));
  if (!channel) return std::unexpected(channel.error());
  tetragon::GetVersionResponse response;
  if (auto done = channel->call("GetVersion", tetragon::GetVersionRequest(), response); !done)
    return std::unexpected(done.error());
  return response.version();
}

}  // namespace tripline
