// SPDX-License-Identifier: Apache-2.0
#include "load/programs.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "base/fd.h"

#include "load/excerpt.h"
#include "load/refusal.h"

namespace tripline {
namespace {

// Room for what the verifier says, should it refuse; touched only then.
constexpr size_t kLogSize = (16 << 20) - 1;

std::string refusal_detail(const LoadPlan& plan, const char* log, int errnum) {
  const VerifierWord word = last_word(log, plan.lines);
  return word.line.empty() ? advice(errnum) : explained(word);
}

Result<void> share_maps(bpf_object* object, const LoadPlan& plan) {
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object) {
    const Result<int> shared = plan.map(bpf_map__name(map));
    if (!shared) return std::unexpected(shared.error());
    if (*shared < 0) {
      const auto entries = plan.entries ? plan.entries(bpf_map__name(map)) : std::optional<uint32_t>();
      if (entries == 0U) bpf_map__set_autocreate(map, false);
      if (entries.value_or(0) > 0) bpf_map__set_max_entries(map, *entries);
      continue;
    }
    if (const int error = bpf_map__reuse_fd(map, *shared); error != 0) {
      return fail("share map", bpf_map__name(map), -error);
    }
  }
  return {};
}

// What the kernel has for a program or map.
uint64_t memory_of(int fd) {
  constexpr std::string_view kName = "memlock:";
  std::ifstream facts("/proc/self/fdinfo/" + std::to_string(fd));
  for (std::string line; std::getline(facts, line);)
    if (line.starts_with(kName)) return std::strtoull(line.c_str() + kName.size(), nullptr, 10);
  return 0;
}

Result<void> set_constants(bpf_object* object, const LoadPlan& plan) {
  if (plan.constants.empty()) return {};
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object) {
    if (!std::string_view(bpf_map__name(map)).ends_with(".rodata")) continue;
    const int error = bpf_map__set_initial_value(map, plan.constants.data(), plan.constants.size());
    if (error != 0) return fail("set the constants of", plan.name, -error);
    return {};
  }
  return fail("set the constants of", plan.name, ENOENT);
}

// --- programs that attach to a function or tracepoint by its type ----------------------------------------------

// A kind of section that names its target: "fentry/fd_install".
struct TypedSection {
  const AttachmentInfo* how = nullptr;
  bool sleeps = false;
  std::string prefix;  // as libbpf is told: with a target or without
};

std::vector<TypedSection> typed_sections() {
  std::vector<TypedSection> out;
  const auto add = [&](const AttachmentInfo& how, bool sleeps) {
    out.push_back({&how, sleeps, std::string(how.section) + (sleeps ? ".s+" : "+")});
  };
  for (unsigned n = 0; n < kAttachments; ++n) {
    const AttachmentInfo& how = attachment_info(static_cast<Attachment>(n));
    if (how.entry == Entry::kTyped) add(how, false);
  }
  add(attachment_info(Attachment::kLsm), true);
  return out;
}

// MODULE of "MODULE:FUNCTION"; empty for a target that is of none.
std::string module_of(const std::string& target) { return function_named(target).module; }

// Those that a kprobe is attached to, or one name for any other target in the kernel.
std::vector<std::string> names_of(const Target& target) {
  if (std::holds_alternative<target::UserCode>(target)) return {};
  const auto* functions = std::get_if<target::Functions>(&target);
  return functions != nullptr ? functions->names : std::vector{section_target(target)};
}

// The kernel's types of a module, and their id, which no other module gets; no descriptor when the module is not there
// (any more).
struct LoadedModule {
  Fd types;
  uint32_t id = 0;
};

LoadedModule find_module(std::string_view name) {
  for (__u32 id = 0; bpf_btf_get_next_id(id, &id) == 0;) {
    Fd types(bpf_btf_get_fd_by_id(id));
    std::array<char, 64> found{};
    bpf_btf_info info{};
    info.name = reinterpret_cast<uintptr_t>(found.data());
    info.name_len = found.size();
    __u32 size = sizeof(info);
    if (!types || bpf_obj_get_info_by_fd(types.get(), &info, &size) != 0) continue;
    if (info.kernel_btf != 0 && name == found.data()) return {std::move(types), id};
  }
  return {};
}

