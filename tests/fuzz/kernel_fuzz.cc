// SPDX-License-Identifier: Apache-2.0
// A saved kernel: any bytes are read or refused, and what was read is the same when it was saved again. Of an input that
// has an empty line, the rest is packed and the lines that say so are put right, or nothing would get past the check sum.
#include <lzma.h>

#include <array>
#include <string>
#include <vector>

#include "fuzz/input.h"
#include "kernel/kernel.h"

namespace {

using namespace tripline;
using fuzz::require;

uint64_t check_sum(std::string_view text, uint64_t sum = 0) {
  return lzma_crc64(reinterpret_cast<const uint8_t*>(text.data()), text.size(), sum);
}

// `head`: the lines without "packed" and "check".
std::string file_of(std::string_view head, std::string_view body) {
  std::vector<uint8_t> packed(lzma_stream_buffer_bound(body.size()));
  size_t size = 0;
  require(lzma_easy_buffer_encode(0, LZMA_CHECK_NONE, nullptr, reinterpret_cast<const uint8_t*>(body.data()),
                                  body.size(), packed.data(), &size, packed.size()) == LZMA_OK);
  const std::string_view stream(reinterpret_cast<const char*>(packed.data()), size);
  const std::string lines = std::string(head) + "\npacked " + std::to_string(size) + "\n";
  std::array<char, 17> hex{};
  (void)std::snprintf(hex.data(), hex.size(), "%016llx",
                      static_cast<unsigned long long>(check_sum(stream, check_sum(lines))));
  return lines + "check " + hex.data() + "\n\n" + std::string(stream);
}

Result<Kernel> read(std::string_view file) { return read_kernel(std::as_bytes(std::span(file))); }

void save_again(const Kernel& kernel) {
  const auto saved = save_kernel(kernel);
  if (!saved) return;  // a name with a line end in it, say
  const auto again = read_kernel(*saved);
  require(again.has_value());
  require(again->release == kernel.release && again->machine == kernel.machine);
  require(again->features == kernel.features && again->namespaces == kernel.namespaces);
  require(again->functions == kernel.functions && again->formats == kernel.formats);
  require(again->tracepoints == kernel.tracepoints && again->lsms == kernel.lsms);
  require(again->functions_known == kernel.functions_known);
  require(again->btf.has_value() == kernel.btf.has_value() && again->modules.size() == kernel.modules.size());
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the fuzzer's driver calls it by this name
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const auto plain = read(text);
  if (!plain) require(!plain.error().text().empty());
  const size_t end = text.find("\n\n");
  if (end == std::string_view::npos) return 0;
  const auto kernel = read(file_of(text.substr(0, end), text.substr(end + 2)));
  if (!kernel) return 0;
  (void)kernel->traceable("do_exit");
  (void)kernel->module_of("do_exit");
  (void)kernel->format("sched/sched_switch");
  static int count = 0;
  if (++count % 8 == 0) save_again(*kernel);  // which takes as long as a hundred inputs
  return 0;
}
