// SPDX-License-Identifier: Apache-2.0
// A file of the policy store, or a manifest of programs that were left: whatever is in it, it is read or refused, and what
// was read is the same when it has been written again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "agent/manifest.h"
#include "agent/policy_record.h"
#include "fuzz/input.h"

// NOLINTNEXTLINE(readability-identifier-naming): the fuzzer's driver calls it by this name
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tripline;
  using fuzz::require;
  const std::string_view text = fuzz::text_of(data, size);
  const auto record = read_record(text);
  if (record) {
    require(read_record(record_text(*record)) == *record);
  } else {
    require(!record.error().empty());
  }
  if (const auto name = named_by(text)) require(record_file(*name) == text);
  const std::string head = "tripline manifest 1\nversion\tv1\nabi\t" + std::string(manifest_abi()) + "\n";
  (void)read_manifest(text);
  if (const auto manifest = read_manifest(head + std::string(text))) {
    const std::string again = manifest_text(*manifest);
    const auto second = read_manifest(again);
    require(second && manifest_text(*second) == again);
  }
  return 0;
}
