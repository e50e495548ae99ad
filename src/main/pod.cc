// SPDX-License-Identifier: Apache-2.0
#include "main/pod.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <utility>

namespace tripline {

Result<std::shared_ptr<const Pod>> parse_pod(const std::string& text) {
  const auto wrong = [&] {
    return fail("read --pod", text, 0, "expected NAMESPACE/NAME, and LABEL=VALUE after commas");
  };
  Pod out;
  size_t end = text.find(',');
  const std::string name = text.substr(0, end);
  const size_t slash = name.find('/');
  if (slash == 0 || slash == std::string::npos || slash + 1 == name.size()) return wrong();
  out.name_space = name.substr(0, slash);
  out.name = name.substr(slash + 1);
  out.uid = name;
  while (end != std::string::npos) {
    const size_t begin = end + 1;
    end = text.find(',', begin);
    const std::string label = text.substr(begin, end == std::string::npos ? end : end - begin);
    const size_t equals = label.find('=');
    if (equals == 0 || equals == std::string::npos) return wrong();
    out.labels[label.substr(0, equals)] = label.substr(equals + 1);
  }
  return std::make_shared<const Pod>(std::move(out));
}

Result<PodCgroup> PodCgroup::make(const CgroupHierarchy& hierarchy) {
  std::string path = fmt::format("{}/tripline_run_{}", hierarchy.mount, getpid());
  if (access((hierarchy.mount + "/cgroup.procs").c_str(), F_OK) != 0)
    return fail("make cgroup", path, 0, "no cgroups are mounted at /sys/fs/cgroup");
  struct stat facts{};
  if (mkdir(path.c_str(), 0755) != 0 || stat(path.c_str(), &facts) != 0)
    return fail("make cgroup", path, errno);
  return PodCgroup(std::move(path), facts.st_ino);
}

PodCgroup::~PodCgroup() {
  if (!path_.empty()) rmdir(path_.c_str());
}

Result<void> PodCgroup::take(pid_t process) const {
  std::ofstream file(path_ + "/cgroup.procs");
  file << process << std::flush;
  if (!file) return fail("move the command to cgroup", path_, errno);
  return {};
}

Result<void> put_pod(Workloads& workloads, std::shared_ptr<const Pod> pod, const PodCgroup& cgroup) {
  Container container;
  container.id = fmt::format("{:064x}", cgroup.id());
  container.name = pod->name;
  container.state = Container::State::kRunning;
  return workloads.put(std::move(pod), container, std::array{cgroup.id()});
}

}  // namespace tripline
