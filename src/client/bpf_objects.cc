// SPDX-License-Identifier: Apache-2.0
#include "client/bpf_objects.h"

#include <fmt/format.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>

namespace tripline {
namespace {

constexpr size_t kLargestTypes = 1 << 20;  // bytes of a program's types that are read for its name

long ask(int command, bpf_attr& attr) { return syscall(SYS_bpf, command, &attr, sizeof(attr)); }

template <typename Info>
bool read_info(int fd, Info& info) {
  bpf_attr attr{};
  attr.info.bpf_fd = static_cast<uint32_t>(fd);
  attr.info.info_len = sizeof(info);
  attr.info.info = reinterpret_cast<uintptr_t>(&info);
  return ask(BPF_OBJ_GET_INFO_BY_FD, attr) == 0;
}

Fd object_of(int command, uint32_t id) {
  bpf_attr attr{};
  attr.prog_id = id;  // all kinds of id have this place
  return Fd(static_cast<int>(ask(command, attr)));
}

Fd pinned(const std::string& path) {
  bpf_attr attr{};
  attr.pathname = reinterpret_cast<uintptr_t>(path.c_str());
  return Fd(static_cast<int>(ask(BPF_OBJ_GET, attr)));
}

Result<std::vector<uint32_t>> all_ids(int command) {
  std::vector<uint32_t> out;
  bpf_attr attr{};
  while (ask(command, attr) == 0) {
    out.push_back(attr.next_id);
    attr.start_id = attr.next_id;
  }
  if (errno != ENOENT) return fail("list BPF objects", "", errno);
  return out;
}

uint64_t number_in(const std::string& path, std::string_view key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(key)) return std::strtoull(line.c_str() + key.size(), nullptr, 10);
  return 0;
}

// The name of the type `wanted` among the types of a program: types stand one behind the other, each as long as its kind
// says.
std::string type_name(std::string_view bytes, uint32_t wanted) {
  btf_header head{};
  if (bytes.size() < sizeof(head)) return {};
  std::memcpy(&head, bytes.data(), sizeof(head));
  if (uint64_t{head.hdr_len} + head.type_off + head.type_len > bytes.size() ||
      uint64_t{head.hdr_len} + head.str_off + head.str_len > bytes.size())
    return {};
  std::string_view types = bytes.substr(head.hdr_len + head.type_off, head.type_len);
  const std::string_view names = bytes.substr(head.hdr_len + head.str_off, head.str_len);
  for (uint32_t id = 1; types.size() >= sizeof(btf_type); ++id) {
    btf_type type{};
    std::memcpy(&type, types.data(), sizeof(type));
    if (id == wanted)
      return type.name_off < names.size() ? std::string(names.substr(type.name_off).data()) : std::string();
    const uint64_t members = BTF_INFO_VLEN(type.info);
    size_t more = 0;
    switch (BTF_INFO_KIND(type.info)) {
      case BTF_KIND_INT:
      case BTF_KIND_VAR:
      case BTF_KIND_DECL_TAG:
        more = 4;
        break;
      case BTF_KIND_ARRAY:
        more = sizeof(btf_array);
        break;
      case BTF_KIND_STRUCT:
      case BTF_KIND_UNION:
      case BTF_KIND_DATASEC:
      case BTF_KIND_ENUM64:
        more = 12 * members;
        break;
      case BTF_KIND_ENUM:
      case BTF_KIND_FUNC_PROTO:
        more = 8 * members;
        break;
      default:
        break;
    }
    types.remove_prefix(std::min(types.size(), sizeof(type) + more));
  }
  return {};
}

// The whole name of the program's function.
std::string function_name(int fd, const bpf_prog_info& known) {
  if (known.btf_id == 0 || known.nr_func_info == 0 || known.func_info_rec_size == 0) return {};
  std::string records(size_t{known.nr_func_info} * known.func_info_rec_size, '\0');
  bpf_prog_info info{};
  info.nr_func_info = known.nr_func_info;
  info.func_info_rec_size = known.func_info_rec_size;
  info.func_info = reinterpret_cast<uintptr_t>(records.data());
  if (!read_info(fd, info) || records.size() < sizeof(bpf_func_info)) return {};
  bpf_func_info first{};
  std::memcpy(&first, records.data(), sizeof(first));
  const Fd types = object_of(BPF_BTF_GET_FD_BY_ID, known.btf_id);
  bpf_btf_info size{};
  if (!types || !read_info(types.get(), size) || size.btf_size > kLargestTypes) return {};
  std::string bytes(size.btf_size, '\0');
  bpf_btf_info all{};
  all.btf = reinterpret_cast<uintptr_t>(bytes.data());
  all.btf_size = size.btf_size;
  return read_info(types.get(), all) ? type_name(bytes, first.type_id) : std::string();
}

Result<BpfProgram> read_program(int fd) {
  bpf_prog_info info{};
  if (!read_info(fd, info)) return fail("ask for a BPF program", "", errno);
  BpfProgram out{.id = info.id, .name = std::string(info.name, strnlen(info.name, sizeof(info.name)))};
  out.runs = info.run_cnt;
  out.time = std::chrono::nanoseconds(info.run_time_ns);
  out.missed = info.recursion_misses;
  if (std::string whole = function_name(fd, info); !whole.empty()) out.name = std::move(whole);
  std::vector<uint32_t> maps(info.nr_map_ids);
  bpf_prog_info again{};
  again.nr_map_ids = info.nr_map_ids;
  again.map_ids = reinterpret_cast<uintptr_t>(maps.data());
  if (info.nr_map_ids > 0 && read_info(fd, again)) out.maps = std::move(maps);
  return out;
}

Result<BpfMap> read_map(int fd) {
  bpf_map_info info{};
  if (!read_info(fd, info)) return fail("ask for a BPF map", "", errno);
  return BpfMap{.id = info.id,
                .name = std::string(info.name, strnlen(info.name, sizeof(info.name))),
                .type = info.type,
                .key_size = info.key_size,
                .value_size = info.value_size,
                .max_entries = info.max_entries,
                .memory = number_in(fmt::format("/proc/self/fdinfo/{}", fd), "memlock:")};
}

std::string kind_of(int fd) {
  std::array<char, 64> link{};
  const ssize_t size = readlink(fmt::format("/proc/self/fd/{}", fd).c_str(), link.data(), link.size());
  return size > 0 ? std::string(link.data(), static_cast<size_t>(size)) : std::string();
}

// Bytes of a value as the kernel hands it out.
size_t room_of(const BpfMap& map) {
  switch (map.type) {
    case BPF_MAP_TYPE_PERCPU_HASH:
    case BPF_MAP_TYPE_PERCPU_ARRAY:
    case BPF_MAP_TYPE_LRU_PERCPU_HASH:
      return (map.value_size + 7) / 8 * 8 * static_cast<size_t>(sysconf(_SC_NPROCESSORS_CONF));
    default:
      return map.value_size;
  }
}

}  // namespace

