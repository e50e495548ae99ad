// SPDX-License-Identifier: Apache-2.0
#include "kernel/features.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fd.h"

namespace tripline {
namespace {

// Before 5.11, programs and maps count against the locked memory of the user, by default 64 kB for all of them.
class LockedMemoryRaised {
 public:
  LockedMemoryRaised() {
    known_ = getrlimit(RLIMIT_MEMLOCK, &before_) == 0;
    const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
    if (known_) (void)setrlimit(RLIMIT_MEMLOCK, &unlimited);
  }
  LockedMemoryRaised(const LockedMemoryRaised&) = delete;
  LockedMemoryRaised& operator=(const LockedMemoryRaised&) = delete;
  ~LockedMemoryRaised() {
    if (known_) (void)setrlimit(RLIMIT_MEMLOCK, &before_);
  }

 private:
  rlimit before_{};
  bool known_ = false;
};

// A descriptor, or none and errno.
Fd bpf(bpf_cmd command, bpf_attr& attributes) {
  return Fd(static_cast<int>(syscall(SYS_bpf, command, &attributes, sizeof attributes)));
}

uint64_t address(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer); }

// --- instructions ---------------------------------------------------------------------------------------------

constexpr bpf_insn set(uint8_t reg, int32_t value) {
  return {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = reg, .imm = value};
}
constexpr bpf_insn copy(uint8_t to, uint8_t from) {
  return {.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = to, .src_reg = from};
}
constexpr bpf_insn add(uint8_t reg, int32_t value) {
  return {.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = reg, .imm = value};
}
constexpr bpf_insn load_word(uint8_t to, uint8_t from) {
  return {.code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = to, .src_reg = from};
}
constexpr bpf_insn clear_stack(int16_t offset) {
  return {.code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_10, .off = offset};
}
constexpr bpf_insn store_zero(uint8_t at) { return {.code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = at}; }
// First half of a 64-bit immediate; `kind` says what `value` is (BPF_PSEUDO_...). kSecondHalf must follow.
constexpr bpf_insn set_wide(uint8_t reg, uint8_t kind, int32_t value) {
  return {.code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = reg, .src_reg = kind, .imm = value};
}
constexpr bpf_insn kSecondHalf{};
constexpr bpf_insn call(int32_t helper) { return {.code = BPF_JMP | BPF_CALL, .imm = helper}; }
constexpr bpf_insn call_kernel(uint32_t function) {
  return {
      .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_KFUNC_CALL, .imm = static_cast<int32_t>(function)};
}
// A function of the program: `distance` instructions behind the next one.
constexpr bpf_insn call_own(int32_t distance) {
  return {.code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_CALL, .imm = distance};
}
constexpr bpf_insn kReturn{.code = BPF_JMP | BPF_EXIT};

constexpr std::array kReturnZero = {set(BPF_REG_0, 0), kReturn};

// --- types for the maps and functions that need some ------------------------------------------------------------

enum TypeId : uint32_t {
  kInt = 1,
  kPointer,
  kMainPrototype,
  kMain,
  kCallbackPrototype,
  kCallback,
  kSharedPrototype,
  kShared
};

constexpr uint32_t info(uint32_t kind, uint32_t count) { return kind << 24 | count; }

constexpr char kStrings[] = "\0int\0main\0callback\0a\0b\0shared";
constexpr uint32_t kTypes[] = {
    // int
    1, info(BTF_KIND_INT, 0), 4, BTF_INT_SIGNED << 24 | 32,
    // void *
    0, info(BTF_KIND_PTR, 0), 0,
    // int (void *a)
    0, info(BTF_KIND_FUNC_PROTO, 1), kInt, 19, kPointer,
    // main
    5, info(BTF_KIND_FUNC, BTF_FUNC_STATIC), kMainPrototype,
    // int (int a, void *b)
    0, info(BTF_KIND_FUNC_PROTO, 2), kInt, 19, kInt, 21, kPointer,
    // callback
    10, info(BTF_KIND_FUNC, BTF_FUNC_STATIC), kCallbackPrototype,
    // int (int a)
    0, info(BTF_KIND_FUNC_PROTO, 1), kInt, 19, kInt,
    // shared, verified on its own
    23, info(BTF_KIND_FUNC, BTF_FUNC_GLOBAL), kSharedPrototype};

Fd load_types() {
  struct {
    btf_header header{.magic = BTF_MAGIC,
                      .version = BTF_VERSION,
                      .hdr_len = sizeof(btf_header),
                      .type_len = sizeof kTypes,
                      .str_off = sizeof kTypes,
                      .str_len = sizeof kStrings};
    std::array<uint32_t, std::size(kTypes)> types = std::to_array(kTypes);
    std::array<char, sizeof kStrings> strings = std::to_array(kStrings);
  } data;
  bpf_attr attributes{};
  attributes.btf = address(&data);
  attributes.btf_size = sizeof data.header + sizeof kTypes + sizeof kStrings;
  return bpf(BPF_BTF_LOAD, attributes);
}

// --- programs and maps --------------------------------------------------------------------------------------------

struct Candidate {
  bpf_prog_type type = BPF_PROG_TYPE_RAW_TRACEPOINT;
  uint32_t attach_type = 0;
  uint32_t attach_id = 0;
  uint32_t flags = 0;
  int types = -1;  // descriptor of load_types(), for programs of several functions
  std::span<const bpf_func_info> functions;
};

Fd load(const Candidate& candidate, std::span<const bpf_insn> code) {
  bpf_attr attributes{};
  attributes.prog_type = candidate.type;
  attributes.expected_attach_type = candidate.attach_type;
  attributes.attach_btf_id = candidate.attach_id;
  attributes.prog_flags = candidate.flags;
  attributes.insns = address(code.data());
  attributes.insn_cnt = static_cast<uint32_t>(code.size());
  attributes.license = address("Dual BSD/GPL");
  if (!candidate.functions.empty()) {
    attributes.prog_btf_fd = static_cast<uint32_t>(candidate.types);
    attributes.func_info = address(candidate.functions.data());
    attributes.func_info_cnt = static_cast<uint32_t>(candidate.functions.size());
    attributes.func_info_rec_size = sizeof(bpf_func_info);
  }
  return bpf(BPF_PROG_LOAD, attributes);
}

bool loads(const Candidate& candidate, std::span<const bpf_insn> code = kReturnZero) {
  return static_cast<bool>(load(candidate, code));
}

bool has_ringbuf() {
  bpf_attr attributes{};
  attributes.map_type = BPF_MAP_TYPE_RINGBUF;
  attributes.max_entries = static_cast<uint32_t>(getpagesize());
  return static_cast<bool>(bpf(BPF_MAP_CREATE, attributes));
}

// Such maps came to LSM programs first (5.11) and to tracing later, so a program has to use one.
bool has_task_storage(const Fd& types) {
  bpf_attr attributes{};
  attributes.map_type = BPF_MAP_TYPE_TASK_STORAGE;
  attributes.key_size = 4;
  attributes.value_size = 4;
  attributes.map_flags = BPF_F_NO_PREALLOC;
  attributes.btf_fd = static_cast<uint32_t>(types.get());
  attributes.btf_key_type_id = kInt;
  attributes.btf_value_type_id = kInt;
  const Fd map = bpf(BPF_MAP_CREATE, attributes);
  return map && loads({}, std::array{call(BPF_FUNC_get_current_task_btf), copy(BPF_REG_2, BPF_REG_0),
                                     set_wide(BPF_REG_1, BPF_PSEUDO_MAP_FD, map.get()), kSecondHalf,
                                     set(BPF_REG_3, 0), set(BPF_REG_4, 0), call(BPF_FUNC_task_storage_get),
                                     set(BPF_REG_0, 0), kReturn});
}

bool has_loop(const Fd& types) {
  constexpr std::array kCode = {set(BPF_REG_1, 1), set_wide(BPF_REG_2, BPF_PSEUDO_FUNC, 6),
                                kSecondHalf,       set(BPF_REG_3, 0),
                                set(BPF_REG_4, 0), call(BPF_FUNC_loop),
                                set(BPF_REG_0, 0), kReturn,
                                set(BPF_REG_0, 0), kReturn};  // the callback, at 8: six behind the first half
  constexpr std::array kFunctions = {bpf_func_info{0, kMain}, bpf_func_info{8, kCallback}};
  return types && loads({.types = types.get(), .functions = kFunctions}, kCode);
}

// The second string must be in memory that no program can change: a frozen map.
bool has_strncmp() {
  bpf_attr attributes{};
  attributes.map_type = BPF_MAP_TYPE_ARRAY;
  attributes.key_size = 4;
  attributes.value_size = 8;
  attributes.max_entries = 1;
  attributes.map_flags = BPF_F_RDONLY_PROG;
  const Fd map = bpf(BPF_MAP_CREATE, attributes);
  if (!map) return false;
  attributes = {};
  attributes.map_fd = static_cast<uint32_t>(map.get());
  if (syscall(SYS_bpf, BPF_MAP_FREEZE, &attributes, sizeof attributes) != 0) return false;
  return loads({}, std::array{clear_stack(-8), copy(BPF_REG_1, BPF_REG_10), add(BPF_REG_1, -8),
                              set(BPF_REG_2, 8), set_wide(BPF_REG_3, BPF_PSEUDO_MAP_VALUE, map.get()),
                              kSecondHalf, call(BPF_FUNC_strncmp), set(BPF_REG_0, 0), kReturn});
}

bool has_ima_file_hash(uint32_t lsm_hook) {
  const Candidate candidate{
      .type = BPF_PROG_TYPE_LSM, .attach_type = BPF_LSM_MAC, .attach_id = lsm_hook, .flags = BPF_F_SLEEPABLE};
  return loads(candidate,
               std::array{load_word(BPF_REG_1, BPF_REG_1), copy(BPF_REG_2, BPF_REG_10), add(BPF_REG_2, -64),
                          set(BPF_REG_3, 64), call(BPF_FUNC_ima_file_hash), set(BPF_REG_0, 0), kReturn});
}

// --- what attaching would need --------------------------------------------------------------------------------------

// perf_event_open has such a device exactly when the kernel can make the event.
bool has_perf_device(const char* name) {
  return access((std::string("/sys/bus/event_source/devices/") + name + "/type").c_str(), F_OK) == 0;
}

// Trampolines go through ftrace's direct calls, which refuse to start while ftrace is disabled. BTF of 5.10 has
// only functions that can be traced, and ftrace's own cannot: there a struct tells.
bool has_trampolines(const Btf& btf) {
  if (!btf.function("register_ftrace_direct") && !btf.structure("ftrace_direct_func")) return false;
  const Fd file(open("/proc/sys/kernel/ftrace_enabled", O_RDONLY | O_CLOEXEC));
  char enabled = '1';
  if (file) (void)!read(file.get(), &enabled, 1);
  return enabled != '0';
}

uint32_t function_id(const Btf& btf, std::string_view name) {
  const auto function = btf.function(name);
  return function ? function->id : 0;
}

void probe_typed(const Btf& btf, bool lsm_active, Features& features) {
  const uint32_t lsm_hook = function_id(btf, "bpf_lsm_file_open");
  const bool lsm_loads = lsm_hook != 0 && loads({BPF_PROG_TYPE_LSM, BPF_LSM_MAC, lsm_hook});
  if (has_trampolines(btf)) {
    const uint32_t plain = function_id(btf, "fd_install");
    const uint32_t security = function_id(btf, "security_file_open");
    features.fentry = plain != 0 && loads({BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, plain});
    features.fmod_ret = security != 0 && loads({BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN, security});
    features.bpf_lsm = lsm_active && lsm_loads;
  }
  const auto tracepoint = btf.raw_tracepoint("sched_process_exec");
  features.tp_btf = tracepoint && loads({BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, tracepoint->id});

  // Before 6.6 and 5.18 the attach type of a kprobe program was not looked at: BTF tells whether it is known. What
  // takes the links is compiled only with uprobes and fprobes.
  features.kprobe_multi = features.kprobe && btf.function("register_fprobe_ips") &&
                          loads({BPF_PROG_TYPE_KPROBE, BPF_TRACE_KPROBE_MULTI});
  features.uprobe_multi = features.uprobe && btf.enumerator("bpf_attach_type", "BPF_TRACE_UPROBE_MULTI");

  // Without IMA the helper is there and always fails.
  features.ima_file_hash = features.bpf_lsm && btf.function("ima_file_hash") && has_ima_file_hash(lsm_hook);
}

// --- LSM hooks ------------------------------------------------------------------------------------------------------

constexpr std::string_view kLsmPrefix = "bpf_lsm_";

// No is what the verifier says, not what comes of a lack of memory or a signal.
bool refuses(const Candidate& candidate, std::span<const bpf_insn> code) {
  for (int tries = 0; tries < 3; ++tries) {
    if (loads(candidate, code)) return false;
    if (errno != EAGAIN && errno != EINTR) return errno != ENOMEM;
  }
  return false;
}

// --- preemption -----------------------------------------------------------------------------------------------------

// The first 4 kB, which of these files is all; empty when it cannot be read.
std::string read_start(const char* path) {
  const Fd file(open(path, O_RDONLY | O_CLOEXEC));
  std::string text(4096, '\0');
  const ssize_t got = file ? read(file.get(), text.data(), text.size()) : 0;
  text.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return text;
}

// The mode of preemption that is in force, or that the kernel was started or built with; empty when nothing tells.
std::string preemption_mode(const Kernel& kernel) {
  const std::string modes = read_start("/sys/kernel/debug/sched/preempt");  // "none voluntary (full) lazy"
  if (const size_t open = modes.find('('); open != std::string::npos)
    return modes.substr(open + 1, modes.find(')') - open - 1);
  constexpr std::string_view kOption = "preempt=";
  const std::string options = " " + read_start("/proc/cmdline");
  if (const size_t at = options.rfind(" " + std::string(kOption)); at != std::string::npos) {
    const size_t begin = at + 1 + kOption.size();
    return options.substr(begin, options.find_first_of(" \n", begin) - begin);
  }
  for (const auto& [option, mode] : {std::pair{"CONFIG_PREEMPT=y", "full"},
                                     {"CONFIG_PREEMPT_LAZY=y", "lazy"},
                                     {"CONFIG_PREEMPT_VOLUNTARY=y", "voluntary"},
                                     {"CONFIG_PREEMPT_NONE=y", "none"}}) {
    if (std::ranges::find(kernel.config, option) != kernel.config.end()) return mode;
  }
  return {};
}

// Locks of a real-time kernel sleep, and a program that may not be preempted must not: it is left as it is there.
// Before 6.15 a program that may not be preempted must not call functions that are verified on their own, as ours do.
bool has_preemption(const Kernel& kernel, const Fd& types) {
  utsname names{};
  if (uname(&names) != 0 || std::string_view(names.version).find("PREEMPT_RT") != std::string_view::npos)
    return false;
  const std::string mode = preemption_mode(kernel);
  if (mode == "none" || mode == "voluntary") return false;
  std::vector<uint32_t> functions;
  for (const char* name :
       {"bpf_preempt_disable", "bpf_local_irq_save", "bpf_preempt_enable", "bpf_local_irq_restore"}) {
    functions.push_back(function_id(*kernel.btf, name));
    if (functions.back() == 0) return false;
  }
  const auto with_flags = [&](size_t n) {
    return std::array{copy(BPF_REG_1, BPF_REG_10), add(BPF_REG_1, -8), call_kernel(functions[n])};
  };
  const auto save = with_flags(1);
  const auto restore = with_flags(3);
  const std::array code = {call_kernel(functions[0]),
                           set(BPF_REG_1, 0),
                           call_own(9),
                           save[0],
                           save[1],
                           save[2],
                           call_kernel(functions[2]),
                           restore[0],
                           restore[1],
                           restore[2],
                           set(BPF_REG_0, 0),
                           kReturn,
                           set(BPF_REG_0, 0),
                           kReturn};
  constexpr std::array kFunctions = {bpf_func_info{0, kMain}, bpf_func_info{12, kShared}};
  return types && loads({.types = types.get(), .functions = kFunctions}, code);
}

}  // namespace

