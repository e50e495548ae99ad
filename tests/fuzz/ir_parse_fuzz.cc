// SPDX-License-Identifier: Apache-2.0
// Any bytes are the text of a program: parse must answer, what it accepts must print to the same text, and a program
// that verify accepts must simplify to one that it accepts and that does not simplify further.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/input.h"
#include "ir/program.h"

// NOLINTNEXTLINE(readability-identifier-naming): the fuzzer's driver calls it by this name
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tripline;
  using fuzz::require;
  const std::string_view text = fuzz::text_of(data, size);
  Result<ir::Program> program = ir::parse(text);
  if (!program) {
    require(!program.error().text().empty());
    return 0;
  }
  require(ir::print(*program) == text);
  if (!ir::verify(*program).empty()) return 0;
  ir::simplify(*program);
  require(ir::verify(*program).empty());
  ir::Program again = *program;
  ir::simplify(again);
  require(again == *program);
  return 0;
}
