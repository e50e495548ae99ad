// SPDX-License-Identifier: Apache-2.0
// Whom a policy is about: podSelector, containerSelector, hostSelector, the namespace, and matchWorkloads.
#include <gtest/gtest.h>

#include "policy/checked.h"
#include "policy/corpus.h"
#include "policy/tiny_kernel.h"

namespace tripline {
namespace {

using Containers = Scope::Containers;
using Operator = Requirement::Operator;

constexpr CheckOptions kNoKubernetes{.kubernetes = false, .policy_filter = false};
constexpr CheckOptions kNoFilter{.policy_filter = false};

Verdict with(const std::string& spec, const CheckOptions& options = {}) {
  return judge(policy_with(spec), options);
}
Verdict namespaced(const std::string& spec, const CheckOptions& options = {}) {
  return judge(
      {"n", "kind: TracingPolicyNamespaced\nmetadata: {name: a, namespace: b}\nspec: {" + spec + "}\n"},
      options);
}

// The scope of a policy that must be right.
std::optional<Scope> scope(const Verdict& verdict) {
  EXPECT_TRUE(verdict.checked) << verdict.text;
  EXPECT_EQ(verdict.text, "");
  return verdict.checked ? verdict.checked->scope : std::nullopt;
}

const std::string kHook = "  kprobes: [{call: fd_install, syscall: false";

// Of a policy with one selector.
CheckedSelector selector(const std::string& fields, const std::string& spec = "") {
  const Verdict verdict = with(spec + kHook + ", selectors: [{" + fields + "}]}]\n");
  EXPECT_TRUE(verdict.checked) << verdict.text;
  return verdict.checked ? verdict.checked->hooks.at(0).selectors.at(0) : CheckedSelector{};
}

TEST(CheckScope, AbsentAndEmptyDiffer) {
  const Scope all_containers{.containers = Containers{}, .host = false};
  EXPECT_EQ(scope(with("  kprobes: []\n")), std::nullopt);
  EXPECT_EQ(scope(with("  podSelector: {}\n  containerSelector: {}\n  hostSelector: {}\n")), std::nullopt);
  EXPECT_EQ(scope(with("  podSelector: {}\n")), all_containers);
  EXPECT_EQ(scope(with("  containerSelector: {}\n")), all_containers);
  EXPECT_EQ(scope(with("  podSelector: {}\n  containerSelector: {}\n")), all_containers);
  EXPECT_EQ(scope(with("  hostSelector: {}\n")), (Scope{.containers = {}, .host = true}));
  EXPECT_EQ(scope(with("  podSelector: {}\n  hostSelector: {}\n")), std::nullopt)
      << "every process is in one";
}

TEST(CheckScope, RequirementsOfAllKinds) {
  const Requirement app{"app", Operator::kIn, {"web"}};
  const Requirement tier{"tier", Operator::kNotIn, {"a", "b"}};
  EXPECT_EQ(
      scope(with("  podSelector: {matchLabels: {app: web}, matchExpressions: [{key: tier, operator: NotIn, "
                 "values: [b, a, b]}]}\n")),
      (Scope{.containers = Containers{.name_space = {}, .pod = {app, tier}, .container = {}}}));
  EXPECT_EQ(scope(with("  containerSelector: {matchExpressions: [{key: name, operator: Exists}, {key: repo, "
                       "operator: DoesNotExist}, {key: name, operator: Exists}]}\n  hostSelector: {}\n")),
            (Scope{.containers = Containers{.name_space = {},
                                            .pod = {},
                                            .container = {{"name", Operator::kExists, {}},
                                                          {"repo", Operator::kDoesNotExist, {}}}},
                   .host = true}));
  EXPECT_EQ(
      scope(with("  podSelector: {matchExpressions: [{key: a, operator: In, values: []}]}\n")),
      (Scope{.containers = Containers{.name_space = {}, .pod = {{"a", Operator::kIn, {}}}, .container = {}}}))
      << "which matches nothing";
}

TEST(CheckScope, EqualScopesAreEqualHoweverTheyAreWritten) {
  EXPECT_EQ(scope(with("  podSelector: {matchLabels: {b: \"1\", a: \"2\"}}\n")),
            scope(with("  podSelector: {matchExpressions: [{key: b, operator: In, values: [\"1\"]}, {key: a, "
                       "operator: In, values: [\"2\", \"2\"]}]}\n  containerSelector: {}\n")));
}

TEST(CheckScope, ANamespaceConfines) {
  EXPECT_EQ(scope(namespaced("kprobes: []")),
            (Scope{.containers = Containers{.name_space = "b", .pod = {}, .container = {}}}));
  EXPECT_EQ(scope(namespaced("podSelector: {}, containerSelector: {}")), scope(namespaced("kprobes: []")));
  EXPECT_EQ(scope(namespaced("podSelector: {matchLabels: {app: web}}")),
            (Scope{.containers = Containers{
                       .name_space = "b", .pod = {{"app", Operator::kIn, {"web"}}}, .container = {}}}));
  const Verdict verdict = namespaced("kprobes: [{call: fd_install, syscall: false}]");
  ASSERT_TRUE(verdict.checked);
  EXPECT_EQ(verdict.checked->namespace_name, "b");
  EXPECT_EQ(verdict.checked->hooks.size(), 1U);
}

TEST(CheckScope, OneSelector) {
  EXPECT_EQ(selector("matchWorkloads: {}").scope, std::nullopt);
  EXPECT_EQ(selector("matchWorkloads: {podSelector: {}, containerSelector: {}, hostSelector: {}}").scope,
            std::nullopt);
  EXPECT_EQ(selector("matchWorkloads: {hostSelector: {}}").scope, (Scope{.containers = {}, .host = true}));
  EXPECT_EQ(selector("matchWorkloads: {podSelector: {matchLabels: {a: b}}}", "  hostSelector: {}\n").scope,
            (Scope{.containers =
                       Containers{.name_space = {}, .pod = {{"a", Operator::kIn, {"b"}}}, .container = {}}}))
      << "what the policy is about besides is no part of it";
}

TEST(CheckScope, WithoutKubernetes) {
  const std::string ignored =
      "2:32 warning: without Kubernetes the namespace is ignored: the policy applies to every process on the "
      "machine\n";
  const Verdict ignoring = namespaced("kprobes: [{call: fd_install, syscall: false}]", kNoKubernetes);
  EXPECT_EQ(messages(ignoring.diagnostics), ignored);
  ASSERT_TRUE(ignoring.checked);
  EXPECT_EQ(ignoring.checked->scope, std::nullopt);
  EXPECT_EQ(messages(with("  podSelector: {}\n", kNoKubernetes).diagnostics),
            "6:16 error: podSelector needs Kubernetes\n");
  EXPECT_EQ(messages(with("  podSelector: {}\n  containerSelector: {}\n  hostSelector: {}\n", kNoKubernetes)
                         .diagnostics),
            "6:16 error: podSelector needs Kubernetes\n7:22 error: containerSelector needs Kubernetes\n");
  EXPECT_EQ(scope(with("  hostSelector: {}\n", kNoKubernetes)), std::nullopt) << "ignored";
  EXPECT_EQ(scope(with(kHook + ", selectors: [{matchWorkloads: {}}]}]\n", kNoKubernetes)), std::nullopt);
  EXPECT_EQ(
      messages(
          with(kHook + ", selectors: [{matchWorkloads: {hostSelector: {}}}]}]\n", kNoKubernetes).diagnostics),
      "6:77 error: matchWorkloads needs the policy filter, which is off\n");
}

TEST(CheckScope, WithoutThePolicyFilter) {
  const auto told = [](const Verdict& verdict) { return messages(verdict.diagnostics); };
  EXPECT_EQ(told(with("  hostSelector: {}\n", kNoFilter)),
            "6:17 error: hostSelector needs the policy filter, which is off\n");
  EXPECT_EQ(told(with("  podSelector: {}\n", kNoFilter)),
            "6:16 error: podSelector needs the policy filter, which is off\n");
  EXPECT_EQ(told(namespaced("kprobes: []", kNoFilter)),
            "2:32 error: a TracingPolicyNamespaced needs the policy filter, which is off\n");
  EXPECT_EQ(told(with("  podSelector: {}\n  containerSelector: {}\n  hostSelector: {}\n", kNoFilter)), "")
      << "there is nothing to filter";
}

}  // namespace
}  // namespace tripline