Result<Features> probe_features(const Kernel& kernel) {
  const LockedMemoryRaised raised;
  Features features;
  features.raw_tracepoint = loads({});
  if (!features.raw_tracepoint && (errno == EPERM || errno == ENOSYS)) return fail("load program", "", errno);

  const bool kprobe_loads = loads({BPF_PROG_TYPE_KPROBE});
  features.kprobe = kprobe_loads && has_perf_device("kprobe");
  features.uprobe = kprobe_loads && has_perf_device("uprobe");
  features.uprobe_sleeps = features.uprobe && loads({.type = BPF_PROG_TYPE_KPROBE, .flags = BPF_F_SLEEPABLE});
  // The context is struct pt_regs, whose first word is a register.
  features.uprobe_writes =
      features.uprobe &&
      loads({BPF_PROG_TYPE_KPROBE}, std::array{store_zero(BPF_REG_1), set(BPF_REG_0, 0), kReturn});
  features.override_return =
      features.kprobe &&
      loads({BPF_PROG_TYPE_KPROBE},
            std::array{set(BPF_REG_2, 0), call(BPF_FUNC_override_return), set(BPF_REG_0, 0), kReturn});
  features.send_signal =
      loads({}, std::array{set(BPF_REG_1, 9), call(BPF_FUNC_send_signal), set(BPF_REG_0, 0), kReturn});
  features.get_current_task_btf =
      loads({}, std::array{call(BPF_FUNC_get_current_task_btf), set(BPF_REG_0, 0), kReturn});
  features.ringbuf = has_ringbuf();
  features.strncmp = has_strncmp();
  const Fd types = load_types();
  if (types) {
    features.task_storage = has_task_storage(types);
    features.bpf_loop = has_loop(types);
  }
  if (kernel.btf) {
    probe_typed(*kernel.btf, std::ranges::find(kernel.lsms, "bpf") != kernel.lsms.end(), features);
    features.preempts = has_preemption(kernel, types);
  }
  return features;
}

