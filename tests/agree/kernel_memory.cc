// SPDX-License-Identifier: Apache-2.0
#include "agree/kernel_memory.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace tripline::agree {
namespace {

Result<void> run(const bpf_object* object, const char* name, uint64_t argument) {
  const int fd = bpf_program__fd(bpf_object__find_program_by_name(object, name));
  std::array<uint64_t, 1> args = {argument};
  LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = args.data(), .ctx_size_in = sizeof(args));
  if (bpf_prog_test_run_opts(fd, &options) != 0) return fail("run", name, errno);
  return {};
}

}  // namespace

Result<std::unique_ptr<KernelMemory>> KernelMemory::create() {
  std::unique_ptr<KernelMemory> out(new KernelMemory);
  out->object_ = bpf_object__open_file(TRIPLINE_PROBE_OBJECT, nullptr);
  if (out->object_ == nullptr) return fail("open", TRIPLINE_PROBE_OBJECT, errno);
  if (const int error = bpf_object__load(out->object_); error != 0)
    return fail("load", TRIPLINE_PROBE_OBJECT, -error);
  const bpf_map* map = bpf_object__find_map_by_name(out->object_, "memory");
  const size_t size = bpf_map__value_size(map);
  void* mapped = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
  if (mapped == MAP_FAILED) return fail("map", "memory", errno);
  out->mapped_ = {static_cast<uint8_t*>(mapped), size};
  if (const Result<void> ran = run(out->object_, "where", 0); !ran) return std::unexpected(ran.error());
  uint64_t address = 0;
  std::memcpy(&address, out->mapped_.data(), sizeof(address));
  out->memory_ = Memory(out->mapped_, address);
  return out;
}

KernelMemory::~KernelMemory() {
  if (!mapped_.empty()) munmap(mapped_.data(), mapped_.size());
  bpf_object__close(object_);
}

Result<uint64_t> KernelMemory::ask(const char* program, uint64_t argument) const {
  if (const Result<void> ran = run(object_, program, argument); !ran) return std::unexpected(ran.error());
  uint64_t answer = 0;
  std::memcpy(&answer, mapped_.data(), sizeof(answer));
  return answer;
}

Result<uint64_t> KernelMemory::open_file(int fd) const { return ask("open_file", static_cast<uint64_t>(fd)); }

Result<uint64_t> KernelMemory::word(uint64_t address) const { return ask("word", address); }

}  // namespace tripline::agree
