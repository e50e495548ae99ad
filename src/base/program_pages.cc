// SPDX-License-Identifier: Apache-2.0
#include "base/program_pages.h"

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace tripline {

void give_back_program_pages() {
  const auto give_back = [](dl_phdr_info* object, size_t, void*) {
    const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
    for (const ElfW(Phdr) & part : std::span(object->dlpi_phdr, object->dlpi_phnum)) {
      if (part.p_type != PT_LOAD || (part.p_flags & PF_W) != 0) continue;  // what was written is nowhere else
      const uintptr_t begin = (object->dlpi_addr + part.p_vaddr) / page * page;
      const uintptr_t end = object->dlpi_addr + part.p_vaddr + part.p_memsz;
      // Memory is all that is at stake, so a refusal is none of anybody's business.
      madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
    }
    return 0;
  };
  dl_iterate_phdr(give_back, nullptr);
}

}  // namespace tripline
