// SPDX-License-Identifier: Apache-2.0
#include "kernel/functions.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <unordered_map>

namespace tripline {
namespace {

struct Symbol {
  char type = 0;
  std::string_view name;
};

// Of "ffffffff81000000 T name"; none of a module, "... name\t[module]".
std::optional<Symbol> symbol_of(std::string_view line) {
  const size_t space = line.find(' ');
  if (space == std::string_view::npos || space + 3 >= line.size() || line.contains('\t')) return std::nullopt;
  return Symbol{line[space + 1], line.substr(space + 3)};
}

bool is_code(char type) { return type == 't' || type == 'T' || type == 'w' || type == 'W'; }

}  // namespace

void drop_ambiguous(std::vector<std::string>& traceable, std::string_view kallsyms) {
  std::unordered_map<std::string_view, size_t> spare;  // how many more ftrace knows than were seen
  spare.reserve(traceable.size());
  for (const std::string& name : traceable) ++spare[name];
  std::vector<std::string> ambiguous;
  bool is_init = false;
  while (!kallsyms.empty()) {
    const size_t end = std::min(kallsyms.find('\n'), kallsyms.size());
    const auto symbol = symbol_of(kallsyms.substr(0, end));
    kallsyms.remove_prefix(std::min(end + 1, kallsyms.size()));
    if (!symbol) continue;
    if (symbol->name == "_sinittext") is_init = true;
    if (symbol->name == "_einittext") is_init = false;
    const auto known = spare.find(symbol->name);
    if (is_init || known == spare.end() || !is_code(symbol->type)) continue;
    if (known->second == 0)
      ambiguous.emplace_back(symbol->name);
    else
      --known->second;
  }
  std::ranges::sort(ambiguous);
  std::erase_if(traceable,
                [&](const std::string& name) { return std::ranges::binary_search(ambiguous, name); });
}

}  // namespace tripline
