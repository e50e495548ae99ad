// SPDX-License-Identifier: Apache-2.0
#include "flags/command.h"

#include <cstdint>
#include <utility>

namespace tripline::flags {

std::string path_text(Path path) {
  std::string out;
  for (const Command* command : path) {
    if (!out.empty()) out += ' ';
    out += command->name();
  }
  return out;
}

Value default_value(const Flag& flag) {
  if (!flag.fallback.empty() && flag.type == Type::kChoices) return std::vector{std::string(flag.fallback)};
  if (!flag.fallback.empty()) {
    if (auto value = parse_value(flag.type, flag.fallback, flag.choices)) return std::move(*value);
  }
  switch (flag.type) {
    case Type::kBool:
      return false;
    case Type::kInt:
      return int64_t{0};
    case Type::kUint:
      return uint64_t{0};
    case Type::kDuration:
      return Duration{0};
    case Type::kStrings:
    case Type::kTexts:
    case Type::kChoices:
      return std::vector<std::string>{};
    case Type::kString:
    case Type::kChoice:
      break;
  }
  return std::string();
}

}  // namespace tripline::flags
