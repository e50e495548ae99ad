// SPDX-License-Identifier: Apache-2.0
// Kernel: what one host offers, as an immutable value. Read live (probe.cc) or from a file (file.cc); everything that
// compiles or checks a policy takes it as an argument and reads nothing from the machine it runs on. It never
// guesses: a fact that could not be read is absent, and whoever needs it reports that.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tripline {

// Kernel type information (BTF), read-only. Copies share the data. The bytes may come from a file that someone
// else wrote: what is damaged is refused when parsed or answers "not there" when asked, and never does harm.
class Btf {
 public:
  enum class Kind { kVoid, kInt, kPointer, kStruct, kUnion, kEnum, kArray, kFunction, kFloat, kForward };

  // What stands between a pointer and its target, as far as the verifier tells such pointers apart.
  enum class Between {
    kNothing,
    kConst,
    kOther
  };  // kOther: a typedef, a type tag, another qualifier, or several

  // One type with typedefs and qualifiers removed.
  struct Type {
    Kind kind = Kind::kVoid;
    std::string name;        // of a struct, union, enum, int; empty when anonymous
    uint32_t size = 0;       // bytes; 8 for a pointer
    bool is_signed = false;  // of an int or enum
    // Of a pointer: what it points to, and that type's name; of an array: its elements.
    Kind pointee = Kind::kVoid;
    std::string pointee_name;
    Between between = Between::kNothing;  // of a pointer
    bool is_user = false;                 // of a pointer: a type tag says that it is an address of a process
    uint32_t id = 0;                      // BTF type id of the stripped type
    uint32_t pointee_id = 0;              // of a pointer or array: stripped target
    uint32_t elements = 0;                // of an array; 0 for a flexible one
  };
  struct Parameter {
    std::string name;  // empty when BTF does not tell
    Type type;
    std::string spelling;  // as C would write it: "struct file *"
  };
  struct Function {
    std::string name;
    uint32_t id = 0;  // what a program that attaches to it gives as attach_btf_id
    std::vector<Parameter> parameters;
    std::optional<Type> result;  // absent for void
    std::string result_spelling;
    bool variadic = false;  // the "..." is none of the parameters
  };
  // Where a member is: byte offset from the start of the outermost struct, its type, bit-field width (0: none).
  // A bit-field is `bit_size` bits, from bit `bit_offset` of the type.size bytes at `offset`.
  struct Member {
    uint32_t offset = 0;
    Type type;
    uint32_t bit_offset = 0;
    uint32_t bit_size = 0;
  };

  // Parses raw BTF bytes (as in /sys/kernel/btf/vmlinux). Those of a module go on where the `kernel`'s end; what is
  // made of them answers for both, the module first. Refuses damaged data.
  static Result<Btf> parse(std::vector<std::byte> raw, const Btf* kernel = nullptr);

  [[nodiscard]] std::optional<Function> function(std::string_view name) const;
  // The prototype behind `typedef void (*btf_trace_NAME)(void *, ...)`, without the leading void *.
  [[nodiscard]] std::optional<Function> raw_tracepoint(std::string_view name) const;
  // A struct or union.
  [[nodiscard]] std::optional<Type> structure(std::string_view name) const;
  // Type `id` stripped; void for an id that there is not.
  [[nodiscard]] Type type(uint32_t id) const;
  // Type `id` as C would write it.
  [[nodiscard]] std::string spelling(uint32_t id) const;
  // Member `path` of struct `type_id`: "f_path.dentry", "args[2]". Anonymous members are searched; no pointer is
  // followed.
  [[nodiscard]] std::optional<Member> member(uint32_t type_id, std::string_view path) const;
  // Same, by struct name.
  [[nodiscard]] std::optional<Member> member(std::string_view struct_name, std::string_view path) const;
  // An empty `enum_name` means any anonymous enum, which takes a search through all of them.
  [[nodiscard]] std::optional<int64_t> enumerator(std::string_view enum_name, std::string_view name) const;

  // Names for suggestions; the views live as long as this Btf or a copy does. Of a module: its own functions.
  [[nodiscard]] std::vector<std::string_view> function_names() const;
  [[nodiscard]] std::vector<std::string_view> member_names(uint32_t type_id) const;

