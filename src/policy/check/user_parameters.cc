// SPDX-License-Identifier: Apache-2.0
#include "policy/check/user_parameters.h"

#include <algorithm>
#include <array>
#include <ranges>

namespace tripline::policy {
namespace {

struct Row {
  std::string_view parameter;
  std::string_view functions;  // separated by spaces
};

constexpr auto kRows = std::to_array<Row>({
#define TRIPLINE_USER_PARAMETERS(parameter, functions) {parameter, functions},
#include "policy/check/user_parameters.inc"
#undef TRIPLINE_USER_PARAMETERS
});
static_assert(std::ranges::is_sorted(kRows, {}, &Row::parameter));

// What the macros for system calls make: they get what the process passed, pointers as numbers too.
constexpr auto kOfCalls =
    std::to_array<std::string_view>({"__do_sys_", "__se_sys_", "__do_compat_sys_", "__se_compat_sys_"});

bool has_word(std::string_view words, std::string_view word) {
  return std::ranges::any_of(words | std::views::split(' '),
                             [&](auto each) { return std::string_view(each) == word; });
}

}  // namespace

bool is_user_parameter(std::string_view function, const Btf::Parameter& parameter) {
  if (parameter.type.is_user) return true;
  if (std::ranges::any_of(kOfCalls, [&](auto prefix) { return function.starts_with(prefix); })) return true;
  if (parameter.type.kind != Btf::Kind::kPointer) return false;
  const auto rows = std::ranges::equal_range(kRows, std::string_view(parameter.name), {}, &Row::parameter);
  return std::ranges::any_of(rows, [&](const Row& row) { return has_word(row.functions, function); });
}

}  // namespace tripline::policy
