// SPDX-License-Identifier: Apache-2.0
#include "agree/machine.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "abi/record.h"
#include "abi/scratch.h"

namespace tripline::agree {
namespace {

constexpr uint64_t kSlot = 0x7000'0000'0000;
constexpr uint64_t kNear = 1 << 16;  // a load from a null pointer gives 0: the kernel catches the fault

using ir::Width;

void copy_in(ir::World& world, uint64_t address, std::string_view bytes) {
  for (size_t i = 0; i < bytes.size(); ++i)
    world.store(address + i, Width::k1, static_cast<uint8_t>(bytes[i]));
}

}  // namespace

Records Machine::call(std::span<const uint64_t> arguments, uint64_t task, const oracle::File& file,
                      std::string& broken) {
  arguments_ = arguments;
  task_ = task;
  file_ = file;
  held_ = false;
  broken_.clear();
  records_.clear();
  ir::World world;
  std::ranges::copy(arguments, world.arguments.begin());
  world.control = {{offsetof(tl_control, epoch), numbering_.born},
                   {offsetof(tl_control, died) + 4 * numbering_.slot, 0xffffffff}};
  world.unset = [this](uint64_t address) -> uint8_t {
    if (memory_.holds(address)) return *memory_.at(address);
    if (address < kNear) return 0;
    if (address < kSlot || address >= kSlot + sizeof(tl_slot)) broken_ = "memory is read that is none";
    return static_cast<uint8_t>(address * 7);  // what an earlier call left in the slot
  };
  world.call = [this](ir::World& self, ir::Callee callee, const std::vector<uint64_t>& given) {
    return library(self, callee, given);
  };
  const ir::Outcome outcome = ir::interpret(programs_.filter, world);
  if (!outcome.broken.empty()) broken_ = outcome.broken;
  if (held_) broken_ = "the slot is not given back";
  broken = broken_;
  return std::exchange(records_, {});
}

uint64_t Machine::library(ir::World& world, ir::Callee callee, const std::vector<uint64_t>& arguments) {
  const uint64_t record = kSlot + offsetof(tl_slot, record);
  switch (callee) {
    case ir::Callee::tl_slot_get:
      held_ = true;
      return kSlot;
    case ir::Callee::tl_slot_put:
      held_ = false;
      return 0;
    case ir::Callee::tl_file_path:
      return file_path(world, arguments[0], arguments[2]);
    case ir::Callee::tl_record_begin:
      world.store(record + offsetof(tl_record, kind), Width::k2, TL_RECORD_HOOK);
      world.store(record + offsetof(tl_record, reserved), Width::k2, 0);
      world.store(record + offsetof(tl_record, time), Width::k8, 1);
      world.store(record + offsetof(tl_record, tgid), Width::k4, static_cast<uint64_t>(getpid()));
      world.store(record + offsetof(tl_record, tid), Width::k4, static_cast<uint64_t>(syscall(SYS_gettid)));
      world.store(record + offsetof(tl_record, schema), Width::k4, arguments[1]);
      world.store(record + offsetof(tl_record, selector), Width::k4, arguments[2]);
      return 0;
    case ir::Callee::tl_record_file:
      // struct tl_file of the path buffer at the place, the path at the end.
      world.store(record + arguments[1], Width::k8,
                  world.load(kSlot + offsetof(tl_slot, file) + 8 * arguments[2], Width::k8));
      copy_in(world, record + arguments[3], file_.path);
      return arguments[3] + file_.path.size();
    case ir::Callee::tl_record_send: {
      world.store(record + offsetof(tl_record, size), Width::k4, arguments[1]);
      std::vector<std::byte>& bytes = records_.emplace_back();
      for (uint64_t i = 0; i < arguments[1]; ++i) {
        bytes.push_back(static_cast<std::byte>(world.load(record + i, Width::k1)));
      }
      ++counters_.at(arguments[2]).posted;
      return 0;
    }
    case ir::Callee::tl_count: {
      tl_counter& counter = counters_.at(arguments[0]);
      ++*reinterpret_cast<__u64*>(reinterpret_cast<char*>(&counter) + arguments[1]);
      return 0;
    }
    case ir::Callee::tl_judge: {
      ++judged_;
      const ir::Outcome outcome = ir::interpret(programs_.judge, world);
      if (!outcome.broken.empty()) broken_ = outcome.broken;
      return 0;
    }
    case ir::Callee::tl_take:
    case ir::Callee::tl_taken:
    case ir::Callee::bpf_send_signal:
      return 0;
    case ir::Callee::bpf_get_current_task_btf:
      return task_;
  }
  return 0;
}

uint64_t Machine::file_path(ir::World& world, uint64_t file, uint64_t index) {
  if (std::ranges::find(arguments_, file) == arguments_.end())
    broken_ = "a path is built of what is no argument";
  const uint64_t start = TL_PATH_END - file_.path.size();
  copy_in(world, kSlot + offsetof(tl_slot, path) + index * TL_PATH_BUFFER + start, file_.path);
  const uint64_t about = kSlot + offsetof(tl_slot, file) + index * sizeof(tl_file);
  world.store(about + offsetof(tl_file, path_size), Width::k4, file_.path.size());
  world.store(about + offsetof(tl_file, mode), Width::k2, file_.mode);
  world.store(about + offsetof(tl_file, flags), Width::k2, file_.unresolved ? TL_FILE_UNRESOLVED : 0);
  return start | (file_.unresolved ? TL_PATH_UNRESOLVED : 0);
}

}  // namespace tripline::agree
