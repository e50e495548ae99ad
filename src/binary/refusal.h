// SPDX-License-Identifier: Apache-2.0
// Why a file is not read, by kind, so that whoever asked can say it in his own words.
#pragma once

#include <expected>
#include <string>

namespace tripline::binary {

enum class Fault {
  kNoFile,        // there is none at this path
  kUnreadable,    // it cannot be opened or read, or is no regular file
  kNotElf,        // it is something else
  kOtherMachine,  // ELF, but not a program or library for x86-64
  kDamaged,       // ELF, but what tells where everything is lies beyond its end or makes no sense
};

struct Refusal {
  Fault fault = Fault::kDamaged;
  std::string detail;  // what follows "the file": "is not an ELF file"
  int errnum = 0;      // errno value, 0 when the refusal has none
};

template <typename T>
using Read = std::expected<T, Refusal>;

}  // namespace tripline::binary