// libbpf, left to itself, reads all of the kernel's types to find the id of the target; we have read them already. While
// a value of this lives, libbpf takes the ids of such programs from us. It does not ask for types when the type of a
// program is one that needs none, so that is what it is told until just before it loads the program.
class TypedTargets {
 public:
  explicit TypedTargets(const Kernel* kernel) {
    if (kernel == nullptr) return;
    // libbpf 1.1 frees its list twice when the last handler goes: one stays.
    [[maybe_unused]] static const int kStays =
        libbpf_register_prog_handler("tripline_no_section", BPF_PROG_TYPE_UNSPEC, bpf_attach_type{}, nullptr);
    for (TypedSection& section : typed_sections()) uses_.push_back({kernel, std::move(section), {}, 0});
    for (Use& use : uses_) {
      libbpf_prog_handler_opts options{};
      options.sz = sizeof(options);
      options.cookie = reinterpret_cast<long>(&use);
      options.prog_prepare_load_fn = prepare;
      use.handler =
          libbpf_register_prog_handler(use.section.prefix.c_str(), BPF_PROG_TYPE_RAW_TRACEPOINT,
                                       static_cast<bpf_attach_type>(use.section.how->attach_type), &options);
    }
  }
  ~TypedTargets() {
    for (const Use& use : uses_) {
      if (use.handler > 0) libbpf_unregister_prog_handler(use.handler);
    }
  }
  TypedTargets(const TypedTargets&) = delete;
  TypedTargets& operator=(const TypedTargets&) = delete;

 private:
  struct Use {
    const Kernel* kernel = nullptr;
    TypedSection section;
    Fd module;  // the kernel's types of the module that the last program's target is of
    int handler = 0;
  };

  static uint32_t id_of(const Btf& types, const AttachmentInfo& how, const std::string& name) {
    const auto found = how.attachment == Attachment::kTracingRaw
                           ? types.raw_tracepoint(name)
                           : types.function(std::string(how.type_prefix) + name);
    return found ? found->id : 0;
  }

  static int prepare(bpf_program* program, bpf_prog_load_opts* options, long cookie) {
    Use& use = *std::bit_cast<Use*>(cookie);
    const std::string section = bpf_program__section_name(program);
    std::string target = section.substr(section.find('/') + 1);
    const Btf* types = &*use.kernel->btf;
    if (const std::string name = module_of(target); !name.empty()) {
      const ModuleTypes* module = use.kernel->module(name);
      use.module = find_module(name).types;
      if (module == nullptr || !use.module) return -ESRCH;
      types = &module->btf;
      options->attach_btf_obj_fd = static_cast<__u32>(use.module.get());
      target.erase(0, name.size() + 1);
    }
    options->attach_btf_id = id_of(*types, *use.section.how, target);
    if (options->attach_btf_id == 0) return -ESRCH;
    if (use.section.sleeps) options->prog_flags |= BPF_F_SLEEPABLE;
    return bpf_program__set_type(program, static_cast<bpf_prog_type>(use.section.how->program_type));
  }

  std::vector<Use> uses_;  // libbpf keeps their addresses
};

bool is_typed(const bpf_program* program) {
  const bpf_prog_type type = bpf_program__type(program);
  return type == BPF_PROG_TYPE_TRACING || type == BPF_PROG_TYPE_LSM;
}

// Fills in what each call of a function of the kernel calls: the number of its type.
Result<void> name_kernel_calls(bpf_object* object, const LoadPlan& plan) {
  for (const ProgramInfo& info : plan.programs) {
    if (info.kernel_calls.empty()) continue;
    bpf_program* program = bpf_object__find_program_by_name(object, info.name.c_str());
    if (program == nullptr) return fail("find program", info.name, ENOENT);
    const std::span<const bpf_insn> before(bpf_program__insns(program), bpf_program__insn_cnt(program));
    std::vector<bpf_insn> code(before.begin(), before.end());
    for (const KernelCall& call : info.kernel_calls) {
      const auto function = plan.kernel != nullptr ? plan.kernel->btf->function(call.function) : std::nullopt;
      if (!function)
        return fail("load programs", plan.name, 0, "this kernel has no function " + call.function);
      if (call.instruction >= code.size())
        return fail("load programs", plan.name, 0, "the object is damaged");
      code[call.instruction].imm = static_cast<int32_t>(function->id);
    }
    if (const int error = bpf_program__set_insns(program, code.data(), code.size()); error != 0)
      return fail("load programs", plan.name, -error);
  }
  return {};
}

