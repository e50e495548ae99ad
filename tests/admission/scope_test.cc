// SPDX-License-Identifier: Apache-2.0
#include "admission/admission.h"

#include <gtest/gtest.h>

#include <string>

namespace tripline {
namespace {

ProbeScope scope_of(const std::string& spec) {
  const Document document = parse_document({"p", "kind: TracingPolicy\nmetadata: {name: p}\nspec:\n" + spec});
  EXPECT_TRUE(document.policy);
  return scope_for(std::span(&document, 1));
}

// What a policy is checked with when it is run must be what it was checked with before.
TEST(Scope, TypesOfModulesAreReadForThoseThatNameThem) {
  const std::string args = "args: [{index: 0, type: int, btfType: s, btfTypeModule: m, resolve: a}]}]\n";
  const std::string none = "args: [{index: 0, type: int, btfType: s, resolve: a}]}]\n";
  for (const std::string section :
       {"  kprobes: [{call: f, syscall: false, ", "  fentries: [{call: f, syscall: false, ",
        "  lsmhooks: [{hook: h, ", "  tracepoints: [{subsystem: s, event: e, raw: true, "}) {
    EXPECT_TRUE(scope_of(section + args).modules) << section;
    EXPECT_FALSE(scope_of(section + none).modules) << section;
  }
  EXPECT_TRUE(
      scope_of(
          "  kprobes: [{call: f, syscall: false, data: [{index: 0, type: int, source: current_task, btfType: "
          "s, btfTypeModule: m, resolve: a}]}]\n")
          .modules);
  EXPECT_FALSE(scope_of("  tracepoints: [{subsystem: s, event: e, " + args).modules)
      << "where nothing is resolved";
}

TEST(Scope, FormatsAreReadOfTracepointsThatHaveOne) {
  EXPECT_EQ(
      scope_of("  tracepoints: [{subsystem: s, event: e}, {subsystem: s, event: r, raw: true}]\n").formats_of,
      std::vector<std::string>{"s/e"});
}

}  // namespace
}  // namespace tripline
