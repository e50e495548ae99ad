// SPDX-License-Identifier: Apache-2.0
// Any bytes are a text of /proc/PID/maps or /proc/kallsyms.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "event/stack.h"
#include "fuzz/input.h"

// NOLINTNEXTLINE(readability-identifier-naming): the fuzzer's driver calls it by this name
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tripline;
  using fuzz::require;
  const std::string_view bytes = fuzz::text_of(data, size);
  for (const Mapping& mapping : read_mappings(bytes)) require(!mapping.path.empty());
  const KernelSymbols kernel(bytes);
  for (uint64_t address : {uint64_t{0}, uint64_t{0xffffffff81000000}, ~uint64_t{0}})
    if (auto frame = kernel.find(address)) require(frame->offset <= address);
  return 0;
}
