// SPDX-License-Identifier: Apache-2.0
#include "load/scope_maps.h"

#include <bpf/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "load/refusal.h"

namespace tripline {
namespace {

// What both sides write.
template <typename T>
std::atomic_ref<T> shared(T& place) {
  return std::atomic_ref<T>(place);
}

}  // namespace

void ScopeMaps::Unmap::operator()(void* memory) const { munmap(memory, size); }

Result<ScopeMaps::Map> ScopeMaps::make_array(const char* name, uint32_t value_size, uint32_t entries) {
  LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
  Map out;
  out.fd = Fd(bpf_map_create(BPF_MAP_TYPE_ARRAY, name, sizeof(uint32_t), value_size, entries, &options));
  if (!out.fd) return fail("create map", name, errno, advice(errno));
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t size = (size_t{value_size} * entries + page - 1) / page * page;
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, out.fd.get(), 0);
  if (memory == MAP_FAILED) return fail("map", name, errno);
  out.memory = Memory(memory, Unmap{size});
  return out;
}

Result<ScopeMaps> ScopeMaps::make(const ScopeSizes& sizes) {
  ScopeMaps out;
  out.sizes_ = sizes;
  const auto row = static_cast<uint32_t>(sizes.words * sizeof(uint64_t));
  for (const auto& [map, name, size, entries] :
       {std::tuple{&out.cells_, TL_MAP_CELLS, static_cast<uint32_t>(sizeof(tl_cell)), 1U << sizes.cell_bits},
        std::tuple{&out.rows_, TL_MAP_SCOPES, row, sizes.containers},
        std::tuple{&out.count_, TL_MAP_SCOPE_COUNT, static_cast<uint32_t>(sizeof(tl_scope_count)), 1U}}) {
    Result<Map> made = make_array(name, size, entries);
    if (!made) return std::unexpected(made.error());
    *map = std::move(*made);
  }
  out.more_ = Fd(bpf_map_create(BPF_MAP_TYPE_HASH, TL_MAP_CELLS_MORE, sizeof(uint64_t), sizeof(uint32_t),
                                sizes.more, nullptr));
  if (!out.more_) return fail("create map", TL_MAP_CELLS_MORE, errno, advice(errno));
  return out;
}

int ScopeMaps::map(std::string_view name) const {
  if (name == TL_MAP_CELLS) return cells_.fd.get();
  if (name == TL_MAP_CELLS_MORE) return more_.get();
  if (name == TL_MAP_SCOPES) return rows_.fd.get();
  if (name == TL_MAP_SCOPE_COUNT) return count_.fd.get();
  return -1;
}

void ScopeMaps::set_row(uint32_t container, std::span<const uint64_t> words) {
  if (container >= sizes_.containers) return;
  auto* row = static_cast<uint64_t*>(rows_.memory.get()) + size_t{container} * sizes_.words;
  for (size_t n = 0; n < sizes_.words; ++n)
    shared(row[n]).store(n < words.size() ? words[n] : 0, std::memory_order_relaxed);
}

tl_cell& ScopeMaps::cell_of(uint64_t cgroup) const {
  return static_cast<tl_cell*>(cells_.memory.get())[cgroup * TL_CELL_FACTOR >> sizes_.shift()];
}

void ScopeMaps::count_more(tl_cell& cell, uint32_t by) const {
  shared(cell.more).fetch_add(by);
  auto& count = *static_cast<tl_scope_count*>(count_.memory.get());
  shared(count.more).fetch_add(static_cast<uint64_t>(static_cast<int32_t>(by)));
}

Result<void> ScopeMaps::put(uint64_t cgroup, uint32_t container) {
  tl_cell& cell = cell_of(cgroup);
  const uint64_t owner = shared(cell.cgroup).load();
  if (owner == cgroup || owner == 0) {
    shared(cell.container).store(container);
    shared(cell.cgroup).store(cgroup);
    if (bpf_map_delete_elem(more_.get(), &cgroup) == 0) count_more(cell, static_cast<uint32_t>(-1));
    return {};
  }
  count_more(cell, 1);
  int error = bpf_map_update_elem(more_.get(), &cgroup, &container, BPF_NOEXIST);
  if (error == 0) return {};
  count_more(cell, static_cast<uint32_t>(-1));
  if (errno == EEXIST) error = bpf_map_update_elem(more_.get(), &cgroup, &container, BPF_EXIST);
  if (error == 0) return {};
  return fail("know cgroup", std::to_string(cgroup), errno, "there are too many at once");
}

void ScopeMaps::drop(uint64_t cgroup) {
  tl_cell& cell = cell_of(cgroup);
  if (shared(cell.cgroup).load() == cgroup) shared(cell.cgroup).store(0);
  if (bpf_map_delete_elem(more_.get(), &cgroup) == 0) count_more(cell, static_cast<uint32_t>(-1));
}

std::vector<std::pair<uint64_t, uint32_t>> ScopeMaps::followed() const {
  std::vector<uint64_t> keys(sizes_.more);
  std::vector<uint32_t> values(sizes_.more);
  uint32_t next = 0;
  uint32_t count = sizes_.more;
  std::vector<std::pair<uint64_t, uint32_t>> out;
  // ENOENT: that was all.
  if (bpf_map_lookup_batch(more_.get(), nullptr, &next, keys.data(), values.data(), &count, nullptr) != 0 &&
      errno != ENOENT)
    return out;
  for (uint32_t n = 0; n < count; ++n) out.emplace_back(keys[n], values[n]);
  return out;
}

uint32_t ScopeMaps::container_of(uint64_t cgroup) const {
  tl_cell& cell = cell_of(cgroup);
  const uint32_t container = shared(cell.container).load();
  if (shared(cell.cgroup).load() == cgroup) return container;
  uint32_t found = 0;
  if (shared(cell.more).load() == 0 || bpf_map_lookup_elem(more_.get(), &cgroup, &found) != 0) return 0;
  return found;
}

uint64_t ScopeMaps::word(uint32_t container, uint32_t word) const {
  if (container >= sizes_.containers || word >= sizes_.words) return 0;
  return shared(static_cast<uint64_t*>(rows_.memory.get())[size_t{container} * sizes_.words + word]).load();
}

tl_scope_count ScopeMaps::count() const {
  auto& count = *static_cast<tl_scope_count*>(count_.memory.get());
  return {shared(count.more).load(), shared(count.lost).load()};
}

}  // namespace tripline
