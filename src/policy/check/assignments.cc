// SPDX-License-Identifier: Apache-2.0
// argRegs: "DST=SRC", where SRC is a constant C, "%REG", "C%REG", "(%REG)" or "C(%REG)", as an assembler has operands.
#include "policy/check/assignments.h"

#include <string>
#include <string_view>

#include "policy/check/resolve.h"
#include "policy/number.h"

namespace tripline::policy {
namespace {

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::optional<int64_t> constant_of(std::string_view text) {
  const auto number = parse_integer(text);
  if (!number) return std::nullopt;
  const auto bits = static_cast<int64_t>(number->magnitude);
  return number->negative ? static_cast<int64_t>(0 - static_cast<uint64_t>(bits)) : bits;
}

class AssignmentText {
 public:
  AssignmentText(const Checking& checking, const Text& text) : checking_(checking), text_(text) {}

  std::optional<Assignment> read() {
    const std::string_view all = text_.value;
    const size_t equals = all.find('=');
    if (equals == std::string_view::npos || all.find('=', equals + 1) != std::string_view::npos)
      return refuse();
    Assignment out;
    const auto to = reg(without_blanks(all.substr(0, equals)));
    if (!to) return std::nullopt;
    out.to = to->offset;
    out.to_size = to->size;
    std::string_view from = without_blanks(all.substr(equals + 1));
    if (from.ends_with(')')) {
      const size_t open = from.find('(');
      if (open == std::string_view::npos) return refuse();
      out.from = Assignment::From::kMemory;
      const std::string_view inside = without_blanks(from.substr(open + 1, from.size() - open - 2));
      if (!inside.starts_with('%')) return refuse();
      return with(out, from.substr(0, open), inside.substr(1));
    }
    const size_t percent = from.find('%');
    if (percent != std::string_view::npos) {
      out.from = Assignment::From::kRegister;
      return with(out, from.substr(0, percent), from.substr(percent + 1));
    }
    const auto constant = constant_of(from);
    if (!constant) return refuse();
    out.constant = *constant;
    return out;
  }

 private:
  std::optional<Assignment> with(Assignment out, std::string_view constant, std::string_view name) {
    constant = without_blanks(constant);
    if (!constant.empty()) {
      const auto number = constant_of(constant);
      if (!number) return refuse();
      out.constant = *number;
    }
    const auto place = reg(without_blanks(name));
    if (!place) return std::nullopt;
    out.reg = place->offset;
    out.reg_size = place->size;
    return out;
  }

  std::optional<RegisterPlace> reg(std::string_view name) {
    std::vector<std::string_view> names;
    const auto place = find_register(checking_, name, names);
    if (!place) {
      checking_.out.error(text_.span, "there is no register " + quoted(name),
                          "a register of x86-64, such as rax, eax, r8 or r8d", did_you_mean(name, names));
    }
    return place;
  }

  std::nullopt_t refuse() {
    checking_.out.error(text_.span, quoted(text_.value) + " is not an assignment to a register",
                        "REG=VALUE, where VALUE is a number, %REG, NUMBER%REG, (%REG) or NUMBER(%REG)");
    return std::nullopt;
  }

  const Checking& checking_;
  const Text& text_;
};

// The function returns `error` at once: it was called a moment ago, and nothing of it ran.
std::vector<Assignment> return_with(const Checking& checking, int32_t error) {
  constexpr int64_t kAddress = 8;
  std::vector<std::string_view> names;
  const auto ax = find_register(checking, "rax", names);
  const auto ip = find_register(checking, "rip", names);
  const auto sp = find_register(checking, "rsp", names);
  if (!ax || !ip || !sp) return {};
  using From = Assignment::From;
  return {{.to = ax->offset, .from = From::kConstant, .constant = error},
          {.to = ip->offset, .from = From::kMemory, .reg = sp->offset},
          {.to = sp->offset, .from = From::kRegister, .reg = sp->offset, .constant = kAddress}};
}

}  // namespace

std::vector<Assignment> check_assignments(const Checking& checking, const Action& action,
                                          std::optional<int64_t> moved) {
  std::vector<Assignment> out;
  for (const Text& text : action.registers) {
    if (auto assignment = AssignmentText(checking, text).read()) out.push_back(*assignment);
  }
  if (action.registers.empty() && !moved) return return_with(checking, action.error.value);
  std::vector<std::string_view> names;
  const auto ip = find_register(checking, "rip", names);
  if (moved && ip)
    out.push_back(
        {.to = ip->offset, .from = Assignment::From::kRegister, .reg = ip->offset, .constant = *moved});
  return out;
}

}  // namespace tripline::policy
