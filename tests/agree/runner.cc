// SPDX-License-Identifier: Apache-2.0
#include "agree/runner.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "abi/facts.h"
#include "abi/scratch.h"

namespace tripline::agree {
namespace {

constexpr uint32_t kForever = 0xffff'ffff;
constexpr const char* kControl = ".data.tl_control";

// Instructions of the program that calls the hook's.
constexpr uint8_t kCall = BPF_JMP | BPF_CALL;

bpf_insn move(uint8_t dst, uint8_t src) { return {BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0}; }
bpf_insn move_number(uint8_t dst, int32_t number) { return {BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, number}; }
bpf_insn add_number(uint8_t dst, int32_t number) { return {BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, number}; }
bpf_insn load(uint8_t dst, uint8_t base, int16_t offset) {
  return {BPF_LDX | BPF_DW | BPF_MEM, dst, base, offset, 0};
}
bpf_insn store(uint8_t base, int16_t offset, uint8_t src) {
  return {BPF_STX | BPF_DW | BPF_MEM, base, src, offset, 0};
}
bpf_insn store_number(uint8_t base, int16_t offset, int32_t number) {
  return {BPF_ST | BPF_DW | BPF_MEM, base, 0, offset, number};
}
bpf_insn call_helper(int32_t helper) { return {kCall, 0, 0, 0, helper}; }
bpf_insn call_kernel(int32_t function) { return {kCall, 0, BPF_PSEUDO_KFUNC_CALL, 0, function}; }
bpf_insn call_ahead(int32_t distance) { return {kCall, 0, BPF_PSEUDO_CALL, 0, distance}; }
bpf_insn leave() { return {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}; }

// Where a kprobe finds parameter 0, 1, ... in struct pt_regs of x86-64: di, si, dx, cx, r8, r9; and a kretprobe what is
// returned: ax.
constexpr std::array<int16_t, 6> kPassedIn = {112, 104, 96, 88, 72, 64};
constexpr int16_t kResultRegister = 80;
constexpr int16_t kStackPointer = 152;
constexpr int16_t kPtRegsSize = 168;
// Of a call that returns: where its return address was.
constexpr int32_t kReturnAddress = 0x1000;

struct VmlinuxIds {
  int32_t file = 0;       // struct file
  int32_t registers = 0;  // struct pt_regs
  int32_t cast = 0;       // bpf_rdonly_cast
};

const VmlinuxIds& vmlinux_ids() {
  static const VmlinuxIds kIds = [] {
    VmlinuxIds ids;
    btf* vmlinux = btf__load_vmlinux_btf();
    if (vmlinux == nullptr) return ids;
    ids.file = btf__find_by_name_kind(vmlinux, "file", BTF_KIND_STRUCT);
    ids.registers = btf__find_by_name_kind(vmlinux, "pt_regs", BTF_KIND_STRUCT);
    ids.cast = btf__find_by_name_kind(vmlinux, "bpf_rdonly_cast", BTF_KIND_FUNC);
    btf__free(vmlinux);
    return ids;
  }();
  return kIds;
}

// Puts the context of the hook on the stack and its address in r1. The raw tracepoint's arguments are at r6.
void push_typed(std::span<const ArgType> parameters, bool of_syscall, std::vector<bpf_insn>& out) {
  const auto size = static_cast<int16_t>(8 * parameters.size());
  for (size_t i = 0; i < parameters.size(); ++i) {
    const bool registers = of_syscall && i == 0;
    out.push_back(load(1, 6, static_cast<int16_t>(8 * i)));
    if (registers || parameters[i] == ArgType::kFile) {
      out.push_back(move_number(2, registers ? vmlinux_ids().registers : vmlinux_ids().file));
      out.push_back(call_kernel(vmlinux_ids().cast));
      out.push_back(move(1, 0));
    }
    out.push_back(store(10, static_cast<int16_t>(8 * i - static_cast<size_t>(size)), 1));
  }
  out.push_back(move(1, 10));
  out.push_back(add_number(1, -size));
}

void push_registers(size_t parameters, bool of_return, std::vector<bpf_insn>& out) {
  for (size_t i = 0; i < (of_return ? 1 : parameters); ++i) {
    out.push_back(load(1, 6, static_cast<int16_t>(8 * i)));
    const int16_t place = of_return ? kResultRegister : kPassedIn[i];
    out.push_back(store(10, static_cast<int16_t>(place - kPtRegsSize), 1));
  }
  if (of_return) {
    const int16_t place = kStackPointer - kPtRegsSize;
    out.push_back(store_number(10, place, kReturnAddress + static_cast<int32_t>(sizeof(uint64_t))));
  }
  out.push_back(move(1, 10));
  out.push_back(add_number(1, -kPtRegsSize));
}

// Where on the stack a struct tl_entry_key is, and before it a struct tl_entry.
constexpr int16_t kKey = -static_cast<int16_t>(sizeof(tl_entry_key));
constexpr int16_t kNote = kKey - static_cast<int16_t>(sizeof(tl_entry));

// A word of one of them.
constexpr int16_t at(int16_t base, size_t offset) {
  return static_cast<int16_t>(base + static_cast<int16_t>(offset));
}

// Notes calls of this thread whose return this is going to be: what their entry would do. The context will be where
// push_typed() or push_registers() put it.
void push_notes(std::span<const uint32_t> pairs, int map, bool typed, size_t parameters,
                std::vector<bpf_insn>& out) {
  out.push_back(call_helper(BPF_FUNC_get_current_pid_tgid));
  out.push_back(store(10, at(kKey, offsetof(tl_entry_key, thread)), 0));
  if (typed) {
    out.push_back(move(1, 10));
    out.push_back(add_number(1, -static_cast<int32_t>(8 * parameters)));
  } else {
    out.push_back(move_number(1, kReturnAddress));
  }
  out.push_back(store(10, at(kKey, offsetof(tl_entry_key, frame)), 1));
  out.push_back(store_number(10, at(kNote, offsetof(tl_entry, time)), 1));
  for (const size_t saved : {offsetof(tl_entry, saved), offsetof(tl_entry, saved) + 8})
    out.push_back(store_number(10, at(kNote, saved), 0));
  for (const uint32_t pair : pairs) {
    out.push_back(store_number(10, at(kKey, offsetof(tl_entry_key, pair)), static_cast<int32_t>(pair)));
    out.push_back({BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_FD, 0, map});
    out.push_back({});
    out.push_back(move(2, 10));
    out.push_back(add_number(2, kKey));
    out.push_back(move(3, 10));
    out.push_back(add_number(3, kNote));
    out.push_back(move_number(4, BPF_ANY));
    out.push_back(call_helper(BPF_FUNC_map_update_elem));
  }
}

// BTF ids of the functions of the program that libbpf loaded last, as it told the kernel.
std::vector<bpf_func_info>& last_functions() {
  static std::vector<bpf_func_info> functions;
  return functions;
}

int keep_functions(bpf_program* /*program*/, bpf_prog_load_opts* options, long /*cookie*/) {
  const auto* functions = static_cast<const bpf_func_info*>(options->func_info);
  last_functions().assign(functions, functions + options->func_info_cnt);
  return 0;
}

int let_sleep(bpf_program* /*program*/, bpf_prog_load_opts* options, long /*cookie*/) {
  options->prog_flags |= BPF_F_SLEEPABLE;
  return 0;
}

// Makes libbpf call keep_functions for the sections of hook programs. This machine loads no kprobe programs, as uprobes
// have them too: they are loaded as those of perf events, whose context begins with the same registers; nor any that need a trampoline, which
// are loaded as those of a raw tracepoint that has such arguments.
bool watch_libbpf() {
  libbpf_set_print(nullptr);
  libbpf_prog_handler_opts options = {.sz = sizeof(options)};
  options.prog_prepare_load_fn = keep_functions;
  const auto as = [&](const char* section, bpf_prog_type type, bpf_attach_type attach) {
    return libbpf_register_prog_handler(section, type, attach, &options) >= 0;
  };
  for (const char* section : {"tp_btf+", "fentry+", "fexit+", "lsm+"}) {
    if (!as(section, BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP)) return false;
  }
  for (const char* section : {"kprobe+", "kretprobe+", "uprobe+", "uretprobe+"}) {
    if (!as(section, BPF_PROG_TYPE_PERF_EVENT, bpf_attach_type{})) return false;
  }
  libbpf_prog_handler_opts sleeping = {.sz = sizeof(sleeping)};
  sleeping.prog_prepare_load_fn = let_sleep;
  for (const char* section : {"uprobe.s+", "uretprobe.s+"}) {
    if (libbpf_register_prog_handler(section, BPF_PROG_TYPE_SYSCALL, bpf_attach_type{}, &sleeping) < 0)
      return false;
  }
  return as("tracepoint+", BPF_PROG_TYPE_TRACEPOINT, bpf_attach_type{});
}

bool is_typed(Attachment attach) {
  return attach == Attachment::kTracingRaw || attach == Attachment::kFentry || attach == Attachment::kFexit ||
         attach == Attachment::kLsm;
}

// How many instructions the verifier looked at.
uint32_t verified_of(int program) {
  bpf_prog_info info = {};
  uint32_t size = sizeof(info);
  return bpf_obj_get_info_by_fd(program, &info, &size) == 0 ? info.verified_insns : 0;
}

}  // namespace

Result<std::unique_ptr<Runner>> Runner::load(const Object& object, std::span<const ArgType> parameters,
                                             uint32_t counters, uint32_t records, uint32_t entry_size,
                                             bool of_syscall, std::span<const uint32_t> noted,
                                             const ScopeMaps* scopes) {
  std::unique_ptr<Runner> out(new Runner);
  if (object.programs.size() != 1) return fail("load", "object", 0, "it must have one program");
  if (const Result<void> ready = out->prepare(object, counters, records, entry_size, scopes); !ready)
    return std::unexpected(ready.error());
  if (const Result<void> ready = out->wrap(object.programs[0], parameters, of_syscall, noted); !ready) {
    return std::unexpected(ready.error());
  }
  const auto keep = [](void* self, void* data, size_t size) {
    const auto* bytes = static_cast<const std::byte*>(data);
    static_cast<Runner*>(self)->records_.emplace_back(bytes, bytes + size);
    return 0;
  };
  out->ring_ = ring_buffer__new(bpf_map__fd(out->map(TL_MAP_EVENTS)), keep, out.get(), nullptr);
  if (out->ring_ == nullptr) return fail("open", TL_MAP_EVENTS, errno);
  return out;
}

Runner::~Runner() {
  ring_buffer__free(ring_);
  bpf_object__close(object_);
}

const bpf_map* Runner::map(const char* name) const { return bpf_object__find_map_by_name(object_, name); }

Result<void> Runner::prepare(const Object& object, uint32_t counters, uint32_t records, uint32_t entry_size,
                             const ScopeMaps* scopes) {
  static const bool kWatched = watch_libbpf();
  if (!kWatched) return fail("watch", "libbpf", errno);
  object_ = bpf_object__open_mem(object.elf.data(), object.elf.size(), nullptr);
  if (object_ == nullptr) return fail("open", "object", errno);
  const auto cpus = static_cast<uint32_t>(libbpf_num_possible_cpus());
  const auto find = [&](const char* name) { return bpf_object__find_map_by_name(object_, name); };
  bpf_map__set_max_entries(find(TL_MAP_SCRATCH), cpus * TL_SLOTS);
  bpf_map__set_max_entries(find(TL_MAP_COUNTERS), std::max(counters, 1u));
  bpf_map__set_max_entries(find(TL_MAP_EVENTS), std::bit_ceil(records * uint32_t{TL_RECORD_MAX}));
  for (const char* name : {TL_MAP_CELLS, TL_MAP_CELLS_MORE, TL_MAP_SCOPES}) {
    bpf_map* map = find(name);
    if (map == nullptr || scopes == nullptr) continue;
    if (const int error = bpf_map__reuse_fd(map, scopes->map(name)); error != 0)
      return fail("share map", name, -error);
  }
  for (const char* name : {TL_MAP_FACTS, TL_MAP_FACTS_MORE}) {
    if (bpf_map* facts = find(name); facts != nullptr) bpf_map__set_value_size(facts, entry_size);
  }
  const ProgramInfo& info = object.programs[0];
  slot_ = info.slot;
  tl_control control = {};
  control.epoch = info.born + 1;  // those before it have died
  control.noted = 1 << 30;        // the probe notes calls without counting them
  std::ranges::fill(control.died, kForever);
  std::ranges::fill(control.mode, uint32_t{TL_ENFORCE});
  if (bpf_map__set_initial_value(find(kControl), &control, sizeof(control)) != 0) {
    return fail("set", kControl, errno);
  }
  bpf_program* program = bpf_object__find_program_by_name(object_, info.name.c_str());
  if (program == nullptr) return fail("find", info.name, ENOENT);
  if (is_typed(info.attach) &&
      bpf_program__set_attach_target(program, 0, section_target(info.target).c_str()) != 0) {
    return fail("find", section_target(info.target), errno);
  }
  std::vector<char> log(1 << 20);
  bpf_program__set_log_buf(program, log.data(), log.size());
  if (const int error = bpf_object__load(object_); error != 0) {
    std::string text(log.data());
    if (text.size() > 6000) text = text.substr(0, 1500) + "\n...\n" + text.substr(text.size() - 4500);
    return fail("load", info.name, -error, std::move(text));
  }
  bpf_program__set_log_buf(program, nullptr, 0);
  return {};
}

Result<void> Runner::wrap(const ProgramInfo& info, std::span<const ArgType> parameters, bool of_syscall,
                          std::span<const uint32_t> noted) {
  const bpf_program* program = bpf_object__find_program_by_name(object_, info.name.c_str());
  const std::span<const bpf_insn> code(bpf_program__insns(program), bpf_program__insn_cnt(program));
  instructions_ = code.size();
  if (bpf_program__type(program) == BPF_PROG_TYPE_SYSCALL) {
    sleeps_ = true;
    is_return_ = is_return(info.attach);
    verified_ = verified_of(bpf_program__fd(program));
    program_ = Fd(dup(bpf_program__fd(program)));
    if (!noted.empty()) return fail("wrap", info.name, 0, "nobody notes its calls");
    return {};
  }

  std::vector<bpf_insn> all = {move(6, 1)};
  if (!noted.empty()) {
    const bpf_map* entries = map(TL_MAP_ENTRIES);
    if (entries == nullptr) return fail("find", TL_MAP_ENTRIES, ENOENT);
    push_notes(noted, bpf_map__fd(entries), is_typed(info.attach), parameters.size(), all);
  }
  if (is_typed(info.attach)) {
    push_typed(parameters, of_syscall, all);
  } else if (info.attach != Attachment::kTracepoint) {  // whose record is what the call is made with
    push_registers(parameters.size(), is_return(info.attach), all);
  }
  all.push_back(call_ahead(1));
  all.push_back(leave());
  const auto head = static_cast<uint32_t>(all.size());
  all.insert(all.end(), code.begin(), code.end());

  // The hook's program becomes a static function, which is verified with the arguments it gets.
  verified_ = verified_of(bpf_program__fd(program));
  const std::vector<bpf_func_info>& known = last_functions();
  if (known.empty()) return fail("wrap", info.name, 0, "it has no functions");
  uint32_t raw_size = 0;
  const void* raw = btf__raw_data(bpf_object__btf(object_), &raw_size);
  const std::unique_ptr<btf, decltype(&btf__free)> btf(btf__new(raw, raw_size), btf__free);
  const auto prototype = static_cast<int>(btf__type_by_id(btf.get(), known[0].type_id)->type);
  const int wrapper = btf__add_func(btf.get(), "wrapper", BTF_FUNC_GLOBAL, prototype);
  const int wrapped = btf__add_func(btf.get(), "wrapped", BTF_FUNC_STATIC, prototype);
  if (wrapper < 0 || wrapped < 0) return fail("wrap", info.name, ENOMEM);
  if (btf__load_into_kernel(btf.get()) != 0) return fail("load", "BTF", errno);
  std::vector<bpf_func_info> functions = {{0, static_cast<uint32_t>(wrapper)}};
  for (const bpf_func_info& function : known)
    functions.push_back({head + function.insn_off, function.type_id});
  functions[1].type_id = static_cast<uint32_t>(wrapped);

  LIBBPF_OPTS(bpf_prog_load_opts, options);
  options.prog_btf_fd = static_cast<uint32_t>(btf__fd(btf.get()));
  options.func_info = functions.data();
  options.func_info_cnt = static_cast<uint32_t>(functions.size());
  options.func_info_rec_size = sizeof(bpf_func_info);
  program_ =
      Fd(bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "wrapper", "GPL", all.data(), all.size(), &options));
  if (program_) return {};
  const int error = errno;
  std::vector<char> log(1 << 22);
  options.log_level = 1;
  options.log_buf = log.data();
  options.log_size = static_cast<uint32_t>(log.size());
  program_ =
      Fd(bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "wrapper", "GPL", all.data(), all.size(), &options));
  const std::string text(log.data());
  return fail("load wrapped", info.name, error,
              text.substr(text.size() - std::min<size_t>(text.size(), 4000)));
}