  // Number of types, void included: ids are below it.
  [[nodiscard]] uint32_t type_count() const;
  // As it was parsed: of a module without the kernel's.
  [[nodiscard]] std::span<const std::byte> raw() const;

 private:
  struct Data;
  explicit Btf(std::shared_ptr<const Data> data) : data_(std::move(data)) {}
  std::shared_ptr<const Data> data_;
};

// Which eBPF program types and helpers the kernel accepts; X-macro so that probe, file and print share one list.
#define TRIPLINE_FEATURES(X)                                              \
  X(fentry, "fentry/fexit programs can be attached (trampolines)")        \
  X(fmod_ret, "fmod_ret programs can be attached to security_ functions") \
  X(kprobe, "kprobe programs can be attached")                            \
  X(kprobe_multi, "kprobe_multi links")                                   \
  X(bpf_lsm, "BPF LSM programs can be attached")                          \
  X(raw_tracepoint, "raw tracepoint programs")                            \
  X(tp_btf, "BTF raw tracepoint programs")                                \
  X(uprobe, "uprobe programs can be attached")                            \
  X(uprobe_multi, "uprobe_multi links")                                   \
  X(uprobe_sleeps, "uprobe programs can sleep")                           \
  X(uprobe_writes, "uprobe programs can change registers")                \
  X(ringbuf, "ring buffer maps")                                          \
  X(task_storage, "task local storage maps, for tracing programs")        \
  X(bpf_loop, "helper bpf_loop")                                          \
  X(send_signal, "helper bpf_send_signal")                                \
  X(override_return, "helper bpf_override_return")                        \
  X(get_current_task_btf, "helper bpf_get_current_task_btf")              \
  X(strncmp, "helper bpf_strncmp")                                        \
  X(ima_file_hash, "helper bpf_ima_file_hash")                            \
  X(preempts, "tasks can preempt programs, which can ask not to be")

struct Features {
#define TRIPLINE_FEATURE_FIELD(name, what) bool name = false;
  TRIPLINE_FEATURES(TRIPLINE_FEATURE_FIELD)
#undef TRIPLINE_FEATURE_FIELD
  bool operator==(const Features&) const = default;
};

// What a tracepoint's program gets to read: the record that its `format` file in tracefs describes, common fields
// first. (BTF has these structs too, but not which tracepoint uses which.)
struct TracepointField {
  std::string type;  // as C would write it without the name: "const char *", "char[16]", "__data_loc char[]"
  std::string name;
  uint32_t offset = 0;
  uint32_t size = 0;
  bool is_signed = false;
  bool operator==(const TracepointField&) const = default;
};
struct TracepointFormat {
  std::string name;  // "subsystem/event"
  std::vector<TracepointField> fields;
  bool operator==(const TracepointFormat&) const = default;
};

// What a loaded module adds to the kernel's types.
struct ModuleTypes {
  std::string name;
  Btf btf;
};

// Inode numbers of the namespaces of process 1, in the order in which policies list their kinds: uts, ipc, mnt, pid,
// pid_for_children, net, time, time_for_children, cgroup, user. 0: not known.
using HostNamespaces = std::array<uint32_t, 10>;

struct Kernel {
  std::string release;               // uname -r
  uint32_t version = 0;              // KERNEL_VERSION(a, b, c) of the release
  std::string machine;               // uname -m
  std::optional<Btf> btf;            // vmlinux; absent on a kernel without BTF
  std::vector<ModuleTypes> modules;  // sorted by name; those that were asked for
  Features features;
  std::vector<std::string> lsms;  // active LSMs in order; empty when unknown
  // LSM hooks, of those that were asked for: which take no BPF program, and whose programs can return 0 and 1 alone. Both
  // sorted.
  std::vector<std::string> lsm_refused;
  std::vector<std::string> lsm_bool;
  bool lsm_hooks_known = false;        // the two lists above were made
  std::vector<std::string> functions;  // of vmlinux that can be traced (ftrace), sorted; empty when unknown
  std::vector<std::string> module_functions;  // of modules, "function [module]", sorted
  bool functions_known = false;               // the two lists above were read
  std::vector<std::string> error_injection;   // functions bpf_override_return and fmod_ret may change, sorted
  std::vector<std::string> tracepoints;       // "subsystem/event", sorted; empty when unknown
  std::vector<TracepointFormat> formats;      // of tracepoints, sorted by name; those that were asked for
  std::vector<std::string> config;            // "CONFIG_X=y" lines that matter, sorted; empty when unknown
  HostNamespaces namespaces{};
  bool from_file = false;  // it was read from a file, which may be of an older version

