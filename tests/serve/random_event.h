// SPDX-License-Identifier: Apache-2.0
// Random events. Each member is empty, zero or absent as often as it is something odd: numbers at the ends of their
// range, texts with quotes, control characters and all planes of Unicode, bytes that are no text.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <utility>

#include "event/event.h"

namespace tripline::test {

class RandomEvents {
 public:
  explicit RandomEvents(uint64_t seed) : random_(seed) {}

  // Events of all kinds in turn.
  Event event();
  Node node() { return {text(), text()}; }
  // An event with this argument; it is the alternative `at` of ArgumentValue.
  Event event_with(size_t at);
  Argument argument(size_t at);

 private:
  template <typename T>
  friend struct Filler;

  uint64_t below(uint64_t limit) { return random_() % limit; }
  bool coin() { return below(2) == 0; }
  template <typename T>
  T number();
  std::string text();
  std::string bytes();
  std::string environment();

  // Sets every member of each kind of value.
  template <typename... T>
  void fill(T&... members) {
    (fill_one(members), ...);
  }
  void fill_one(uint32_t& out) { out = number<uint32_t>(); }
  void fill_one(int32_t& out) { out = number<int32_t>(); }
  void fill_one(uint64_t& out) { out = number<uint64_t>(); }
  void fill_one(int64_t& out) { out = number<int64_t>(); }
  void fill_one(bool& out) { out = coin(); }
  void fill_one(std::string& out) { out = text(); }
  void fill_one(SharedText& out) { out = text(); }
  template <typename T>
  void fill_one(std::optional<T>& out) {
    if (coin()) fill_one(out.emplace(T{}));
  }
  void fill_one(Labels& out) {
    for (uint64_t count = coin() ? below(4) : 0; count > 0; count--) out[text()] = text();
  }
  template <typename T>
  void fill_one(std::vector<T>& out) {
    for (uint64_t count = coin() ? below(4) : 0; count > 0; count--) fill_one(out.emplace_back());
  }
  void fill_one(Action& out) { out = static_cast<Action>(below(static_cast<uint64_t>(Action::kSet) + 1)); }

  void fill_one(Capabilities& out) { fill(out.permitted, out.effective, out.inheritable); }
  void fill_one(Credentials& out);
  void fill_one(NamespaceId& out) { fill(out.inum, out.is_host); }
  void fill_one(Namespaces& out);
  void fill_one(UserNamespace& out) { fill(out.level, out.uid, out.gid, out.ns); }
  void fill_one(BinaryProperties& out);
  void fill_one(BinaryProperties::Inode& out) { fill(out.number, out.links); }
  void fill_one(ProcessPod& out);
  void fill_one(Process& out);
  void fill_one(Shown& out);
  void fill_one(StackFrame& out) { fill(out.address, out.offset, out.symbol, out.module); }
  void fill_one(Argument& out) { out = argument(below(std::variant_size_v<ArgumentValue>)); }

  void fill_one(IntArg& out) { fill(out.value); }
  void fill_one(UintArg& out) { fill(out.value); }
  void fill_one(LongArg& out) { fill(out.value); }
  void fill_one(SizeArg& out) { fill(out.value); }
  void fill_one(StringArg& out) { fill(out.value); }
  void fill_one(BytesArg& out) { out.value = bytes(); }
  void fill_one(TruncatedBytesArg& out) {
    out.value = bytes();
    fill(out.orig_size);
  }
  template <FileKind kind>
  void fill_one(FileLikeArg<kind>& out) {
    fill(out.path, out.flags, out.permission);
  }
  void fill_one(SockArg& out);
  void fill_one(SkbArg& out);
  void fill_one(SockaddrArg& out) { fill(out.family, out.addr, out.port); }
  void fill_one(SockaddrUnArg& out) { fill(out.family, out.path); }
  void fill_one(UserNsArg& out) { fill(out.value); }
  void fill_one(ProcessCredentialsArg& out) { fill(out.credentials, out.caps, out.user_ns); }
  void fill_one(CapabilityArg& out) {
    out.value = coin() ? static_cast<int32_t>(below(64)) : number<int32_t>();
  }
  void fill_one(CapabilitySetArg& out) {
    out.kind = static_cast<CapabilitySet>(below(4));
    fill(out.set);
  }
  void fill_one(BpfCmdArg& out) { out.value = coin() ? static_cast<int32_t>(below(64)) : number<int32_t>(); }
  template <BpfProgKind kind>
  void fill_one(BpfProgLikeArg<kind>& out) {
    fill(out.prog_type, out.insn_cnt, out.prog_name);
  }
  void fill_one(BpfMapArg& out) {
    fill(out.map_type, out.key_size, out.value_size, out.max_entries, out.map_name);
  }
  void fill_one(PerfEventArg& out) { fill(out.kprobe_func, out.type, out.config, out.probe_offset); }
  void fill_one(ModuleArg& out) { fill(out.name, out.signature_ok, out.taints); }
  void fill_one(SyscallIdArg& out) { fill(out.id, out.abi); }
  void fill_one(ErrorArg& out) { fill(out.message); }

  void fill_one(ProcessExec& out) { fill(out.binary_properties); }
  void fill_one(ProcessExit& out) { fill(out.signal, out.status); }
  void fill_one(ProcessKprobe& out);
  void fill_one(ProcessTracepoint& out);
  void fill_one(ProcessLsm& out);
  void fill_one(ProcessUprobe& out);
  void fill_one(ProcessUsdt& out);
  void fill_one(ProcessLoader& out);
  void fill_one(ProcessThrottle& out);

  template <size_t at>
  static void fill_alternative(RandomEvents& events, ArgumentValue& value) {
    events.fill_one(value.emplace<at>());
  }
  template <size_t at>
  static void fill_payload(RandomEvents& events, Payload& payload) {
    events.fill_one(payload.emplace<at>());
  }
  void fill_argument(size_t at, ArgumentValue& value);
  void fill_kind(size_t at, Payload& payload);
  Event event_of(size_t kind);

  std::mt19937_64 random_;
  size_t next_ = 0;
};

}  // namespace tripline::test
