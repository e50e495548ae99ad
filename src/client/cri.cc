// SPDX-License-Identifier: Apache-2.0
#include "client/cri.h"

#include <fmt/format.h>
#include <google/protobuf/struct.pb.h>

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "base/go_text.h"
#include "client/channel.h"
#include "client/exit_status.h"
#include "runtime/v1/api.pb.h"
#include "serve/message_json.h"

namespace tripline {
namespace {

constexpr auto kEndpoints =
    std::to_array<std::string_view>({"unix:///run/containerd/containerd.sock", "unix:///run/crio/crio.sock",
                                     "unix:///var/run/cri-dockerd.sock"});

int complain(const std::string& message) {
  fmt::print(stderr, "Error: {}\n", message);
  return kFailed;
}

std::expected<runtime::v1::VersionResponse, std::string> ask_version(Channel& cri) {
  runtime::v1::VersionResponse version;
  const auto asked = cri.call("runtime.v1.RuntimeService/Version", runtime::v1::VersionRequest(), version);
  if (!asked) return std::unexpected(asked.error());
  return version;
}

std::expected<Channel, std::string> open_runtime(const std::string& endpoint) {
  const ChannelOptions options{.timeout = std::chrono::seconds(5), .retries = 0};
  if (!endpoint.empty()) {
    ChannelOptions asked = options;
    asked.address = endpoint;
    return Channel::open(asked);
  }
  std::string tried;
  for (const std::string_view each : kEndpoints) {
    ChannelOptions asked = options;
    asked.address = each;
    auto cri = Channel::open(asked);
    if (cri && ask_version(*cri)) return cri;
    tried += (tried.empty() ? "" : " ") + go_quoted(each);
  }
  return std::unexpected("unable to connect to CRI endpoints ([" + tried + "])");
}

const google::protobuf::Value* member(const google::protobuf::Struct& object, const std::string& name) {
  const auto found = object.fields().find(name);
  return found == object.fields().end() ? nullptr : &found->second;
}

// runtimeSpec.linux.cgroupsPath
std::optional<std::string> cgroups_path(const std::string& info) {
  google::protobuf::Struct whole;
  if (!message_from_json(info, whole)) return {};
  const google::protobuf::Value* spec = member(whole, "runtimeSpec");
  const google::protobuf::Value* system = spec ? member(spec->struct_value(), "linux") : nullptr;
  const google::protobuf::Value* path = system ? member(system->struct_value(), "cgroupsPath") : nullptr;
  if (path == nullptr || path->string_value().empty()) return {};
  return path->string_value();
}

// Slices stand in each other: of a-b-c.slice the path is a.slice/a-b.slice/a-b-c.slice.
std::expected<std::string, std::string> slice_path(std::string_view slice) {
  constexpr std::string_view kSuffix = ".slice";
  const auto invalid = [slice] { return std::unexpected("invalid slice name: " + std::string(slice)); };
  if (!slice.ends_with(kSuffix) || slice.contains('/')) return invalid();
  const std::string_view name = slice.substr(0, slice.size() - kSuffix.size());
  if (name == "-") return "";
  std::string out;
  for (size_t at = 0; at <= name.size();) {
    const size_t dash = std::min(name.find('-', at), name.size());
    if (dash == at) return invalid();
    out += fmt::format("/{}{}", name.substr(0, dash), kSuffix);
    at = dash + 1;
  }
  return out;
}

}  // namespace

std::expected<std::string, std::string> cgroup_path(std::string_view text) {
  const size_t first = text.find(':');
  const size_t second = first == std::string_view::npos ? first : text.find(':', first + 1);
  if (second == std::string_view::npos)
    return std::string(text.starts_with('/') ? "" : "/") + std::string(text);
  const std::string_view name = text.substr(second + 1);
  auto path = slice_path(text.substr(0, first));
  if (!path) return path;
  const std::string_view prefix = text.substr(first + 1, second - first - 1);
  if (name.ends_with(".slice")) return *path + "/" + std::string(name);
  return fmt::format("{}/{}{}{}.scope", *path, prefix, prefix.empty() ? "" : "-", name);
}

std::expected<std::string, std::string> container_cgroup(const std::string& endpoint,
                                                         const std::string& container) {
  auto cri = open_runtime(endpoint);
  if (!cri) return std::unexpected(cri.error());
  runtime::v1::ContainerStatusRequest request;
  request.set_container_id(container);
  request.set_verbose(true);
  runtime::v1::ContainerStatusResponse status;
  const auto asked = cri->call("runtime.v1.RuntimeService/ContainerStatus", request, status);
  if (!asked) return std::unexpected(asked.error());
  const auto info = status.info().find("info");
  const auto path = info == status.info().end() ? std::nullopt : cgroups_path(info->second);
  if (!path) return std::unexpected("the runtime does not report the cgroup of container " + container);
  return cgroup_path(*path);
}

int cri_version(const flags::Parsed& parsed) {
  auto cri = open_runtime(parsed.text("runtime-endpoint"));
  if (!cri) return complain(cri.error());
  const auto version = ask_version(*cri);
  if (!version) return complain(version.error());
  if (parsed.text("output") == "json") {
    fmt::print("{}\n", message_to_json(*version));
    return 0;
  }
  std::vector<std::string> fields;
  for (const auto& [name, value] : {std::pair{"version", &version->version()},
                                    {"runtime_name", &version->runtime_name()},
                                    {"runtime_version", &version->runtime_version()},
                                    {"runtime_api_version", &version->runtime_api_version()}})
    if (!value->empty()) fields.push_back(fmt::format("{}:{}", name, go_quoted(*value)));
  fmt::print("{}\n", fmt::join(fields, "  "));
  return 0;
}

int cri_cgroup_path(const flags::Parsed& parsed) {
  const auto path = container_cgroup(parsed.text("runtime-endpoint"), parsed.words.front());
  if (!path) return complain(path.error());
  fmt::print("{}\n", *path);
  return 0;
}

}  // namespace tripline
