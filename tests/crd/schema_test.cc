// SPDX-License-Identifier: Apache-2.0
#include "crd/schema.h"

#include <gtest/gtest.h>

#include <string>

namespace tripline::crd {
namespace {

// The part of the schema behind a path of property names; "[]" stands for the items of a list.
const Tree& at(std::initializer_list<std::string_view> path) {
  static const Tree schema = spec_schema();
  const Tree* here = &schema;
  for (const std::string_view step : path) {
    const Tree* next = step == "[]"  ? member(*here, "items")
                       : step == "*" ? member(*here, "additionalProperties")
                                     : member(*here, "properties");
    if (step != "[]" && step != "*" && next != nullptr) next = member(*next, step);
    if (next == nullptr) ADD_FAILURE() << "no " << step;
    if (next == nullptr) return schema;
    here = next;
  }
  return *here;
}
std::string part(const Tree& tree, std::string_view key) {
  const Tree* found = member(tree, key);
  return found == nullptr ? "none" : json(*found);
}

TEST(Schema, NothingOfASpecIsRequired) { EXPECT_EQ(part(at({}), "required"), "none"); }

TEST(Schema, Arguments) {
  const Tree& arg = at({"kprobes", "[]", "args", "[]"});
  EXPECT_EQ(part(arg, "required"), R"(["index","type"])");
  EXPECT_EQ(part(at({"kprobes", "[]", "args", "[]", "index"}), "minimum"), "0");
  EXPECT_EQ(part(at({"kprobes", "[]", "args", "[]", "index"}), "format"), R"("int32")");
  const Tree& type = at({"kprobes", "[]", "args", "[]", "type"});
  EXPECT_EQ(part(type, "default"), R"("auto")");
  const std::string words = part(type, "enum");
  for (const char* word : {R"("auto")", R"("sint64")", R"("long")", R"("bpf_prog")"})
    EXPECT_TRUE(words.contains(word));
}

TEST(Schema, SpellingsOfOperatorsAreThoseOfOtherAgents) {
  const std::string words =
      part(at({"lsmhooks", "[]", "selectors", "[]", "matchArgs", "[]", "operator"}), "enum");
  EXPECT_TRUE(words.contains(R"("NotSportPriv")"));
  EXPECT_TRUE(words.contains(R"("GreaterThan")"));
  EXPECT_FALSE(words.contains(R"("NotSPortPriv")"));
  EXPECT_FALSE(words.contains(R"("SubStringIgnoreCase")"));
}

TEST(Schema, Bounds) {
  EXPECT_EQ(part(at({"uprobes", "[]", "tags"}), "maxItems"), "16");
  EXPECT_EQ(part(at({"usdts", "[]", "selectors", "[]", "matchBinaries"}), "maxItems"), "1");
  EXPECT_EQ(part(at({"usdts", "[]", "selectors", "[]", "matchArgs"}), "maxItems"), "none");
  EXPECT_EQ(part(at({"usdts", "[]", "selectors", "[]", "matchPIDs", "[]", "values", "[]"}), "minimum"),
            "none");
  EXPECT_EQ(part(at({"usdts", "[]", "selectors", "[]", "matchArgs", "[]", "args", "[]"}), "minimum"), "0");
  EXPECT_EQ(part(at({"podSelector", "matchLabels", "*"}), "maxLength"), "63");
}

TEST(Schema, RulesStandWhereTheyHold) {
  EXPECT_TRUE(part(at({"hostSelector"}), "x-kubernetes-validations").contains("matchExpressions"));
  EXPECT_EQ(part(at({"podSelector"}), "x-kubernetes-validations"), "none");
  EXPECT_TRUE(part(at({"kprobes", "[]", "selectors", "[]", "matchWorkloads", "hostSelector"}),
                   "x-kubernetes-validations")
                  .contains("matchLabels"));
  EXPECT_TRUE(part(at({"fentries", "[]"}), "x-kubernetes-validations").contains("returnArg"));
  EXPECT_EQ(part(at({"tracepoints", "[]"}), "x-kubernetes-validations"), "none");
}

TEST(Schema, IgnoreIsOfTheKindOfHook) {
  EXPECT_EQ(part(at({"kprobes", "[]", "ignore"}), "properties").contains("digestVerificationFailure"), false);
  EXPECT_EQ(part(at({"uprobes", "[]", "ignore"}), "properties").contains("callNotFound"), false);
  EXPECT_TRUE(part(at({"uprobes", "[]", "ignore"}), "properties").contains("digestVerificationFailure"));
}

TEST(Schema, DefaultsAreThoseOfTheParser) {
  EXPECT_EQ(part(at({"kprobes", "[]", "syscall"}), "default"), "true");
  EXPECT_EQ(part(at({"kprobes", "[]", "return"}), "default"), "false");
  EXPECT_EQ(part(at({"lists", "[]", "validated"}), "default"), "none");
  EXPECT_EQ(part(at({"selectorsMacros", "*", "matchCapabilities", "[]", "type"}), "default"),
            R"("Effective")");
}

}  // namespace
}  // namespace tripline::crd