Result<Records> Runner::call(std::span<const uint64_t> arguments) {
  if (const Result<void> ran = run(arguments); !ran) return std::unexpected(ran.error());
  return take_records();
}

Result<void> Runner::run(std::span<const uint64_t> arguments) {
  if (sleeps_) {
    registers_ = {};
    for (size_t n = 0; n < (is_return_ ? 1 : arguments.size()); ++n)
      registers_.at((is_return_ ? kResultRegister : kPassedIn[n]) / sizeof(uint64_t)) = arguments[n];
    LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = registers_.data(), .ctx_size_in = sizeof(registers_));
    if (bpf_prog_test_run_opts(program_.get(), &options) != 0) return fail("run", "program", errno);
    return {};
  }
  LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = arguments.data(),
              .ctx_size_in = static_cast<uint32_t>(arguments.size_bytes()));
  if (bpf_prog_test_run_opts(program_.get(), &options) != 0) return fail("run", "program", errno);
  result_ = static_cast<int32_t>(options.retval);
  return {};
}

Records Runner::take_records() {
  records_.clear();
  ring_buffer__consume(ring_);
  return std::exchange(records_, {});
}

Result<std::vector<tl_counter>> Runner::counters() const {
  const bpf_map* counters = map(TL_MAP_COUNTERS);
  uint32_t count = bpf_map__max_entries(counters);
  std::vector<tl_counter> out(count);
  std::vector<uint32_t> keys(count);
  std::vector<tl_counter> values(count);
  uint32_t next = 0;
  LIBBPF_OPTS(bpf_map_batch_opts, options);
  const int error = bpf_map_lookup_batch(bpf_map__fd(counters), nullptr, &next, keys.data(), values.data(),
                                         &count, &options);
  if (error != 0 && errno != ENOENT) return fail("read", TL_MAP_COUNTERS, errno);
  for (size_t i = 0; i < values.size(); ++i) out[keys[i]] = values[i];
  return out;
}

