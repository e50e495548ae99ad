// SPDX-License-Identifier: Apache-2.0
// Any bytes are a program with symbols, versions, notes, probes and a Go table, and an operand of a probe.
#include "binary/binary.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "binary/btf.h"
#include "binary/operand.h"
#include "binary/symbol_tables.h"
#include "fuzz/input.h"

namespace {

using namespace tripline;
using namespace tripline::binary;
using fuzz::require;

void check_operand(const Operand& operand) {
  require(operand.size <= 8);
  require((operand.kind == Operand::Kind::kUnreadable) == !operand.why.empty());
  require((operand.kind == Operand::Kind::kRegister) <= (operand.base != Register::kNone));
  require(operand.scale == 1 || operand.scale == 2 || operand.scale == 4 || operand.scale == 8);
}

void check_binary(const Binary& binary, size_t size) {
  for (const Symbol& symbol : binary.symbols.all()) {
    require(!symbol.name.empty());
    require(symbol.name.size() <= size);
    if (!symbol.name.contains('@')) require(!binary.symbols.find(symbol.name).empty());
    require(binary.symbols.at(symbol.address).has_value());
  }
  require(!binary.symbols.nearest("no such name").contains('\0'));
  for (const UsdtProbe& probe : binary.probes) {
    require(binary.is_code(probe.offset));
    require(!binary.find_probe(probe.provider, probe.name).empty());
    for (const Operand& operand : probe.arguments) check_operand(operand);
  }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the fuzzer's driver calls it by this name
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  const ReadAt read = reader_of(bytes);
  if (const auto binary = read_binary(read)) check_binary(*binary, size);
  const Functions functions = read_functions(read);
  for (uint64_t offset = 0; offset < 8192; offset += 16) require(functions.name_at(offset).size() <= size);
  require(functions.name_at(~uint64_t{0}).empty());
  if (const auto types = read_btf(read)) require(types->size() <= size);

  const std::string_view text = bytes.substr(0, 512);
  for (const std::string_view word : split_operands(text))
    for (const bool is_fixed : {false, true})
      check_operand(parse_operand(word, {0x1000, is_fixed, [](std::string_view symbol) {
                                           return symbol == "x" ? std::optional<uint64_t>(1) : std::nullopt;
                                         }}));
  return 0;
}
