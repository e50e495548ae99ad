// SPDX-License-Identifier: Apache-2.0
// Any bytes are the types of a kernel and of a module on top of them: every question about them ends, and no answer leads
// out of them. The first four bytes say how many of the rest are the kernel's.
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "fuzz/input.h"
#include "kernel/kernel.h"

namespace {

using namespace tripline;
using fuzz::require;

std::vector<std::byte> bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

void ask_type(const Btf& types, uint32_t id) {
  const Btf::Type type = types.type(id);
  require(type.id < types.type_count() && type.pointee_id < types.type_count());
  require(types.spelling(id).size() < size_t{1} << 20);
  for (const std::string_view name : types.member_names(id)) {
    const auto member = types.member(id, name);
    if (member)
      require(member->type.id < types.type_count() && member->bit_size <= uint64_t{member->type.size} * 8);
    (void)types.member(id, std::string(name) + "[1]." + std::string(name));
  }
}

void ask(const Btf& types) {
  constexpr uint32_t kMost = 200;
  require(types.type(0).kind == Btf::Kind::kVoid && types.type(types.type_count()).kind == Btf::Kind::kVoid);
  for (uint32_t id = 0; id < std::min(types.type_count(), kMost); ++id) ask_type(types, id);
  std::vector<std::string_view> names = types.function_names();
  names.resize(std::min<size_t>(names.size(), kMost));
  for (const std::string_view name : names) {
    const auto function = types.function(name);
    if (!function) continue;
    require(function->name == name && function->id < types.type_count());
    for (const Btf::Parameter& parameter : function->parameters)
      require(parameter.type.id < types.type_count());
  }
  (void)types.raw_tracepoint("t");
  (void)types.structure("s");
  (void)types.enumerator("", "A");
  (void)types.enumerator("e", "A");
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the fuzzer's driver calls it by this name
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  uint32_t first = 0;
  if (size < sizeof(first)) return 0;
  std::memcpy(&first, data, sizeof(first));
  const std::string_view text = fuzz::text_of(data + sizeof(first), size - sizeof(first));
  first = std::min<uint32_t>(first, static_cast<uint32_t>(text.size()));

  const auto kernel = Btf::parse(bytes_of(text.substr(0, first)));
  if (!kernel) {
    require(!kernel.error().text().empty());
    return 0;
  }
  require(kernel->raw().size() == first);
  ask(*kernel);
  const auto module = Btf::parse(bytes_of(text.substr(first)), &*kernel);
  if (!module) return 0;
  require(module->type_count() >= kernel->type_count());
  ask(*module);
  return 0;
}