Result<std::vector<BpfProgram>> all_programs() {
  const auto ids = all_ids(BPF_PROG_GET_NEXT_ID);
  if (!ids) return std::unexpected(ids.error());
  std::vector<BpfProgram> out;
  for (const uint32_t id : *ids) {
    const Fd fd = object_of(BPF_PROG_GET_FD_BY_ID, id);
    if (!fd) continue;  // gone by now
    if (auto program = read_program(fd.get())) out.push_back(*std::move(program));
  }
  return out;
}

Result<std::vector<BpfMap>> all_maps() {
  const auto ids = all_ids(BPF_MAP_GET_NEXT_ID);
  if (!ids) return std::unexpected(ids.error());
  std::vector<BpfMap> out;
  for (const uint32_t id : *ids) {
    const Fd fd = object_of(BPF_MAP_GET_FD_BY_ID, id);
    if (!fd) continue;
    if (auto map = read_map(fd.get())) out.push_back(*std::move(map));
  }
  return out;
}

Result<PinnedObjects> pinned_objects(const std::string& folder) {
  PinnedObjects out;
  std::error_code problem;
  for (std::filesystem::recursive_directory_iterator at(folder, problem), end; !problem && at != end;
       at.increment(problem)) {
    if (!at->is_regular_file()) continue;
    const Fd fd = pinned(at->path().string());
    if (!fd) continue;
    const std::string kind = kind_of(fd.get());
    if (kind.contains("bpf-prog")) {
      if (auto program = read_program(fd.get())) {
        program->pin = at->path().string();
        out.programs.push_back(*std::move(program));
      }
    } else if (kind.contains("bpf-map")) {
      if (auto map = read_map(fd.get())) out.maps.push_back(*std::move(map));
    }
  }
  if (problem) return fail("read", folder, problem.value());
  return out;
}

