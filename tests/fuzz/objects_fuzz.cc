// SPDX-License-Identifier: Apache-2.0
// Objects of the API server: pods, policies, nodes and reports, as JSON. A pod that is kept for the next daemon is read as the
// same; a policy's document can be parsed, or is refused with a reason; a report is the same when it was written.
#include <string>

#include "fuzz/input.h"
#include "kube/json.h"
#include "kube/policy_report.h"
#include "kube/read_pod.h"
#include "kube/read_policy.h"
#include "kube/write_pod.h"
#include "pods/container_id.h"
#include "pods/pod_view.h"
#include "pods/scope.h"
#include "pods/workload.h"
#include "policy/policy.h"

namespace {

using namespace tripline;
using fuzz::require;

void try_pod(const kube::Json& object) {
  const auto pod = kube::read_pod(object);
  if (!pod) return;
  require(!pod->uid.empty() && !pod->name.empty());
  for (const Container& container : pod->containers) {
    (void)view_of(*pod, container, true);
    require(admits(Scope{.containers = Scope::Containers{}}, *pod, container));
    require(!container.id.empty() || container.runtime.empty());
  }
  (void)workload_of(*pod);
  const auto again = kube::read_pods(kube::pods_text({&*pod, 1}));
  require(again && again->size() == 1 && again->front() == *pod);
}

void try_policy(const kube::Json& object) {
  for (const auto scope : {kube::PolicyScope::kCluster, kube::PolicyScope::kNamespaced}) {
    const kube::PolicyObject policy = kube::read_policy(object, scope);
    require(kube::read_json(policy.document).has_value());
    if (policy.nodes) (void)meets(*policy.nodes, kube::read_labels(object));
    Diagnostics diagnostics;
    const Source source{.name = "object", .text = policy.document, .loose = true};
    const auto parsed = parse(source, diagnostics);
    require(parsed.has_value() != diagnostics.has_errors());
    for (const Diagnostic& each : diagnostics.all()) require(!render(source, each).empty());
  }
}

void try_report(const kube::Json& object) {
  kube::PolicyReport report = kube::read_report(object);
  const std::string text = kube::report_document(report);
  require(text.size() < kube::kLargestReport + 1024 + 2 * 6 * (report.node.size() + report.node_uid.size()));
  const auto json = kube::read_json(text);
  require(json.has_value());
  const kube::PolicyReport again = kube::read_report(*json);
  require(again.node == report.node && again.node_uid == report.node_uid);
  require(kube::report_document(again) == text);
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the fuzzer's driver calls it by this name
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto json = kube::read_json(fuzz::text_of(data, size));
  if (!json) return 0;
  try_pod(*json);
  try_policy(*json);
  try_report(*json);
  return 0;
}
