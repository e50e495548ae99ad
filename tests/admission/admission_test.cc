// SPDX-License-Identifier: Apache-2.0
#include "admission/admission.h"

#include <gtest/gtest.h>

#include <string>

#include "policy/tiny_kernel.h"

namespace tripline {
namespace {

Admission admitted(const std::string& spec, const AdmissionOptions& options = {}) {
  return admit(parse_document({"p.yaml",
                               "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\n"
                               "metadata: {name: p}\nspec:\n" +
                                   spec}),
               tiny_kernel(), options);
}

constexpr const char* kGood = "  kprobes: [{call: fd_install, syscall: false}]\n";
// Two selectors, of which the second can never match.
constexpr const char* kDoubtful =
    "  kprobes: [{call: fd_install, syscall: false, args: [{index: 0, type: int}], selectors: [{}, "
    "{matchArgs: "
    "[{index: 0, operator: Equal, values: ['1']}]}]}]\n";

TEST(Admission, AGoodDocumentBecomesAPolicy) {
  const Admission admission = admitted(kGood);
  ASSERT_TRUE(admission.policy);
  EXPECT_EQ(admission.policy->name, "p");
  EXPECT_EQ(admission.policy->source_name, "p.yaml");
  EXPECT_TRUE(admission.diagnostics.all().empty());
  EXPECT_EQ(admission.source.name, "p.yaml");
}

TEST(Admission, ABadOneIsRefusedWithEverythingThatIsWrong) {
  const Admission admission = admitted(
      "  kprobes: [{call: no_such_function, syscall: false}, {call: fd_install, syscall: false, args: "
      "[{index: "
      "9, type: int}]}]\n");
  EXPECT_FALSE(admission.policy);
  ASSERT_EQ(admission.diagnostics.errors(), 2U);
  EXPECT_LT(admission.diagnostics.all()[0].span, admission.diagnostics.all()[1].span);
}

TEST(Admission, WhatIsNoPolicyIsRefused) {
  const Admission admission = admit(parse_document({"p.yaml", "a: [b\n"}), tiny_kernel(), {});
  EXPECT_FALSE(admission.policy);
  EXPECT_TRUE(admission.diagnostics.has_errors());
}

TEST(Admission, LikelyMistakesAreNamedWhenAskedFor) {
  EXPECT_TRUE(admitted(kDoubtful).diagnostics.all().empty());
  const Admission linted = admitted(kDoubtful, {.check = {}, .lint = true});
  EXPECT_TRUE(linted.policy);
  EXPECT_FALSE(linted.diagnostics.all().empty());
}

}  // namespace
}  // namespace tripline