std::map<std::pair<uint64_t, uint32_t>, uint64_t> Runner::missed() const {
  std::map<std::pair<uint64_t, uint32_t>, uint64_t> out;
  const bpf_map* missed = map(TL_MAP_MISSED);
  if (missed == nullptr) return out;
  tl_missed_key key{};
  for (const tl_missed_key* last = nullptr; bpf_map_get_next_key(bpf_map__fd(missed), last, &key) == 0;
       last = &key) {
    uint64_t count = 0;
    if (bpf_map_lookup_elem(bpf_map__fd(missed), &key, &count) == 0) out[{key.policy, key.reason}] += count;
  }
  return out;
}

uint64_t Runner::unjudged() const {
  std::vector<tl_life_counter> values(static_cast<size_t>(libbpf_num_possible_cpus()));
  const uint32_t zero = 0;
  uint64_t sum = 0;
  if (bpf_map_lookup_elem(bpf_map__fd(map(TL_MAP_LIFE_COUNTER)), &zero, values.data()) != 0) return 0;
  for (const tl_life_counter& value : values) sum += value.unjudged;
  return sum;
}

Result<void> Runner::set_facts(std::span<const std::byte> entry, bool elsewhere) {
  const bpf_map* array = map(TL_MAP_FACTS);
  const bpf_map* more = map(TL_MAP_FACTS_MORE);
  if (array == nullptr || more == nullptr) return {};
  const auto tgid = static_cast<uint32_t>(getpid());
  const uint32_t index = tgid & (TL_FACT_SLOTS - 1);
  std::vector<std::byte> element(bpf_map__value_size(array));
  bpf_map_delete_elem(bpf_map__fd(more), &tgid);
  if (!entry.empty() && !elsewhere) std::ranges::copy(entry, element.begin());
  if (elsewhere) {
    const uint32_t other = tgid + TL_FACT_SLOTS;  // with answers of its own
    std::ranges::fill(element, std::byte{0xff});
    std::memcpy(element.data(), &other, sizeof(other));
  }
  if (bpf_map_update_elem(bpf_map__fd(array), &index, element.data(), BPF_ANY) != 0)
    return fail("write", TL_MAP_FACTS, errno);
  if (elsewhere && !entry.empty() &&
      bpf_map_update_elem(bpf_map__fd(more), &tgid, entry.data(), BPF_ANY) != 0)
    return fail("write", TL_MAP_FACTS_MORE, errno);
  return {};
}

