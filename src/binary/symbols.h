// SPDX-License-Identifier: Apache-2.0
// The functions of a file, by name and by address. Copies share the data, and results of look-ups live as long as
// one of them. A function often has several names, and a name may belong to several functions: local ones of other
// source files, or older versions in a library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tripline::binary {

struct Symbol {
  enum class Kind : uint8_t {
    kFunction,
    kIfunc,  // what is at the address chooses the function when the file is loaded, and is not the function
    kLabel,  // a place in code that says no more of itself: written in assembly
  };
  std::string_view name;
  std::string_view version;  // "GLIBC_2.14"; mostly empty
  uint64_t address = 0;
  uint64_t size = 0;  // 0: not known
  Kind kind = Kind::kFunction;
  bool is_global = false;
  bool is_default = true;  // who asks for the name alone gets this one: it has no version, or the default one
};

class Symbols {
 public:
  Symbols() = default;

  // The places that "NAME", "NAME@VERSION" or "NAME@@VERSION" (when that is the default one) means, by address, each
  // once. The name alone means its default version, and only when there is none all older ones; of equal names global
  // ones come before local ones, functions before labels. More than one: the name is ambiguous.
  [[nodiscard]] std::vector<Symbol> find(std::string_view name) const;

  // The function that holds `address`: of several names of one place the first in the file.
  [[nodiscard]] std::optional<Symbol> at(uint64_t address) const;

  // All of them, by address.
  [[nodiscard]] std::vector<Symbol> all() const;
  [[nodiscard]] bool empty() const { return count() == 0; }
  [[nodiscard]] size_t count() const;

  // The name most like `name`; "" when none is.
  [[nodiscard]] std::string nearest(std::string_view name) const;

  // Bytes of memory, about.
  [[nodiscard]] size_t size() const;

 private:
  friend class SymbolsBuilder;
  struct Data;
  explicit Symbols(std::shared_ptr<const Data> data) : data_(std::move(data)) {}
  std::shared_ptr<const Data> data_;
};

// Makes Symbols of what tables of a file say. Its limits bound what a file can make us keep: what comes beyond them is left
// out, and full() tells.
class SymbolsBuilder {
 public:
  struct Limits {
    size_t symbols = size_t{1} << 22;
    size_t names = size_t{512} << 20;  // bytes
    size_t texts = size_t{1} << 30;    // bytes of names, each as often as a symbol has it
  };
  // Where the version of a symbol is to be found: one from kFirst on is what add_version() returned.
  enum Version : uint16_t { kNone, kInName, kFirst };
  static constexpr uint16_t kVersionsMost = 4000;

  // Symbols that are only asked for addresses need no index of names, and have the names that are in the file.
  enum class Index { kByAddress, kByNameToo };

  explicit SymbolsBuilder(Index index) : SymbolsBuilder(index, Limits{}) {}
  SymbolsBuilder(Index index, Limits limits);
  ~SymbolsBuilder();
  SymbolsBuilder(const SymbolsBuilder&) = delete;
  SymbolsBuilder& operator=(const SymbolsBuilder&) = delete;

  // Where among all names these start, which are texts that end with a NUL.
  uint32_t add_names(std::string names);
  // Of a name among those.
  uint16_t add_version(uint32_t name);
  // Passed over when it has no name, or an address at which no file can be. With kInName the version, if there is one,
  // stands behind the name, "memcpy@@GLIBC_2.14", and so says whether it is the default.
  void add(uint64_t address, uint64_t size, uint32_t name, Symbol::Kind kind, bool is_global, bool is_default,
           uint16_t version);
  [[nodiscard]] bool full() const { return full_; }

  [[nodiscard]] Symbols finish();

 private:
  Index index_;
  Limits limits_;
  size_t texts_ = 0;
  bool full_ = false;
  std::shared_ptr<Symbols::Data> data_;
};

}  // namespace tripline::binary
