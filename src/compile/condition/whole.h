// SPDX-License-Identifier: Apache-2.0
// Which of many paths is it? One decision for all of them: a path equals at most one, its length leaves few, and their
// last 8 bytes tell most of those apart. What is left is compared.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "compile/builder.h"

namespace tripline {

// What each path means, as bits of several words.
using Bits = std::vector<uint64_t>;
using BitsOfPaths = std::map<std::string, Bits>;

enum class Whole : uint8_t {
  kExact,
  kByEnd,  // length and last 8 bytes are enough: `found` can be told of more than one path
};

// The path stands in `buffer` from offset `start` up to TL_PATH_END. `found` writes what is to be done with the bits of
// the one that it equals; in any case it goes on behind.
void decide_whole(Builder& builder, ir::Value buffer, ir::Value start, const BitsOfPaths& paths, Whole how,
                  const std::function<void(const Bits&)>& found);

}  // namespace tripline