void probe_lsm_hooks(Kernel& kernel, std::vector<std::string> hooks) {
  if (!kernel.btf || !kernel.features.bpf_lsm) return;
  kernel.lsm_hooks_known = true;
  const LockedMemoryRaised raised;
  if (hooks.empty()) {
    for (const std::string_view name : kernel.btf->function_names()) {
      if (name.starts_with(kLsmPrefix)) hooks.emplace_back(name.substr(kLsmPrefix.size()));
    }
  }
  std::ranges::sort(hooks);
  const auto rest = std::ranges::unique(hooks);
  hooks.erase(rest.begin(), rest.end());
  constexpr std::array kReturnError = {set(BPF_REG_0, -1), kReturn};
  for (const std::string& hook : hooks) {
    const auto function = kernel.btf->function(std::string(kLsmPrefix) + hook);
    if (!function) continue;
    const Candidate candidate{BPF_PROG_TYPE_LSM, BPF_LSM_MAC, function->id};
    if (refuses(candidate, kReturnZero)) {
      kernel.lsm_refused.push_back(hook);
    } else if (function->result && refuses(candidate, kReturnError)) {
      kernel.lsm_bool.push_back(hook);
    }
  }
  std::ranges::sort(kernel.lsm_refused);
  std::ranges::sort(kernel.lsm_bool);
}

}  // namespace tripline
