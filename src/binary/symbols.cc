// SPDX-License-Identifier: Apache-2.0
#include "binary/symbols.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <unordered_set>
#include <utility>

#include "base/diagnostics.h"
#include "binary/read_at.h"

namespace tripline::binary {

struct Symbols::Data {
  // Large programs have hundreds of thousands of functions, hence 16 bytes for each: no file is mapped at an address of
  // more than 48 bits.
  struct Row {
    uint64_t address : 48 = 0;
    uint64_t version : 12 = 0;
    uint64_t kind : 2 = 0;
    uint64_t is_global : 1 = 0;
    uint64_t is_default : 1 = 0;
    uint32_t size = 0;
    uint32_t name = 0;  // where in `names` it starts
  };
  static_assert(sizeof(Row) == 16);
  struct Slot {
    uint32_t hash = 0;  // of the name without its version
    uint32_t row = 0;
  };

  std::vector<Row> rows;    // by address
  std::vector<Slot> slots;  // by hash
  std::string names;
  struct Version {
    uint32_t start = 0;  // in `names`
    uint32_t size = 0;
  };
  std::vector<Version> versions;

  [[nodiscard]] Symbol symbol(const Row& row) const {
    std::string_view name = text_at(names, row.name);
    std::string_view version;
    if (row.version == SymbolsBuilder::kInName) {
      const size_t at = std::min(name.find('@'), name.size());
      version = name.substr(std::min(name.find_first_not_of('@', at), name.size()));
      name = name.substr(0, at);
    } else if (row.version >= SymbolsBuilder::kFirst) {
      const Version& of = versions[row.version - SymbolsBuilder::kFirst];
      version = std::string_view(names).substr(of.start, of.size);
    }
    return {name,
            version,
            row.address,
            row.size,
            static_cast<Symbol::Kind>(row.kind),
            row.is_global != 0,
            row.is_default != 0};
  }
};

namespace {

uint32_t hash_of(std::string_view name) { return static_cast<uint32_t>(std::hash<std::string_view>{}(name)); }

// Leaves those that `holds` is true of, if there are any.
template <typename Holds>
void prefer(std::vector<Symbol>& symbols, Holds holds) {
  if (std::ranges::any_of(symbols, holds))
    std::erase_if(symbols, [&](const Symbol& symbol) { return !holds(symbol); });
}

}  // namespace

std::vector<Symbol> Symbols::find(std::string_view name) const {
  std::vector<Symbol> found;
  if (!data_) return found;
  const size_t at = std::min(name.find('@'), name.size());
  const std::string_view base = name.substr(0, at);
  const bool only_default = name.substr(at).starts_with("@@");
  const std::string_view version = name.substr(std::min(at + (only_default ? 2 : 1), name.size()));
  if (at < name.size() && version.empty()) return found;

  const auto equal = std::ranges::equal_range(data_->slots, hash_of(base), {}, &Data::Slot::hash);
  for (const Data::Slot& slot : equal) {
    const Symbol symbol = data_->symbol(data_->rows[slot.row]);
    if (symbol.name != base) continue;
    if (at < name.size() && (symbol.version != version || (only_default && !symbol.is_default))) continue;
    found.push_back(symbol);
  }
  prefer(found, [](const Symbol& symbol) { return symbol.is_default; });
  prefer(found, [](const Symbol& symbol) { return symbol.kind != Symbol::Kind::kLabel; });
  prefer(found, [](const Symbol& symbol) { return symbol.is_global; });
  // A library that is not stripped has them in two tables.
  std::ranges::sort(found, {}, [](const Symbol& symbol) {
    return std::pair(symbol.address, symbol.version.empty() ? 1 : 0);
  });
  found.erase(std::ranges::unique(found, {}, &Symbol::address).begin(), found.end());
  return found;
}

std::optional<Symbol> Symbols::at(uint64_t address) const {
  if (!data_) return std::nullopt;
  const auto by_address = [](const Data::Row& row) { return uint64_t{row.address}; };
  const auto& rows = data_->rows;
  auto after = std::ranges::upper_bound(rows, address, {}, by_address);
  if (after == rows.begin()) return std::nullopt;
  for (auto row = std::ranges::lower_bound(rows, uint64_t{std::prev(after)->address}, {}, by_address);
       row != after; ++row)
    if (row->size == 0 || address - row->address < row->size) return data_->symbol(*row);
  return std::nullopt;
}

std::vector<Symbol> Symbols::all() const {
  std::vector<Symbol> out;
  out.reserve(count());
  if (data_)
    for (const Data::Row& row : data_->rows) out.push_back(data_->symbol(row));
  return out;
}

size_t Symbols::count() const { return data_ ? data_->rows.size() : 0; }

std::string Symbols::nearest(std::string_view name) const {
  std::vector<std::string_view> names;
  // No word that is much longer or shorter is like it, and most are.
  constexpr size_t kApart = 4;
  if (data_)
    for (const Data::Row& row : data_->rows) {
      const std::string_view candidate = data_->symbol(row).name;
      if (candidate.size() <= name.size() + kApart && name.size() <= candidate.size() + kApart)
        names.push_back(candidate);
    }
  return tripline::nearest(name, names);
}

size_t Symbols::size() const {
  if (!data_) return 0;
  return data_->rows.size() * sizeof(Data::Row) + data_->slots.size() * sizeof(Data::Slot) +
         data_->names.size();
}

SymbolsBuilder::SymbolsBuilder(Index index, Limits limits)
    : index_(index), limits_(limits), data_(std::make_shared<Symbols::Data>()) {}
SymbolsBuilder::~SymbolsBuilder() = default;

uint32_t SymbolsBuilder::add_names(std::string names) {
  std::string& all = data_->names;
  const auto start = static_cast<uint32_t>(all.size());
  if (names.size() >= limits_.names || all.size() > limits_.names - names.size()) {
    full_ = true;
    return start;
  }
  if (all.empty())
    all = std::move(names);
  else
    all += names;
  // Whatever comes next is no part of a name that lacks its end.
  if (!all.empty() && all.back() != '\0') all.push_back('\0');
  return start;
}

uint16_t SymbolsBuilder::add_version(uint32_t name) {
  constexpr size_t kTextMost = 256;
  const std::string_view text = text_at(data_->names, name).substr(0, kTextMost);
  if (text.empty()) return kNone;
  if (data_->versions.size() >= kVersionsMost) {
    full_ = true;
    return kNone;
  }
  data_->versions.push_back({name, static_cast<uint32_t>(text.size())});
  return static_cast<uint16_t>(kFirst + data_->versions.size() - 1);
}

void SymbolsBuilder::add(uint64_t address, uint64_t size, uint32_t name, Symbol::Kind kind, bool is_global,
                         bool is_default, uint16_t version) {
  if (address >> 48 != 0 || name >= data_->names.size() || data_->names[name] == '\0') return;
  if (data_->rows.size() >= limits_.symbols) {
    full_ = true;
    return;
  }
  if (index_ == Index::kByNameToo) {
    // A hostile file gives each symbol the same name of a hundred megabytes, and every search would read them all.
    const std::string_view text = text_at(data_->names, name);
    if (text.size() > limits_.texts - texts_) {
      full_ = true;
      return;
    }
    texts_ += text.size();
    if (version == kInName) {
      const size_t at = text.find('@');
      if (at == 0) return;
      if (at == text.npos) version = kNone;
      is_default = at == text.npos || text.substr(at).starts_with("@@");
    }
  }
  data_->rows.push_back(
      {.address = address,
       .version = version,
       .kind = static_cast<uint64_t>(kind),
       .is_global = is_global ? uint64_t{1} : 0,
       .is_default = is_default ? uint64_t{1} : 0,
       .size = static_cast<uint32_t>(std::min<uint64_t>(size, std::numeric_limits<uint32_t>::max())),
       .name = name});
}

Symbols SymbolsBuilder::finish() {
  auto& rows = data_->rows;
  // Of several names of one place the first in the file is shown, but a label only when there is no other.
  constexpr auto kLabel = static_cast<uint64_t>(Symbol::Kind::kLabel);
  std::ranges::stable_sort(rows, {}, [](const Symbols::Data::Row& row) {
    return std::pair(uint64_t{row.address}, row.kind == kLabel);
  });
  rows.shrink_to_fit();
  if (index_ == Index::kByNameToo) {
    auto& slots = data_->slots;
    slots.reserve(rows.size());
    for (uint32_t at = 0; at < rows.size(); ++at)
      slots.push_back({hash_of(data_->symbol(rows[at]).name), at});
    std::ranges::sort(slots, {},
                      [](const Symbols::Data::Slot& slot) { return std::pair(slot.hash, slot.row); });
  }
  return Symbols(std::exchange(data_, nullptr));
}

}  // namespace tripline::binary
