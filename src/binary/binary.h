// SPDX-License-Identifier: Apache-2.0
// Binary: what of a program or library can be hooked, as an immutable value: its functions, its USDT probes, and where
// in the file they are. Everything that checks or compiles a hook of a file takes the value. Only x86-64 is read.
//
// The file belongs to whoever runs it, so nothing in it is trusted. It takes bounded time and memory whatever it says of
// itself; parts that are damaged are passed over and named in `damage`, and only without segments is it refused. A file
// that changes while it is read gives what its parts say, as a damaged one does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "binary/read_at.h"
#include "binary/refusal.h"
#include "binary/segment.h"
#include "binary/symbols.h"
#include "binary/usdt.h"

namespace tripline::binary {

struct Binary {
  bool is_fixed = false;  // mapped at its own addresses: not position-independent, and no library
  uint64_t entry = 0;     // the address at which it starts
  std::vector<Segment> segments;
  Symbols symbols;     // functions; of a stripped Go program those of its own table
  bool is_go = false;  // they are those
  std::vector<UsdtProbe> probes;
  size_t bad_notes = 0;             // notes of probes that were passed over
  std::string build_id;             // in hexadecimal; empty when there is none
  std::vector<std::string> damage;  // "its section headers lie beyond its end"

  [[nodiscard]] std::optional<uint64_t> offset_of(uint64_t address) const {
    return binary::offset_of(segments, address);
  }
  [[nodiscard]] std::optional<uint64_t> address_of(uint64_t offset) const {
    return binary::address_of(segments, offset);
  }
  // Is the byte at `offset` of the file in an executable segment?
  [[nodiscard]] bool is_code(uint64_t offset) const { return binary::is_code(segments, offset); }
  // All places of a probe.
  [[nodiscard]] std::vector<const UsdtProbe*> find_probe(std::string_view provider,
                                                         std::string_view name) const;
};

[[nodiscard]] Read<Binary> read_binary(const ReadAt& read);
// Of an open file; its position stays where it is.
[[nodiscard]] Read<Binary> read_binary(int file);

}  // namespace tripline::binary