bpf_link* attach_multi(const bpf_program* program, const target::Functions& functions) {
  std::vector<const char*> names;
  std::vector<__u64> cookies;
  for (const std::string& name : functions.names) {
    cookies.push_back(cookies.size());
    names.push_back(name.c_str() + (name.find(':') + 1));  // the kernel looks among modules, too
  }
  bpf_kprobe_multi_opts options{};
  options.sz = sizeof(options);
  options.syms = names.data();
  options.cookies = cookies.data();
  options.cnt = names.size();
  return bpf_program__attach_kprobe_multi_opts(program, nullptr, &options);
}

// The file to hook: the one that was opened when the policy was checked, whatever has its name now.
std::string path_of(const target::UserFile& file) {
  return file.open ? "/proc/self/fd/" + std::to_string(file.open->get()) : file.path;
}

// What bpf(BPF_LINK_CREATE) takes for a link on many places of a file (Linux 6.6); libbpf 1.1 does not know it.
struct UprobeMultiAttributes {
  uint32_t program;
  uint32_t target;
  uint32_t attach_type;
  uint32_t flags;
  uint64_t path;
  uint64_t offsets;
  uint64_t semaphores;
  uint64_t cookies;
  uint32_t count;
  uint32_t multi_flags;
  uint32_t pid;
  uint32_t reserved;
};
static_assert(offsetof(UprobeMultiAttributes, path) == 16 &&
              offsetof(UprobeMultiAttributes, multi_flags) == 52);

Fd attach_places(const bpf_program* program, const AttachmentInfo& how, const target::UserCode& code) {
  constexpr uint32_t kReturn = 1;  // BPF_F_UPROBE_MULTI_RETURN
  std::vector<uint64_t> offsets;
  std::vector<uint64_t> semaphores;
  std::vector<uint64_t> cookies;
  for (const target::UserPlace& place : code.places) {
    cookies.push_back(cookies.size());
    offsets.push_back(place.offset);
    semaphores.push_back(how.is_return ? 0 : place.semaphore);
  }
  const std::string path = path_of(code.file);
  const bool counted = std::ranges::any_of(semaphores, [](uint64_t each) { return each != 0; });
  UprobeMultiAttributes attributes{.program = static_cast<uint32_t>(bpf_program__fd(program)),
                                   .target = 0,
                                   .attach_type = how.attach_type,
                                   .flags = 0,
                                   .path = reinterpret_cast<uintptr_t>(path.c_str()),
                                   .offsets = reinterpret_cast<uintptr_t>(offsets.data()),
                                   .semaphores = counted ? reinterpret_cast<uintptr_t>(semaphores.data()) : 0,
                                   .cookies = reinterpret_cast<uintptr_t>(cookies.data()),
                                   .count = static_cast<uint32_t>(code.places.size()),
                                   .multi_flags = how.is_return ? kReturn : 0,
                                   .pid = 0,
                                   .reserved = 0};
  return Fd(static_cast<int>(syscall(SYS_bpf, BPF_LINK_CREATE, &attributes, sizeof(attributes))));
}

// The place that the kernel refuses, where it refused to attach to all of them: each is tried alone.
target::UserCode refused_place(const bpf_program* program, const AttachmentInfo& how,
                               const target::UserCode& code) {
  for (const target::UserPlace& place : code.places) {
    target::UserCode alone{code.file, {place}};
    if (code.places.size() > 1 && !attach_places(program, how, alone)) return alone;
  }
  return code;
}

// Some instructions cannot be run elsewhere than where they stand.
std::string place_advice(int errnum) {
  constexpr int kNotSupported = 524;  // ENOTSUPP of the kernel
  return errnum == kNotSupported ? "the kernel cannot put a probe on the instruction there" : advice(errnum);
}

bpf_link* attach_place(const bpf_program* program, const AttachmentInfo& how, const target::UserFile& file,
                       const target::UserPlace& place, std::optional<uint64_t> cookie) {
  constexpr pid_t kAny = -1;
  bpf_uprobe_opts options{};
  options.sz = sizeof(options);
  options.retprobe = how.is_return;
  options.ref_ctr_offset = how.is_return ? 0 : place.semaphore;
  if (cookie) options.bpf_cookie = *cookie;
  return bpf_program__attach_uprobe_opts(program, kAny, path_of(file).c_str(), place.offset, &options);
}

