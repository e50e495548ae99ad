// SPDX-License-Identifier: Apache-2.0
// Runs a compiled hook program in this machine's kernel, by BPF_PROG_TEST_RUN, without attaching it.
//
// The kernel test-runs raw tracepoint programs and gives them plain numbers; the programs of hooks want typed pointers.
// So the object is loaded twice: as it is, by libbpf, which shows that the verifier takes it; and once more as a raw
// tracepoint program that turns its arguments into what the hook would get (for a typed program with bpf_rdonly_cast,
// for a kprobe or uprobe into a struct pt_regs; of a tracepoint they are the record itself, 96 bytes at most) and calls the hook's
// program, every instruction of it unchanged, as a subprogram.
//
// A program that sleeps cannot be called so. It is loaded as one that runs when a process asks for it (BPF_PROG_TYPE_SYSCALL),
// whose context is memory of any kind: there, struct pt_regs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "abi/maps.h"
#include "abi/scratch.h"
#include "agree/expectation.h"
#include "base/fd.h"
#include "base/result.h"
#include "load/scope_maps.h"
#include "object/object.h"
#include "policy/checked.h"

struct bpf_map;
struct bpf_object;
struct ring_buffer;

namespace tripline::agree {

class Runner {
 public:
  // `parameters` are the types of the function's parameters; `counters` how many counters the object needs; `records`
  // how many records one call can send; `entry_size` how large what is known of a process is; `of_syscall` whether the
  // first parameter is the address of a struct pt_regs with the arguments of a system call; `noted`, of the program of a return,
  // the pairs of the sections whose entries have noted each call; `scopes`
  // the maps that tell whom it is called by.
  static Result<std::unique_ptr<Runner>> load(const Object& object, std::span<const ArgType> parameters,
                                              uint32_t counters, uint32_t records, uint32_t entry_size = 0,
                                              bool of_syscall = false, std::span<const uint32_t> noted = {},
                                              const ScopeMaps* scopes = nullptr);
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  // One call of the hook with these arguments; the records it sent, in order.
  Result<Records> call(std::span<const uint64_t> arguments);
  // Likewise in two steps: a child can make the call and its parent look at the records.
  [[nodiscard]] Result<void> run(std::span<const uint64_t> arguments);
  Records take_records();

  // What the last call of a program that does not sleep returned.
  [[nodiscard]] int32_t result() const { return result_; }
  // Notices that nobody took: how many, by their policy and why (enum tl_missed_reason).
  [[nodiscard]] std::map<std::pair<uint64_t, uint32_t>, uint64_t> missed() const;

  // struct pt_regs as the last call of a program that sleeps left it.
  [[nodiscard]] std::span<const uint64_t> registers() const { return registers_; }

  // All counters, summed over the CPUs.
  [[nodiscard]] Result<std::vector<tl_counter>> counters() const;
  // What is noted of calls that wait for their return.
  [[nodiscard]] std::vector<tl_entry> notes() const;
  // Calls that were not judged.
  [[nodiscard]] uint64_t unjudged() const;

  // What is known of this process: its entry, in the array or, when another process has its element, in the hash map;
  // nothing when `entry` is empty.
  Result<void> set_facts(std::span<const std::byte> entry, bool elsewhere);
  [[nodiscard]] Result<std::vector<std::byte>> facts(bool elsewhere) const;

  // Sets the epoch, and when the program's life ends.
  Result<void> set_life(uint32_t epoch, uint32_t died);

  // Is what the policy at `place` asks to enforce performed? So it is to begin with.
  Result<void> set_enforces(uint32_t place, bool enforces);

  // Of the program as a hook gets it; how many the verifier had to look at.
  [[nodiscard]] size_t instructions() const { return instructions_; }
  [[nodiscard]] uint32_t verified() const { return verified_; }

 private:
  template <typename Change>
  Result<void> change_control(const Change& change);
  Runner() = default;
  Result<void> prepare(const Object& object, uint32_t counters, uint32_t records, uint32_t entry_size,
                       const ScopeMaps* scopes);
  Result<void> wrap(const ProgramInfo& info, std::span<const ArgType> parameters, bool of_syscall,
                    std::span<const uint32_t> noted);
  [[nodiscard]] const bpf_map* map(const char* name) const;

  bpf_object* object_ = nullptr;
  ring_buffer* ring_ = nullptr;
  Fd program_;
  bool sleeps_ = false;
  bool is_return_ = false;
  static constexpr size_t kRegisters = 21;
  std::array<uint64_t, kRegisters> registers_ = {};
  uint32_t slot_ = 0;
  int32_t result_ = 0;
  size_t instructions_ = 0;
  uint32_t verified_ = 0;
  Records records_;
};

}  // namespace tripline::agree
