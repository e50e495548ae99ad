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

// An Override of a function of security modules is tried at their hook.
TEST(Scope, HooksOfOverriddenSecurityFunctions) {
  const std::vector<std::string> hook{"file_open"};
  const std::string call = "  kprobes: [{call: security_file_open, syscall: false, selectors: [";
  const std::string action = "matchActions: [{action: Override, argError: -1}]";
  EXPECT_EQ(scope_of(call + "{" + action + "}]}]\n").lsm_hooks_of, hook);
  EXPECT_EQ(scope_of(call + "{macros: [m]}]}]\n  selectorsMacros: {m: {" + action + "}}\n").lsm_hooks_of,
            hook);
  EXPECT_EQ(scope_of(call + "{macros: [m]}]}]\n  selectorsMacros: {m: {}}\n").lsm_hooks_of,
            std::vector<std::string>{});
  EXPECT_EQ(scope_of("  lists: [{name: l, values: [security_file_open]}]\n  kprobes: [{call: \"list:l\", "
                     "syscall: false, selectors: [{" +
                     action + "}]}]\n")
                .lsm_hooks_of,
            hook);
}

}  // namespace
}  // namespace tripline