Result<std::vector<std::byte>> Runner::facts(bool elsewhere) const {
  const bpf_map* facts = map(elsewhere ? TL_MAP_FACTS_MORE : TL_MAP_FACTS);
  const auto tgid = static_cast<uint32_t>(getpid());
  const uint32_t key = elsewhere ? tgid : tgid & (TL_FACT_SLOTS - 1);
  if (facts == nullptr) return std::vector<std::byte>{};
  std::vector<std::byte> out(bpf_map__value_size(facts));
  if (bpf_map_lookup_elem(bpf_map__fd(facts), &key, out.data()) != 0)
    return fail("read", TL_MAP_FACTS, errno);
  return out;
}

std::vector<tl_entry> Runner::notes() const {
  std::vector<tl_entry> out;
  const int fd = bpf_map__fd(map(TL_MAP_ENTRIES));
  tl_entry_key key{};
  for (const tl_entry_key* last = nullptr; bpf_map_get_next_key(fd, last, &key) == 0; last = &key) {
    tl_entry& note = out.emplace_back();
    bpf_map_lookup_elem(fd, &key, &note);
  }
  return out;
}

template <typename Change>
Result<void> Runner::change_control(const Change& change) {
  const int fd = bpf_map__fd(map(kControl));
  const uint32_t zero = 0;
  tl_control control = {};
  if (bpf_map_lookup_elem(fd, &zero, &control) != 0) return fail("read", kControl, errno);
  change(control);
  if (bpf_map_update_elem(fd, &zero, &control, BPF_ANY) != 0) return fail("write", kControl, errno);
  return {};
}

Result<void> Runner::set_life(uint32_t epoch, uint32_t died) {
  return change_control([&](tl_control& control) {
    control.epoch = epoch;
    control.died[slot_] = died;
  });
}

Result<void> Runner::set_enforces(uint32_t place, bool enforces) {
  return change_control(
      [&](tl_control& control) { control.mode[place] = enforces ? TL_ENFORCE : TL_MONITOR; });
}

}  // namespace tripline::agree
