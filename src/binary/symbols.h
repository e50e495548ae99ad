// SPDX-License-Identifier: Apache-2.0
// The functions of a file, by name and by address. Copies share the data, and what was found in it lives as long as one
// of them. A function is often there under several names, and a name may be that of several functions: local ones of
// other source files, or older versions of a library's.
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

}  // namespace tripline::binary
