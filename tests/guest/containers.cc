// SPDX-License-Identifier: Apache-2.0
#include "containers.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <utility>

#include "kernel/kernel.h"
#include "load/cgroups.h"

namespace tripline::guest {
namespace {

std::string root;
int failed = 0;

}  // namespace

const std::string& cgroup_root() { return root; }
int failures() { return failed; }

void expect(bool holds, const std::string& what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what.c_str());
  ++failed;
}
bool done(const Result<void>& result) {
  if (!result) expect(false, result.error().text());
  return result.has_value();
}

bool mount_cgroups(bool v1) {
  mkdir("/sys/fs/cgroup", 0755);
  if (!v1) {
    root = "/sys/fs/cgroup";
    if (find_cgroup_hierarchy() == CgroupHierarchy{.mount = "/proc/1/root/sys/fs/cgroup"} &&
        access((root + "/cgroup.procs").c_str(), F_OK) == 0)
      return true;
    return mount("cgroup2", root.c_str(), "cgroup2", 0, nullptr) == 0;
  }
  root = "/sys/fs/cgroup/pids";
  while (umount2("/sys/fs/cgroup", MNT_DETACH) == 0) {
  }
  return mount("none", "/sys/fs/cgroup", "tmpfs", 0, nullptr) == 0 && mkdir(root.c_str(), 0755) == 0 &&
         mount("cgroup", root.c_str(), "cgroup", 0, "pids") == 0;
}

uint64_t make_cgroup(const std::string& name) {
  const std::string path = root + "/" + name;
  std::filesystem::create_directories(path);
  struct stat facts{};
  stat(path.c_str(), &facts);
  return facts.st_ino;
}

bool enter_cgroup(const std::string& name, pid_t pid) {
  std::ofstream file(root + "/" + name + "/cgroup.procs");
  file << (pid == 0 ? getpid() : pid) << std::flush;
  return file.good();
}

std::shared_ptr<const Pod> pod(const std::string& name_space, const std::string& name, Labels labels) {
  Pod out;
  out.uid = name_space + "/" + name;
  out.name_space = name_space;
  out.name = name;
  out.labels = std::move(labels);
  return std::make_shared<const Pod>(std::move(out));
}
Container container(const std::string& id, const std::string& name) {
  Container out;
  out.id = id;
  out.name = name;
  out.image = "docker.io/library/web:1";
  return out;
}

bool add(Agent& agent, const Source& document) {
  Change change;
  change.in.push_back({.document = document});
  const ChangeResult result = agent.perform(std::move(change));
  if (result.status) return true;
  for (const Admission& each : result.documents) {
    for (const Diagnostic& diagnostic : each.diagnostics.all())
      std::fprintf(stderr, "%s", render(each.source, diagnostic).c_str());
  }
  return done(result.status);
}
void clear(Agent& agent) { done(agent.perform({.everything = true}).status); }

void put(Agent& agent, const std::shared_ptr<const Pod>& of, const Container& which,
         std::vector<uint64_t> cgroups) {
  done(agent.workloads().put(of, which, cgroups));
}

std::unique_ptr<Agent> start_agent(Agent::Sink sink) {
  const ProbeScope little{.functions = false, .formats = false, .lsm_hooks = false, .modules = false};
  Result<ProbeReport> probed = probe_kernel(little);
  if (!probed) {
    expect(false, probed.error().text());
    return nullptr;
  }
  AgentOptions options;
  options.asked = probed->scope;
  Result<std::unique_ptr<Agent>> agent = Agent::start(
      std::make_shared<const Kernel>(std::move(probed->kernel)), std::move(options), std::move(sink));
  if (agent) return *std::move(agent);
  expect(false, agent.error().text());
  return nullptr;
}

}  // namespace tripline::guest
