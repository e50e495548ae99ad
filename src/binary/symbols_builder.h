// SPDX-License-Identifier: Apache-2.0
// Makes Symbols of what tables of an ELF file say. Its limits bound what a file can make us keep: what comes beyond them
// is left out, and full() tells.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "binary/symbols.h"

namespace tripline::binary {

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
