// SPDX-License-Identifier: Apache-2.0
// What the process table knows of containers and pods.
#include <utility>

#include "event/process.h"
#include "event/text.h"
#include "pods/container_id.h"
#include "pods/probe.h"

namespace tripline {
namespace {

ProcessPod pod_for(const Process& process, PodViewPtr view) {
  const bool is_probe = may_be_probe(view->probes, process.binary, process.arguments);
  return {.of = std::move(view), .pid = process.pid_in_container, .may_be_probe = is_probe};
}

}  // namespace

std::string_view ProcessTable::container_of(const ExecRecord& record) {
  // Whoever is in a container can make cgroups in it whose names are those of another's.
  if (options_.container_of) container_ = options_.container_of(record.cgroup);
  if (!container_.empty()) return container_;
  const bool is_cut = record.cgroup_name.size() + 1 >= TL_CGROUP_NAME;
  return container_in_name(record.cgroup_name, is_cut);
}

void ProcessTable::set_container(Process& process, std::string_view container, uint32_t pid_in_ns) {
  if (container.empty()) return;
  process.docker = to_valid_utf8(shown_container_id(container));
  process.pid_in_container = pid_in_ns;
  if (!options_.pod_of) return;
  constexpr size_t kMost = 4096;
  if (PodViewPtr view = options_.pod_of(process.docker))
    process.pod = pod_for(process, std::move(view));
  else if (podless_.size() < kMost)
    podless_.insert(process.docker);
}

// An image of a container without its pod, with it; the same one each time it is asked for, while it is remembered.
std::shared_ptr<const Process> ProcessTable::with_pod(const std::shared_ptr<const Process>& process,
                                                      const PodOf& pod_of) {
  constexpr size_t kMost = 16384;
  if (!process || process->docker.empty() || process->pod) return process;
  const auto known = with_pods_.find(process);
  if (known != with_pods_.end()) return known->second;
  PodViewPtr view = pod_of(process->docker);
  if (!view) return process;
  if (with_pods_.size() >= kMost) with_pods_.clear();
  auto made = std::make_shared<Process>(*process);
  made->pod = pod_for(*made, std::move(view));
  return with_pods_[process] = std::move(made);
}

bool ProcessTable::add_pods() {
  if (!options_.pod_of) return false;
  const auto is_known = [&](const std::string& id) { return options_.pod_of(id) != nullptr; };
  if (std::erase_if(podless_, is_known) == 0) return false;
  for (auto& [key, image] : images_) {
    image.process = with_pod(image.process, options_.pod_of);
    image.forker = with_pod(image.forker, options_.pod_of);
    image.parent_process = with_pod(image.parent_process, options_.pod_of);
  }
  return true;
}

void ProcessTable::complete(Event& event, const PodOf& pod_of) {
  event.process.process = with_pod(event.process.process, pod_of);
  if (event.parent) event.parent->process = with_pod(event.parent->process, pod_of);
  for (Shown& ancestor : event.ancestors) ancestor.process = with_pod(ancestor.process, pod_of);
}

bool ProcessTable::complete(Event& event) {
  if (!options_.pod_of) return true;
  complete(event, options_.pod_of);
  const Process* const process = event.process.process.get();
  return process == nullptr || process->docker.empty() || process->pod;
}

}  // namespace tripline
