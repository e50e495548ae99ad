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

Machine::Machine(Lowered programs, const HookPlan& plan, const Numbering& numbering, uint32_t counters,
                 const Memory& memory)
    : programs_(std::move(programs)), memory_(memory), counters_(counters) {
  control_ = {{offsetof(tl_control, epoch), numbering.born},
              {offsetof(tl_control, died) + 4 * numbering.slot, 0xffffffff}};
  for (size_t n = 0; n < plan.sections.size(); ++n) {
    const size_t mode = offsetof(tl_control, mode) + 4 * mode_of(numbering, n);
    control_[static_cast<uint32_t>(mode)] = plan.sections[n].policy->enforce ? TL_ENFORCE : TL_MONITOR;
  }
}

Records Machine::call(std::span<const uint64_t> arguments, uint64_t task, const oracle::File& file,
                      std::string& broken) {
  arguments_ = arguments;
  task_ = task;
  file_ = file;
  held_ = false;
  overridden_.reset();
  broken_.clear();
  records_.clear();
  ir::World world;
  std::ranges::copy(arguments, world.arguments.begin());
  world.control = control_;
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
  if (outcome.result != 0) overridden_ = static_cast<int32_t>(outcome.result);
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
    case ir::Callee::tl_peek:
      return 0;  // no system call is judged here
    case ir::Callee::tl_file_value:
      return file_value(world, arguments[0], arguments[2]);
    case ir::Callee::tl_place_value:
      if (arguments[3] != TL_PLACE_FILE) broken_ = "there are only files and integers here";
      return file_value(world, arguments[0], arguments[2]);
    case ir::Callee::tl_record_begin:
      world.store(record + offsetof(tl_record, kind), Width::k2, TL_RECORD_HOOK);
      world.store(record + offsetof(tl_record, reserved), Width::k2, 0);
      world.store(record + offsetof(tl_record, time), Width::k8, 1);
      world.store(record + offsetof(tl_record, tgid), Width::k4, static_cast<uint64_t>(getpid()));
      world.store(record + offsetof(tl_record, tid), Width::k4, static_cast<uint64_t>(syscall(SYS_gettid)));
      world.store(record + offsetof(tl_record, schema), Width::k4, arguments[1]);
      world.store(record + offsetof(tl_record, selector), Width::k4, arguments[2]);
      return 0;
    case ir::Callee::tl_record_value:
      for (uint64_t word = 0; word < arguments[3]; word += 8) {
        const uint64_t value =
            kSlot + offsetof(tl_slot, value) + (arguments[1] & TL_AT_INDEX) * sizeof(tl_value);
        world.store(record + arguments[2] + word, Width::k8,
                    world.load(value + offsetof(tl_value, words) + word, Width::k8));
      }
      copy_in(world, record + arguments[4], file_.path);
      return arguments[4] + file_.path.size();
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
      return outcome.result;
    }
    case ir::Callee::tl_entry_send:
    case ir::Callee::tl_entry_note:
    case ir::Callee::tl_entry_forget:
    case ir::Callee::tl_entry_frame:
    case ir::Callee::tl_entry_take:
      broken_ = "no call waits for its return here";
      return 0;
    case ir::Callee::tl_hash_keep:
    case ir::Callee::tl_hash_send:
    case ir::Callee::tl_hash_send_program:
      broken_ = "nothing is hashed here";
      return 0;
    case ir::Callee::tl_find:
      return static_cast<uint64_t>(find(world, arguments[2]));
    case ir::Callee::tl_string_value:
    case ir::Callee::tl_record_text:
    case ir::Callee::tl_filename_value:
    case ir::Callee::tl_net_device_value:
    case ir::Callee::tl_buffer_value:
    case ir::Callee::tl_iovec_value:
    case ir::Callee::tl_iov_iter_value:
    case ir::Callee::tl_sock_value:
    case ir::Callee::tl_socket_value:
    case ir::Callee::tl_skb_value:
    case ir::Callee::tl_sockaddr_value:
    case ir::Callee::tl_sockaddr_un_value:
    case ir::Callee::tl_capabilities_value:
    case ir::Callee::tl_cred_value:
    case ir::Callee::tl_user_namespace_value:
    case ir::Callee::tl_bpf_attr_value:
    case ir::Callee::tl_bpf_prog_value:
    case ir::Callee::tl_bpf_map_value:
    case ir::Callee::tl_perf_event_value:
    case ir::Callee::tl_load_info_value:
    case ir::Callee::tl_module_value:
      broken_ = "there are only files and integers here";
      return 0;
    case ir::Callee::tl_sock_track:
    case ir::Callee::tl_sock_untrack:
    case ir::Callee::tl_sock_tell:
      broken_ = "no socket is tracked here";
      return 0;
    case ir::Callee::tl_data_send:
      broken_ = "there are no buffers here";
      return 0;
    case ir::Callee::tl_rate_begin:
    case ir::Callee::tl_rate_value:
    case ir::Callee::tl_rate_allows:
      broken_ = "no selector has a rate limit here";
      return 0;
    case ir::Callee::tl_stack:
      broken_ = "no selector asks for a stack here";
      return arguments[2];
    case ir::Callee::tl_follow:
    case ir::Callee::tl_resolved_number:
    case ir::Callee::tl_resolved:
      broken_ = "nothing is resolved here";
      return 0;
    case ir::Callee::bpf_get_current_task:
      return task_;
    case ir::Callee::bpf_get_current_pid_tgid:
    case ir::Callee::tl_syscall_abi:
    case ir::Callee::tl_argument:
    case ir::Callee::tl_saved_argument:
    case ir::Callee::tl_record_address:
    case ir::Callee::tl_record_data:
      broken_ = "no call of this kind is judged here";
      return 0;
    case ir::Callee::bpf_override_return:
      overridden_ = static_cast<int32_t>(arguments[0]);
      return 0;
    case ir::Callee::tl_task_number:
    case ir::Callee::tl_fact_entry:
    case ir::Callee::tl_facts_read:
    case ir::Callee::tl_changed_namespaces:
    case ir::Callee::tl_changed_capabilities:
    case ir::Callee::tl_renew_namespaces:
    case ir::Callee::tl_renew_capabilities:
    case ir::Callee::tl_fact_slot:
      broken_ = "what is known of a process is asked for";
      return 0;
    case ir::Callee::tl_take:
    case ir::Callee::tl_taken:
    case ir::Callee::bpf_send_signal:
    case ir::Callee::bpf_preempt_disable:
    case ir::Callee::bpf_preempt_enable:
    case ir::Callee::bpf_local_irq_save:
    case ir::Callee::bpf_local_irq_restore:
      return 0;
    case ir::Callee::bpf_get_attach_cookie:
      return 0;
    case ir::Callee::bpf_get_current_task_btf:
      return task_;
  }
  return 0;
}