  // Can `function` be traced, as far as is known? Unknown lists say yes when BTF has the function.
  [[nodiscard]] bool traceable(std::string_view function) const;
  // The same of a function of a module.
  [[nodiscard]] bool traceable(std::string_view function, const ModuleTypes& module) const;
  // The first module, by name, that has types for `function`; null when none has.
  [[nodiscard]] const ModuleTypes* module_of(std::string_view function) const;
  // By its name; null when it is not known.
  [[nodiscard]] const ModuleTypes* module(std::string_view name) const;
  // Of tracepoint "subsystem/event"; null when it is not known.
  [[nodiscard]] const TracepointFormat* format(std::string_view tracepoint) const;
};

// What would help when a fact that `section` of a kernel file holds is not known: that the file is made anew, or
// `otherwise` when the kernel is the one that runs.
[[nodiscard]] std::string missing_section(const Kernel& kernel, std::string_view section,
                                          std::string_view otherwise);

// The same without the types, of the kernel and of modules: by far the most of what a Kernel holds.
[[nodiscard]] Kernel without_types(const Kernel& kernel);

// What to read of a host beyond its types, LSMs, names of tracepoints and configuration, which together take it some
// 40 M instructions.
struct ProbeScope {
  bool features = true;   // 2 to 7 M; 65 M on 5.10, which searches its symbols from end to end
  bool functions = true;  // and module_functions: 250 to 600 M, for ftrace looks up the symbol of each
  bool formats = true;    // of all tracepoints: 150 to 200 M
  // Without `formats`: of these alone.
  std::vector<std::string> formats_of;
  bool lsm_hooks = true;  // what all of them take, for which two programs are loaded for each
  // Without `lsm_hooks`: of these alone.
  std::vector<std::string> lsm_hooks_of;
  bool modules = true;  // the types of all modules
  // Without `modules`: of all of them, but only when one of these functions is none of the kernel itself.
  std::vector<std::string> functions_of;
};

// The kernel this process runs on. Needs no privileges for most facts; features that cannot be probed without
// them stay false and are named in `unreadable`. Programs are loaded to see whether the kernel takes them, and
// dropped; nothing is ever attached and nothing mounted.
struct ProbeReport {
  Kernel kernel;
  ProbeScope scope;                     // what the kernel was asked, all in all
  std::vector<std::string> unreadable;  // "available_filter_functions: Permission denied"
};
Result<ProbeReport> probe_kernel(const ProbeScope& scope = {}, const std::string& proc = "/proc");

// What of `wanted` a kernel does not hold that was asked `asked`. A function or tracepoint that it does not know is asked
// for again: its module may have been loaded since.
[[nodiscard]] ProbeScope missing_from(const Kernel& known, const ProbeScope& asked, const ProbeScope& wanted);
[[nodiscard]] bool asks_nothing(const ProbeScope& scope);

// `known`, the running kernel that was asked `asked`, with what `wanted` asks for besides: what a policy that comes later
// needs. What is known already is not read again.
[[nodiscard]] ProbeReport probe_more(Kernel known, const ProbeScope& asked, const ProbeScope& wanted);

// Saved form: one text header and compressed lists; see docs/KERNEL-FILE.md. Refuses damaged or foreign files.
[[nodiscard]] Result<std::vector<std::byte>> save_kernel(const Kernel& kernel);
[[nodiscard]] Result<Kernel> read_kernel(std::span<const std::byte> file);
// Same, of the file at `path`, which the error names.
[[nodiscard]] Result<Kernel> read_kernel_file(const std::string& path);

// KERNEL_VERSION of a release as uname gives it, "6.12.117+deb12-amd64"; 0 when it does not start with a version.
[[nodiscard]] uint32_t release_version(std::string_view release);

// The value of KERNEL_VERSION(major, minor, patch).
constexpr uint32_t kernel_version(uint32_t major, uint32_t minor, uint32_t patch = 0) {
  return (major << 16) | (minor << 8) | (patch > 255 ? 255 : patch);
}

}  // namespace tripline
