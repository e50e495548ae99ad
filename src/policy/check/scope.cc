// SPDX-License-Identifier: Apache-2.0
// Which processes a policy, or one of its selectors, is about: the three selectors of workloads and the namespace become a
// Scope. A selector that is absent is not one that is empty; equal scopes are made equal, however they are written.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "policy/check/check.h"

namespace tripline::policy {
namespace {

Requirement::Operator operator_of(LabelOperator op) {
  switch (op) {
    case LabelOperator::kIn:
      return Requirement::Operator::kIn;
    case LabelOperator::kNotIn:
      return Requirement::Operator::kNotIn;
    case LabelOperator::kExists:
      return Requirement::Operator::kExists;
    case LabelOperator::kDoesNotExist:
      return Requirement::Operator::kDoesNotExist;
  }
  return Requirement::Operator::kIn;
}

template <typename T>
void sort_out(std::vector<T>& list) {
  std::ranges::sort(list);
  const auto repeated = std::ranges::unique(list);
  list.erase(repeated.begin(), repeated.end());
}

Requirements requirements_of(const std::optional<LabelSelector>& selector) {
  Requirements out;
  if (!selector) return out;
  for (const auto& [key, value] : selector->match_labels)
    out.push_back({key, Requirement::Operator::kIn, {value.value}});
  for (const LabelRequirement& each : selector->match_expressions) {
    Requirement& one = out.emplace_back(Requirement{each.key.value, operator_of(each.op.value), {}});
    if (one.op != Requirement::Operator::kIn && one.op != Requirement::Operator::kNotIn) continue;
    for (const Text& value : each.values) one.values.push_back(value.value);
    sort_out(one.values);
  }
  sort_out(out);
  return out;
}

// Absent: there is no limit. Without pod and container selector it is about the host alone, if about that.
std::optional<Scope> scope_of(const std::optional<LabelSelector>& pod,
                              const std::optional<LabelSelector>& container, bool host) {
  if (!pod && !container && !host) return std::nullopt;
  Scope out{.containers = {}, .host = host};
  if (pod || container)
    out.containers = Scope::Containers{
        .name_space = {}, .pod = requirements_of(pod), .container = requirements_of(container)};
  const bool any = out.containers && out.containers->pod.empty() && out.containers->container.empty();
  return host && any ? std::nullopt : std::optional(std::move(out));
}

void refuse_without_kubernetes(const Checking& checking) {
  const Spec& spec = checking.policy.spec;
  for (const auto& [selector, name] : {std::pair{&spec.pod_selector, "podSelector"},
                                       std::pair{&spec.container_selector, "containerSelector"}}) {
    if (!*selector) continue;
    checking.out.error((*selector)->span, std::string(name) + " needs Kubernetes", {},
                       "start the agent with --enable-k8s-api and --enable-policy-filter");
  }
}

bool has_filter(const Checking& checking, Span span, std::string_view what) {
  if (checking.options.policy_filter) return true;
  checking.out.error(span, std::string(what) + " needs the policy filter, which is off", {},
                     "start the agent with --enable-policy-filter");
  return false;
}

}  // namespace

std::optional<Scope> check_scope(const Checking& checking) {
  const Policy& policy = checking.policy;
  const Spec& spec = policy.spec;
  const bool namespaced = policy.kind.value == PolicyKind::kTracingPolicyNamespaced;
  if (!checking.options.kubernetes) {
    if (namespaced)
      checking.out.warning(policy.namespace_name.span,
                           "without Kubernetes the namespace is ignored: the policy applies to every process "
                           "on the machine");
    refuse_without_kubernetes(checking);
    return std::nullopt;
  }
  std::optional<Scope> out =
      scope_of(spec.pod_selector, spec.container_selector, spec.host_selector.has_value());
  if (namespaced) {
    if (!out) out.emplace();
    if (!out->containers) out->containers.emplace();
    out->containers->name_space = policy.namespace_name.value;
    out->host = false;
  }
  if (!out) return out;
  Span span = policy.namespace_name.span;
  std::string_view what = "a TracingPolicyNamespaced";
  for (const auto& [selector, name] : {std::pair{&spec.host_selector, "hostSelector"},
                                       std::pair{&spec.container_selector, "containerSelector"},
                                       std::pair{&spec.pod_selector, "podSelector"}}) {
    if (!*selector) continue;
    span = (*selector)->span;
    what = name;
  }
  return has_filter(checking, span, what) ? out : std::nullopt;
}

std::optional<Scope> check_workloads(const Checking& checking, const Selector& selector) {
  if (!selector.match_workloads) return std::nullopt;
  const Workloads& workloads = *selector.match_workloads;
  std::optional<Scope> out =
      scope_of(workloads.pod_selector, workloads.container_selector, workloads.host_selector.has_value());
  if (!out || !has_filter(checking, workloads.span, "matchWorkloads")) return std::nullopt;
  return out;
}

}  // namespace tripline::policy
