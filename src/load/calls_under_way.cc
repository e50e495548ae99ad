// SPDX-License-Identifier: Apache-2.0
#include "load/calls_under_way.h"

#include <bpf/bpf.h>

#include <cerrno>
#include <cstdint>

#include "base/fd.h"

namespace tripline {

// A map of maps is changed for what the kernel does then: before it returns it waits until no program can still see the
// old map (maybe_wait_bpf_programs() of kernel/bpf/syscall.c, since 4.18). membarrier(MEMBARRIER_CMD_GLOBAL) waits for the
// same, but promises less, and not at all where a CPU has no timer tick (nohz_full).
Result<void> wait_for_calls() {
  constexpr uint32_t kSize = sizeof(uint32_t);
  const Fd inner(bpf_map_create(BPF_MAP_TYPE_ARRAY, "tl_wait_inner", kSize, kSize, 1, nullptr));
  if (!inner) return fail("create map", "tl_wait_inner", errno);
  LIBBPF_OPTS(bpf_map_create_opts, options, .inner_map_fd = static_cast<uint32_t>(inner.get()));
  const Fd outer(bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "tl_wait", kSize, kSize, 1, &options));
  if (!outer) return fail("create map", "tl_wait", errno);
  const uint32_t first = 0;
  const int value = inner.get();
  if (bpf_map_update_elem(outer.get(), &first, &value, BPF_ANY) != 0)
    return fail("wait for calls", "", errno);
  return {};
}

}  // namespace tripline