bpf_link* attach_with_cookie(const bpf_program* program, const std::string& target, uint64_t cookie) {
  bpf_kprobe_opts options{};
  options.sz = sizeof(options);
  options.bpf_cookie = cookie;
  return bpf_program__attach_kprobe_opts(program, target.c_str(), &options);
}

// struct bpf_link_info, as far as we read it; the headers that we are built with may be older than this.
struct LinkInfo {
  uint32_t type;
  uint32_t id;
  uint32_t program;
  uint32_t reserved;
  union {
    struct {
      uint64_t addresses;
      uint32_t count;
      uint32_t flags;
      uint64_t missed;
    } multi;
    struct {
      uint32_t type;
      uint32_t reserved;
      uint64_t name;
      uint32_t name_size;
      uint32_t offset;
      uint64_t address;
      uint64_t missed;
    } perf_event;
  };
};
static_assert(offsetof(LinkInfo, multi.missed) == 32 && offsetof(LinkInfo, perf_event.missed) == 48);

// How often the kernel passed over the kprobes of a link: one was running on that CPU, or more calls than it has notes
// for were waiting for their return. 0 before 6.7, which does not tell.
uint64_t missed_by(int link) {
  constexpr uint32_t kPerfEvent = 7, kMulti = 8;   // enum bpf_link_type
  constexpr uint32_t kKprobe = 3, kKretprobe = 4;  // enum bpf_perf_event_type
  LinkInfo info{};
  uint32_t size = sizeof(info);
  if (bpf_obj_get_info_by_fd(link, &info, &size) != 0) return 0;
  if (info.type == kMulti) return info.multi.missed;
  const bool is_kprobe = info.perf_event.type == kKprobe || info.perf_event.type == kKretprobe;
  return info.type == kPerfEvent && is_kprobe ? info.perf_event.missed : 0;
}

// The link, or null and errno, of a program whose type says nothing of its target.
struct AttachTo {
  const bpf_program* program;
  const AttachmentInfo& how;

  bpf_link* operator()(const target::Function& function) const {
    return bpf_program__attach_kprobe(program, how.is_return, full_name(function).c_str());
  }
  bpf_link* operator()(const target::Functions& functions) const { return attach_multi(program, functions); }
  bpf_link* operator()(const target::Tracepoint& tracepoint) const {
    return bpf_program__attach_tracepoint(program, tracepoint.subsystem.c_str(), tracepoint.event.c_str());
  }
  bpf_link* operator()(const auto& /*typed*/) const {
    errno = EINVAL;
    return nullptr;
  }
};

}  // namespace

void Programs::Close::operator()(bpf_object* object) const { bpf_object__close(object); }
void Programs::Close::operator()(bpf_link* link) const { bpf_link__destroy(link); }

int Programs::Attached::fd() const { return link ? bpf_link__fd(link.get()) : plain.get(); }

