// SPDX-License-Identifier: Apache-2.0
#include "client/hooked_code.h"

// In memory, where Set can write to it.
#define STAP_SDT_ARG_CONSTRAINT m  // NOLINT: the name is the header's
#include <fmt/format.h>
#include <link.h>
#include <sys/sdt.h>

#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

#define TRIPLINE_HOOKED __attribute__((noinline, noclone, used))

namespace tripline {
namespace {

struct Place {
  uintptr_t address;
  uint64_t offset = 0;  // in the file
};

// Of the program itself, which comes first.
int find_offset(dl_phdr_info* info, size_t /*size*/, void* to) {
  auto* place = static_cast<Place*>(to);
  for (int n = 0; n < info->dlpi_phnum; ++n) {
    const ElfW(Phdr)& segment = info->dlpi_phdr[n];
    const uintptr_t start = info->dlpi_addr + segment.p_vaddr;
    if (segment.p_type == PT_LOAD && place->address >= start && place->address - start < segment.p_filesz)
      place->offset = place->address - start + segment.p_offset;
  }
  return 1;
}

template <typename Function>
uint64_t offset_of(Function* function) {
  Place place{reinterpret_cast<uintptr_t>(function)};
  dl_iterate_phdr(find_offset, &place);
  return place.offset;
}

}  // namespace

std::string own_program() {
  std::error_code problem;
  return std::filesystem::read_symlink("/proc/self/exe", problem).string();
}

std::string with_places(std::string text) {
  const auto values = std::to_array<std::pair<std::string_view, std::string>>({
      {"{Program}", own_program()},
      {"{Number}", fmt::format("0x{:x}", offset_of(call_number))},
      {"{Other}", fmt::format("0x{:x}", offset_of(call_other))},
      {"{Texts}", fmt::format("0x{:x}", offset_of(call_texts))},
  });
  for (const auto& [name, value] : values)
    for (size_t at = 0; (at = text.find(name, at)) != std::string::npos; at += value.size())
      text.replace(at, name.size(), value);
  return text;
}

// Each is other code: what is alike the compiler would make one.
TRIPLINE_HOOKED int64_t call_number(int64_t number) {
  __asm__ volatile("" : "+r"(number)::"memory");
  return number;
}

TRIPLINE_HOOKED int64_t call_other(int64_t number) {
  __asm__ volatile("" : "+r"(number)::"memory");
  return -number;
}

TRIPLINE_HOOKED int64_t call_texts(const char* first, const char* second) {
  __asm__ volatile("" : "+r"(first), "+r"(second)::"memory");
  return first == second ? 1 : 0;
}

TRIPLINE_HOOKED int pass_probe(int number) {
  volatile int value = number;
  DTRACE_PROBE1(tripline, policytest, value);
  return value;
}

}  // namespace tripline