bool Machine::find(ir::World& world, uint64_t what) const {
  const auto small = [](std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
    return text;
  };
  std::string needle;
  for (uint64_t i = 0; i < (what & TL_FIND_SIZE); ++i) {
    needle += static_cast<char>(world.load(kSlot + offsetof(tl_slot, needle.text) + i, Width::k1));
  }
  return ((what & TL_FIND_FOLD) != 0 ? small(file_.path) : file_.path).find(needle) != std::string::npos;
}

uint64_t Machine::file_value(ir::World& world, uint64_t file, uint64_t at) {
  if (std::ranges::find(arguments_, file) == arguments_.end())
    broken_ = "a path is built of what is no argument";
  const uint64_t start = TL_PATH_END - file_.path.size();
  copy_in(world, kSlot + offsetof(tl_slot, buffer) + (at >> TL_AT_BUFFER) * TL_BUFFER_SIZE + start,
          file_.path);
  const uint64_t value = kSlot + offsetof(tl_slot, value) + (at & TL_AT_INDEX) * sizeof(tl_value);
  const auto flags = static_cast<uint64_t>((file_.unresolved ? TL_PATH_FLAG_UNRESOLVED : 0) |
                                           (file_.has_inode ? 0 : TL_PATH_FLAG_NO_INODE));
  world.store(value + offsetof(tl_value, from), Width::k4, start);
  world.store(value + offsetof(tl_value, head.size), Width::k4, file_.path.size());
  world.store(value + offsetof(tl_value, head.status), Width::k4, TL_VALUE_OK);
  world.store(value + offsetof(tl_value, path.mode), Width::k2, file_.mode);
  world.store(value + offsetof(tl_value, path.flags), Width::k2, flags);
  world.store(value + offsetof(tl_value, path.reserved), Width::k4, 0);
  return start | (file_.unresolved ? TL_PATH_UNRESOLVED : 0);
}

}  // namespace tripline::agree
