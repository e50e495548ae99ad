// SPDX-License-Identifier: Apache-2.0
// What there is of eBPF in the kernel, for tests that nothing is left behind.
#pragma once

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tripline {

// How many there are of what BPF_..._GET_NEXT_ID goes through.
inline long count_objects(bpf_cmd next) {
  long found = 0;
  bpf_attr attributes{};
  while (syscall(SYS_bpf, next, &attributes, sizeof(attributes)) == 0) {
    attributes.start_id = attributes.next_id;
    ++found;
  }
  return found;
}

struct Objects {
  long programs = count_objects(BPF_PROG_GET_NEXT_ID);
  long maps = count_objects(BPF_MAP_GET_NEXT_ID);
  long links = count_objects(BPF_LINK_GET_NEXT_ID);
  bool operator==(const Objects&) const = default;
};

// Some of it goes a moment later.
inline bool settles(const Objects& before) {
  for (int tries = 0; tries < 100; ++tries) {
    if (Objects() == before) return true;
    usleep(100'000);
  }
  return false;
}

}  // namespace tripline