Result<Fd> count_runs() {
  bpf_attr attr{};
  attr.enable_stats.type = BPF_STATS_RUN_TIME;
  Fd fd(static_cast<int>(ask(BPF_ENABLE_STATS, attr)));
  if (!fd) return fail("enable BPF statistics", "", errno);
  return fd;
}

std::string map_type_name(uint32_t type) {
  // In the order of enum bpf_map_type.
  constexpr auto kNames = std::to_array<std::string_view>({"unspec",
                                                           "hash",
                                                           "array",
                                                           "prog_array",
                                                           "perf_event_array",
                                                           "percpu_hash",
                                                           "percpu_array",
                                                           "stack_trace",
                                                           "cgroup_array",
                                                           "lru_hash",
                                                           "lru_percpu_hash",
                                                           "lpm_trie",
                                                           "array_of_maps",
                                                           "hash_of_maps",
                                                           "devmap",
                                                           "sockmap",
                                                           "cpumap",
                                                           "xskmap",
                                                           "sockhash",
                                                           "cgroup_storage",
                                                           "reuseport_sockarray",
                                                           "percpu_cgroup_storage",
                                                           "queue",
                                                           "stack",
                                                           "sk_storage",
                                                           "devmap_hash",
                                                           "struct_ops",
                                                           "ringbuf",
                                                           "inode_storage",
                                                           "task_storage",
                                                           "bloom_filter",
                                                           "user_ringbuf",
                                                           "cgrp_storage",
                                                           "arena"});
  return type < kNames.size() ? std::string(kNames[type]) : std::to_string(type);
}

Result<BpfTable> BpfTable::open(const std::string& path) {
  Fd fd = pinned(path);
  if (!fd) return fail("open", path, errno);
  auto info = read_map(fd.get());
  if (!info) return fail("open", path, 0, "it is not a map");
  return BpfTable(std::move(fd), *std::move(info));
}

Result<BpfTable> BpfTable::of_id(uint32_t id) {
  Fd fd = object_of(BPF_MAP_GET_FD_BY_ID, id);
  if (!fd) return fail("open the BPF map", std::to_string(id), errno);
  auto info = read_map(fd.get());
  if (!info) return std::unexpected(info.error());
  return BpfTable(std::move(fd), *std::move(info));
}

Result<std::vector<BpfTable::Entry>> BpfTable::entries() const {
  std::vector<Entry> out;
  std::string key(info_.key_size, '\0');
  bpf_attr attr{};
  attr.map_fd = static_cast<uint32_t>(fd_.get());
  std::string next(info_.key_size, '\0');
  while (attr.next_key = reinterpret_cast<uintptr_t>(next.data()), ask(BPF_MAP_GET_NEXT_KEY, attr) == 0) {
    key = next;
    std::string value(room_of(info_), '\0');
    bpf_attr wanted{};
    wanted.map_fd = static_cast<uint32_t>(fd_.get());
    wanted.key = reinterpret_cast<uintptr_t>(key.data());
    wanted.value = reinterpret_cast<uintptr_t>(value.data());
    // One that went in the meantime is no entry any more.
    if (ask(BPF_MAP_LOOKUP_ELEM, wanted) == 0) out.emplace_back(key, std::move(value));
    attr.key = reinterpret_cast<uintptr_t>(key.data());
  }
  if (errno != ENOENT) return fail("read the BPF map", info_.name, errno);
  return out;
}

Result<void> BpfTable::set(std::span<const char> key, std::span<const char> value) const {
  if (key.size() != info_.key_size || value.size() != room_of(info_))
    return fail("set an entry of the BPF map", info_.name, 0, "its entries have another size");
  bpf_attr attr{};
  attr.map_fd = static_cast<uint32_t>(fd_.get());
  attr.key = reinterpret_cast<uintptr_t>(key.data());
  attr.value = reinterpret_cast<uintptr_t>(value.data());
  if (ask(BPF_MAP_UPDATE_ELEM, attr) != 0) return fail("set an entry of the BPF map", info_.name, errno);
  return {};
}

}  // namespace tripline