Result<Programs> Programs::load(const LoadPlan& plan) {
  libbpf_set_print(nullptr);  // it would write to stderr
  // Zero pages of the kernel, which take no memory until there is something to say.
  const std::unique_ptr<char, decltype(&std::free)> log(static_cast<char*>(std::calloc(kLogSize + 1, 1)),
                                                        std::free);
  if (!log) return fail("load programs", plan.name, ENOMEM);
  const TypedTargets targets(plan.kernel);
  bpf_object_open_opts options{};
  options.sz = sizeof(options);
  options.object_name = plan.name.c_str();
  options.kernel_log_buf = log.get();
  options.kernel_log_size = kLogSize;
  Fd excerpt;  // written when the object has been opened, read when it is loaded
  std::string excerpt_path;
  if (plan.kernel != nullptr) {
    excerpt = Fd(memfd_create("types", MFD_CLOEXEC));
    if (!excerpt) return fail("create memory file", "types", errno);
    excerpt_path = "/proc/self/fd/" + std::to_string(excerpt.get());
    options.btf_custom_path = excerpt_path.c_str();
  }
  Programs out;
  out.name_ = plan.name;
  out.by_section_ = plan.by_section;
  out.pin_prefix_ = plan.pins;
  out.programs_.assign(plan.programs.begin(), plan.programs.end());
  for (const ProgramInfo& info : plan.programs) {
    for (const std::string& target : names_of(info.target)) {
      const std::string module = module_of(target);
      if (!module.empty()) out.modules_[module] = find_module(module).id;
    }
  }
  out.object_.reset(bpf_object__open_mem(plan.elf.data(), plan.elf.size(), &options));
  if (!out.object_) return fail("open object", plan.name, errno);
  if (plan.kernel != nullptr) {
    const auto written = write_excerpt(bpf_object__btf(out.object_.get()), *plan.kernel->btf, excerpt);
    if (!written) return std::unexpected(written.error());
  }
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, out.object_.get()) {
    const std::string_view name = bpf_program__name(program);
    const bool wanted =
        std::ranges::any_of(plan.programs, [&](const ProgramInfo& info) { return info.name == name; });
    bpf_program__set_autoload(program, wanted);
    const auto info =
        std::ranges::find_if(plan.programs, [&](const ProgramInfo& each) { return each.name == name; });
    if (wanted && is_user(info->attach))
      bpf_program__set_expected_attach_type(
          program, static_cast<bpf_attach_type>(attachment_info(info->attach).attach_type));
  }
  if (const auto named = name_kernel_calls(out.object_.get(), plan); !named)
    return std::unexpected(named.error());
  if (const auto shared = share_maps(out.object_.get(), plan); !shared)
    return std::unexpected(shared.error());
  if (const auto set = set_constants(out.object_.get(), plan); !set) return std::unexpected(set.error());
  const bpf_map* map = nullptr;
  // One that it shares has a descriptor by now.
  bpf_object__for_each_map(map, out.object_.get()) {
    if (bpf_map__autocreate(map) && bpf_map__fd(map) < 0) out.own_maps_.emplace_back(bpf_map__name(map));
  }
  if (const int error = bpf_object__load(out.object_.get()); error != 0) {
    return fail("load programs", plan.name, -error, refusal_detail(plan, log.get(), -error));
  }
  // Only programs write them. What libbpf filled in, it has frozen already; one with a pointer of the kernel in it
  // cannot be frozen.
  for (const std::string& name : out.own_maps_)
    bpf_map_freeze(bpf_object__find_map_fd_by_name(out.object_.get(), name.c_str()));
  return out;
}

Result<void> Programs::attach() {
  for (size_t at = 0; at < programs_.size(); ++at) {
    const ProgramInfo& info = programs_[at];
    if (info.attach == Attachment::kIterator) continue;
    const bpf_program* program = bpf_object__find_program_by_name(object_.get(), info.name.c_str());
    if (program == nullptr)
      return fail("attach program", info.name, ENOENT, "the object " + name_ + " has none");
    const auto keep_any = [&](bool attached, Attached made, const std::string& target) -> Result<void> {
      const int error = errno;
      if (!attached) {
        const bool untraceable = error == EBUSY && is_typed(program);
        return fail(
            "attach to", target, error,
            untraceable ? "the function that the kernel finds by this name cannot be traced" : advice(error));
      }
      links_.push_back(std::move(made));
      if (pin_prefix_.empty()) return {};
      std::string path = pin_prefix_ + std::to_string(links_.size());
      if (pin(links_.back().fd(), path))
        pins_->own(std::move(path));
      else
        ++unpinned_;
      return {};
    };
    const auto keep = [&](bpf_link* link, const std::string& target) {
      return keep_any(link != nullptr, {at, std::unique_ptr<bpf_link, Close>(link)}, target);
    };
    const AttachmentInfo& how = attachment_info(info.attach);
    if (const auto* code = std::get_if<target::UserCode>(&info.target)) {
      if (how.attach_type != 0) {
        Fd link = attach_places(program, how, *code);
        if (const int error = errno; !link)
          return fail("attach to", full_name(refused_place(program, how, *code)), error, place_advice(error));
        if (auto kept = keep_any(true, {at, nullptr, std::move(link)}, full_name(info.target)); !kept)
          return kept;
        continue;
      }
      // Without cookies there is one place for each program.
      const bool several = code->places.size() > 1;
      for (size_t n = 0; n < code->places.size(); ++n) {
        const target::UserPlace& place = code->places[n];
        bpf_link* link = attach_place(program, how, code->file, place,
                                      several ? std::optional<uint64_t>(n) : std::nullopt);
        if (auto kept = keep(link, full_name(target::UserCode{code->file, {place}})); !kept) return kept;
      }
      continue;
    }
    const auto* functions = std::get_if<target::Functions>(&info.target);
    if (info.attach == Attachment::kKprobe && functions != nullptr) {
      for (size_t n = 0; n < functions->names.size(); ++n) {
        const std::string& name = functions->names[n];
        if (auto kept = keep(attach_with_cookie(program, name, n), name); !kept) return kept;
      }
      continue;
    }
    bpf_link* link = is_typed(program) ? bpf_program__attach_trace(program)
                     : by_section_     ? bpf_program__attach(program)
                                   : std::visit(AttachTo{program, attachment_info(info.attach)}, info.target);
    if (auto kept = keep(link, section_target(info.target)); !kept) return kept;
  }
  return {};
}

