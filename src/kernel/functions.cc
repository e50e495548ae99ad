// SPDX-License-Identifier: Apache-2.0
// Neither list has addresses that anyone may read, but both are in their order: the traceable functions are some of the
// symbols, in the same order. Where functions of one name are among them, the names around show which of them it is: each
// name is matched with the earliest symbol that it can be, and with the latest; where both are the same, it is that one.
#include "kernel/functions.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ranges>
#include <unordered_map>

namespace tripline {
namespace {

constexpr size_t kNone = SIZE_MAX;

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

std::vector<std::string_view> functions_in(std::string_view kallsyms) {
  std::vector<std::string_view> out;
  bool is_init = false;
  while (!kallsyms.empty()) {
    const size_t end = std::min(kallsyms.find('\n'), kallsyms.size());
    const auto symbol = symbol_of(kallsyms.substr(0, end));
    kallsyms.remove_prefix(std::min(end + 1, kallsyms.size()));
    if (!symbol) continue;
    if (symbol->name == "_sinittext") is_init = true;
    if (symbol->name == "_einittext") is_init = false;
    if (!is_init && is_code(symbol->type)) out.push_back(symbol->name);
  }
  return out;
}

// For each of `names` the first of `symbols` that it can be, after that of the name before it; none when they do not match.
template <std::ranges::view Names, std::ranges::view Symbols>
std::vector<size_t> matched(Names names, Symbols symbols) {
  std::vector<size_t> out;
  auto at = symbols.begin();
  for (const std::string& name : names) {
    at = std::find(at, symbols.end(), name);
    if (at == symbols.end()) return {};
    out.push_back(static_cast<size_t>(at++ - symbols.begin()));
  }
  return out;
}

struct Named {
  size_t first = kNone;  // of the symbols of this name
  size_t symbols = 0;    // of this name
  size_t traceable = 0;  // of them
  size_t entry = kNone;  // the first of the traceable ones
};

}  // namespace

void drop_ambiguous(std::vector<std::string>& traceable, std::string_view kallsyms) {
  const std::vector<std::string_view> symbols = functions_in(kallsyms);
  std::unordered_map<std::string_view, Named> names;
  for (size_t n = 0; n < traceable.size(); ++n) {
    Named& name = names[traceable[n]];
    if (name.traceable++ == 0) name.entry = n;
  }
  for (size_t n = 0; n < symbols.size(); ++n) {
    const auto name = names.find(symbols[n]);
    if (name == names.end()) continue;
    if (name->second.symbols++ == 0) name->second.first = n;
  }
  const std::vector<size_t> earliest = matched(std::views::all(traceable), std::views::all(symbols));
  const std::vector<size_t> latest = matched(traceable | std::views::reverse, symbols | std::views::reverse);
  const auto is_first = [&](const Named& name) {
    if (earliest.empty() || latest.empty() || earliest[name.entry] != name.first) return false;
    return symbols.size() - 1 - latest[traceable.size() - 1 - name.entry] == name.first;
  };
  std::vector<std::string> ambiguous;
  for (const auto& [name, known] : names) {
    if (known.symbols > known.traceable && !is_first(known)) ambiguous.emplace_back(name);
  }
  std::ranges::sort(ambiguous);
  std::erase_if(traceable,
                [&](const std::string& name) { return std::ranges::binary_search(ambiguous, name); });
}

}  // namespace tripline
