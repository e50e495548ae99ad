// SPDX-License-Identifier: Apache-2.0
// What check() knows of the files of user space that policies name: a value, as Kernel is. Whoever reads them keeps each
// one open, so that the file that was checked is the one that is hooked.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "binary/binary.h"
#include "hook/target.h"
#include "kernel/kernel.h"

namespace tripline {

struct KnownFile {
  target::UserFile file;
  std::optional<binary::Refusal> refusal;  // present: nothing else is known of it
  binary::Binary binary;
  // Reads the file, for the instructions at places that are hooked. Empty: nobody can look at them.
  binary::ReadAt code;
  // Of files that a policy takes types from.
  std::optional<Btf> types;
  std::string no_types;  // why there are none: "has no section .BTF"
  // Of files that a policy knows by their digests: in hexadecimal, by the algorithm's name.
  std::map<std::string, std::string> digests;
};

// By path, as policies write it.
using Files = std::map<std::string, std::shared_ptr<const KnownFile>, std::less<>>;

}  // namespace tripline