Programs Programs::found(std::span<const std::string> pins) {
  Programs out;
  for (const std::string& path : pins) {
    Result<Fd> link = open_pinned(path);
    if (!link) continue;
    out.found_.push_back(*std::move(link));
    out.pins_->own(path);
  }
  return out;
}

void Programs::leave() const {
  // To destroy the link of a kprobe would switch it off.
  if (!pins_->paths().empty())
    for (const Attached& attached : links_)
      if (attached.link) bpf_link__disconnect(attached.link.get());
  pins_->let_go();
}

Result<size_t> Programs::iterate(const std::string& name) const {
  const bpf_program* program = bpf_object__find_program_by_name(object_.get(), name.c_str());
  if (program == nullptr) return fail("run program", name, ENOENT, "the object " + name_ + " has none");
  const std::unique_ptr<bpf_link, Close> link(bpf_program__attach_iter(program, nullptr));
  if (!link) return fail("run program", name, errno, advice(errno));
  const Fd run(bpf_iter_create(bpf_link__fd(link.get())));
  if (!run) return fail("run program", name, errno, advice(errno));
  size_t written = 0;
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t got = read(run.get(), buffer.data(), buffer.size());
    if (got < 0 && errno != EINTR && errno != EAGAIN) return fail("run program", name, errno);
    if (got == 0) return written;
    if (got > 0) written += static_cast<size_t>(got);
  }
}

uint64_t Programs::memory() const {
  uint64_t bytes = 0;
  for (const ProgramInfo& info : programs_) {
    const bpf_program* program = bpf_object__find_program_by_name(object_.get(), info.name.c_str());
    if (program != nullptr) bytes += memory_of(bpf_program__fd(program));
  }
  for (const std::string& name : own_maps_)
    bytes += memory_of(bpf_object__find_map_fd_by_name(object_.get(), name.c_str()));
  return bytes;
}

Result<std::vector<ProgramFacts>> Programs::facts() const {
  std::vector<ProgramFacts> out;
  for (size_t at = 0; at < programs_.size(); ++at) {
    const ProgramInfo& info = programs_[at];
    const bpf_program* program = bpf_object__find_program_by_name(object_.get(), info.name.c_str());
    bpf_prog_info facts{};
    uint32_t size = sizeof(facts);
    if (program == nullptr || bpf_obj_get_info_by_fd(bpf_program__fd(program), &facts, &size) != 0) {
      return fail("ask about program", info.name, errno);
    }
    const bool gone = std::ranges::any_of(names_of(info.target), [&](const std::string& target) {
      const auto module = modules_.find(module_of(target));
      return module != modules_.end() && find_module(module->first).id != module->second;
    });
    uint64_t passed_over = 0;
    for (const Attached& attached : links_) {
      if (attached.program == at) passed_over += missed_by(attached.fd());
    }
    const uint32_t more = functions_of(info.target) - 1;
    const std::string target =
        section_target(info.target) + (more > 0 ? " and " + std::to_string(more) + " more" : "");
    out.push_back({info.name, target, info.attach, facts.id, facts.xlated_prog_len / 8, facts.verified_insns,
                   facts.recursion_misses + passed_over, gone, passed_over,
                   attachment_info(info.attach).section, facts.run_cnt, facts.run_time_ns});
  }
  return out;
}

}  // namespace tripline
