// SPDX-License-Identifier: Apache-2.0
// Expressions that a policy's CelExpr takes, too, mean the same in both, as long as no number leaves its type: there the
// kernel's wrap, and here it is an error.
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "cel/program.h"
#include "oracle/oracle.h"
#include "policy/corpus.h"

namespace tripline::cel {
namespace {

constexpr std::array kExpressions = std::to_array<const char*>({
    "arg0 == 5",
    "arg0 == -0x10 || arg1 == 0x10u",
    "arg0 != 5 && arg0 < 100",
    "arg0 <= 5 && arg0 >= -5",
    "arg0 + 3 > 7",
    "arg0 - 3 + 1 < 7 - 2",
    "arg1 > 3u",
    "arg1 + 1u == 4u || arg1 == 18446744073709551615u",
    "!(arg0 == 5)",
    "!(arg0 > 1 && arg1 < 5u) || arg0 == -1",
    "arg0 < 1 && arg0 > 2 || arg1 == 3u",
    "(arg0 == 5) == (arg1 == 3u)",
    "(arg0 == 5) != true",
    "true",
    "false || arg0 == 0",
    "arg0 == 9223372036854775807",
    "arg0 == -9223372036854775808 || arg0 > 4",
});

constexpr std::array<int64_t, 9> kNumbers{0, 1, 3, 5, -5, -16, 16, 1'000'000, -1};

std::optional<bool> by_oracle(const CheckedHook& hook, int64_t first, int64_t second) {
  return oracle::judge(hook, {first, second, int64_t{0}, int64_t{0}}).has_value();
}

TEST(Subset, PoliciesAndEventsAgree) {
  const auto environment = std::make_shared<const Environment>(
      "",
      std::vector<Declared>{{"arg0", {.kind = Type::Kind::kInt, .name = {}, .of = {}}},
                            {"arg1", {.kind = Type::Kind::kUint, .name = {}, .of = {}}}},
      false);
  for (const std::string expression : kExpressions) {
    const auto verdict =
        judge(policy_with("  kprobes: [{call: takes_numbers, syscall: false, args: [{index: 0, type: int64}, "
                          "{index: 1, type: uint64}],\n"
                          "   selectors: [{matchArgs: [{operator: CelExpr, values: [\"" +
                          expression + "\"]}]}]}]\n"));
    ASSERT_TRUE(verdict.checked) << expression << verdict.text;
    const auto program = Program::compile(environment, expression);
    ASSERT_TRUE(program) << expression;
    for (const int64_t first : kNumbers) {
      for (const int64_t second : kNumbers) {
        const std::array<std::optional<Value>, 2> variables{Value{first},
                                                            Value{static_cast<uint64_t>(second)}};
        const Outcome value = program->evaluate(variables);
        if (!value) {
          EXPECT_NE(value.error().find("overflow"), std::string::npos) << value.error();
          continue;
        }
        EXPECT_EQ(value->as<bool>(), by_oracle(verdict.checked->hooks.at(0), first, second))
            << expression << " " << first << " " << second;
      }
    }
  }
}

// What one of them refuses for its types, the other does, too.
TEST(Subset, TypesAgree) {
  const auto environment = std::make_shared<const Environment>(
      "",
      std::vector<Declared>{{"arg0", {.kind = Type::Kind::kInt, .name = {}, .of = {}}},
                            {"arg1", {.kind = Type::Kind::kUint, .name = {}, .of = {}}}},
      false);
  for (const std::string expression : {"arg0 == arg1", "arg0 + arg1 == 1", "!arg0", "arg0 && true",
                                       "arg0 == 1u", "arg0 == true", "arg0 ==", "arg9 == 1"}) {
    const auto verdict =
        judge(policy_with("  kprobes: [{call: takes_numbers, syscall: false, args: [{index: 0, type: int64}, "
                          "{index: 1, type: uint64}],\n"
                          "   selectors: [{matchArgs: [{operator: CelExpr, values: [\"" +
                          expression + "\"]}]}]}]\n"));
    EXPECT_FALSE(verdict.checked) << expression;
    EXPECT_FALSE(Program::compile(environment, expression)) << expression;
  }
}

}  // namespace
}  // namespace tripline::cel
