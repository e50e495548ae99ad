// SPDX-License-Identifier: Apache-2.0
// The live Kernel, from the files in which the running kernel describes itself and from what it lets us load.
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <system_error>

#include "base/fd.h"
#include "kernel/features.h"
#include "kernel/functions.h"
#include "kernel/kernel.h"

namespace tripline {
namespace {

// Configuration that decides what a policy can ask for; without "CONFIG_".
constexpr std::array<std::string_view, 51> kConfigNames = {
    "BPF",
    "BPF_EVENTS",
    "BPF_JIT",
    "BPF_JIT_ALWAYS_ON",
    "BPF_KPROBE_OVERRIDE",
    "BPF_LSM",
    "BPF_SYSCALL",
    "BPF_UNPRIV_DEFAULT_OFF",
    "CGROUPS",
    "CGROUP_BPF",
    "DEBUG_INFO_BTF",
    "DEBUG_INFO_BTF_MODULES",
    "DYNAMIC_FTRACE",
    "DYNAMIC_FTRACE_WITH_ARGS",
    "DYNAMIC_FTRACE_WITH_DIRECT_CALLS",
    "DYNAMIC_FTRACE_WITH_REGS",
    "FPROBE",
    "FTRACE_SYSCALLS",
    "FUNCTION_ERROR_INJECTION",
    "FUNCTION_TRACER",
    "IA32_EMULATION",
    "IMA",
    "IPV6",
    "KALLSYMS",
    "KPROBES",
    "KPROBES_ON_FTRACE",
    "KPROBE_EVENTS",
    "LSM",
    "MODULES",
    "MODULE_SIG",
    "MPTCP",
    "NAMESPACES",
    "PID_NS",
    "PREEMPT",
    "PREEMPT_LAZY",
    "PREEMPT_NONE",
    "PREEMPT_RT",
    "PREEMPT_VOLUNTARY",
    "SECURITY",
    "SECURITYFS",
    "SECURITY_APPARMOR",
    "SECURITY_LOCKDOWN_LSM",
    "SECURITY_NETWORK",
    "SECURITY_PATH",
    "SECURITY_SELINUX",
    "TRACEPOINTS",
    "TRACING",
    "UPROBES",
    "UPROBE_EVENTS",
    "USER_NS",
    "X86_KERNEL_IBT",
};
static_assert(std::ranges::is_sorted(kConfigNames));

// Most of these files do not tell their size, so they are read to the end.
template <typename Bytes>
Result<Bytes> read_file(const std::string& path) {
  const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return fail("read", path, errno);
  struct stat status{};
  (void)fstat(file.get(), &status);
  Bytes bytes(static_cast<size_t>(std::max<off_t>(status.st_size, 0)) + 65536, {});
  size_t used = 0;
  while (true) {
    const ssize_t got = read(file.get(), bytes.data() + used, bytes.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail("read", path, errno);
    if (got == 0) break;
    used += static_cast<size_t>(got);
    if (bytes.size() - used < 32768) bytes.resize(bytes.size() * 2);
  }
  bytes.resize(used);
  return bytes;
}

template <typename Visit>
void each_line(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) visit(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void sort_unique(std::vector<std::string>& names) {
  std::ranges::sort(names);
  const auto rest = std::ranges::unique(names);
  names.erase(rest.begin(), rest.end());
}

bool is_mounted(const char* path, decltype(statfs::f_type) magic) {
  struct statfs status{};
  return statfs(path, &status) == 0 && status.f_type == magic;
}

// --- one fact each; what cannot be read is named in the report ------------------------------------------------------

void miss(ProbeReport& report, const std::string& what, const Error& error) {
  report.unreadable.push_back(what + ": " + (error.errnum != 0 ? std::strerror(error.errnum) : error.detail));
}

void read_btf(ProbeReport& report) {
  const std::string path = "/sys/kernel/btf/vmlinux";
  Result<std::vector<std::byte>> raw = read_file<std::vector<std::byte>>(path);
  if (!raw) return miss(report, path, raw.error());
  Result<Btf> btf = Btf::parse(std::move(*raw));
  if (!btf) return miss(report, path, btf.error());
  report.kernel.btf = std::move(*btf);
}

// A module whose types cannot be read, or that is gone meanwhile, is not there.
void read_modules(ProbeReport& report) {
  Kernel& kernel = report.kernel;
  const std::string folder = "/sys/kernel/btf";
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename();
    if (name == "vmlinux") continue;
    Result<std::vector<std::byte>> raw = read_file<std::vector<std::byte>>(entry.path());
    if (!raw) {
      miss(report, entry.path(), raw.error());
      continue;
    }
    Result<Btf> btf = Btf::parse(std::move(*raw), &*kernel.btf);
    if (btf) {
      kernel.modules.push_back({name, std::move(*btf)});
    } else {
      miss(report, entry.path(), btf.error());
    }
  }
  if (error) miss(report, folder, {.errnum = error.value()});
  std::ranges::sort(kernel.modules, {}, &ModuleTypes::name);
}

// Of modules that were loaded or unloaded since they were last read, too.
void read_modules_anew(ProbeReport& report) {
  report.kernel.modules.clear();
  if (report.kernel.btf) read_modules(report);
}

// lsm_list_modules(2) of 6.8; it asks for no privileges and no file system.
std::vector<std::string> ask_for_lsms() {
  constexpr long kListModules = 461;
  constexpr std::array<const char*, 14> kNames = {
      // from LSM_ID_CAPABILITY (100) on
      "capability", "selinux",  "smack", "tomoyo",   "apparmor", "yama", "loadpin",
      "safesetid",  "lockdown", "bpf",   "landlock", "ima",      "evm",  "ipe"};
  std::array<uint64_t, 64> ids{};
  uint32_t size = sizeof ids;
  const long count = syscall(kListModules, ids.data(), &size, 0);
  std::vector<std::string> names;
  for (long i = 0; i < count; ++i) {
    const uint64_t id = ids[static_cast<size_t>(i)];
    names.push_back(id >= 100 && id - 100 < kNames.size() ? kNames[id - 100] : "lsm-" + std::to_string(id));
  }
  return names;
}

void read_lsms(ProbeReport& report) {
  const std::string path = "/sys/kernel/security/lsm";
  std::vector<std::string>& lsms = report.kernel.lsms;
  const Result<std::string> text = read_file<std::string>(path);
  if (!text) {
    lsms = ask_for_lsms();
    if (lsms.empty()) miss(report, path, text.error());
    return;
  }
  std::string_view rest = *text;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find_first_of(",\n"), rest.size());
    if (end > 0) lsms.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

// A file of tracefs, wherever that is mounted.
Result<std::string> read_tracefs(const std::string& name) {
  const std::string own = "/sys/kernel/tracing";
  Result<std::string> text = read_file<std::string>(own + "/" + name);
  if (text || text.error().errnum != ENOENT || is_mounted(own.c_str(), TRACEFS_MAGIC)) return text;
  Result<std::string> in_debugfs = read_file<std::string>("/sys/kernel/debug/tracing/" + name);
  if (!in_debugfs && in_debugfs.error().errnum == ENOENT)
    in_debugfs.error() = {.detail = "tracefs is not mounted"};
  return in_debugfs;
}

void read_functions(ProbeReport& report) {
  const std::string name = "available_filter_functions";
  const Result<std::string> text = read_tracefs(name);
  if (!text) return miss(report, name, text.error());
  Kernel& kernel = report.kernel;
  each_line(*text, [&kernel](std::string_view line) {
    if (line.starts_with("__ftrace_invalid_address__")) return;
    (line.contains(' ') ? kernel.module_functions : kernel.functions).emplace_back(line);
  });
  if (const auto symbols = read_file<std::string>("/proc/kallsyms"))
    drop_ambiguous(kernel.functions, *symbols);
  sort_unique(kernel.functions);
  sort_unique(kernel.module_functions);
  kernel.functions_known = true;
}

void read_tracepoints(ProbeReport& report) {
  const std::string name = "available_events";
  Result<std::string> text = read_tracefs(name);
  if (!text) return miss(report, name, text.error());
  each_line(*text, [&report](std::string_view line) {
    std::string& added = report.kernel.tracepoints.emplace_back(line);
    std::ranges::replace(added, ':', '/');
  });
  sort_unique(report.kernel.tracepoints);
}

// The number behind `key` in "field:int pid;\toffset:12;\tsize:4;\tsigned:1;".
uint32_t number_after(std::string_view line, std::string_view key) {
  const size_t at = line.find(key);
  uint32_t value = 0;
  if (at != line.npos) (void)std::from_chars(line.data() + at + key.size(), line.data() + line.size(), value);
  return value;
}

std::optional<TracepointField> parse_field(std::string_view line) {
  constexpr std::string_view kStart = "\tfield:";
  if (!line.starts_with(kStart)) return std::nullopt;
  const std::string_view declaration = line.substr(kStart.size(), line.find(';') - kStart.size());
  const size_t space = declaration.rfind(' ');
  if (space == declaration.npos) return std::nullopt;
  const std::string_view name = declaration.substr(space + 1);
  const size_t bracket = std::min(name.find('['), name.size());
  return TracepointField{
      .type = std::string(declaration.substr(0, space)) + std::string(name.substr(bracket)),
      .name = std::string(name.substr(0, bracket)),
      .offset = number_after(line, "\toffset:"),
      .size = number_after(line, "\tsize:"),
      .is_signed = number_after(line, "\tsigned:") != 0};
}

// A few events have no format (those of other tracers), and a name may be wrong: both are just not there.
void read_formats(ProbeReport& report, std::vector<std::string> tracepoints) {
  sort_unique(tracepoints);
  for (std::string& name : tracepoints) {
    const Result<std::string> text = read_tracefs("events/" + name + "/format");
    if (!text) continue;
    TracepointFormat& format = report.kernel.formats.emplace_back(TracepointFormat{.name = std::move(name)});
    each_line(*text, [&format](std::string_view line) {
      if (auto field = parse_field(line)) format.fields.push_back(std::move(*field));
    });
  }
  std::ranges::sort(report.kernel.formats, {}, &TracepointFormat::name);
}

// The list is a file of debugfs, and absent from a kernel that is built without error injection.
void read_error_injection(ProbeReport& report) {
  const std::string name = "error_injection/list";
  const Result<std::string> text = read_file<std::string>("/sys/kernel/debug/" + name);
  if (!text) {
    if (text.error().errnum != ENOENT) return miss(report, name, text.error());
    if (!is_mounted("/sys/kernel/debug", DEBUGFS_MAGIC))
      miss(report, name, {.detail = "debugfs is not mounted"});
    return;
  }
  each_line(*text, [&report](std::string_view line) {
    report.kernel.error_injection.emplace_back(line.substr(0, line.find_first_of("\t ")));
  });
  sort_unique(report.kernel.error_injection);
}

// Compressed or not; empty when it cannot be read.
std::string read_config_file(const std::string& path) {
  std::string text;
  const gzFile file = gzopen(path.c_str(), "rbe");
  if (file == nullptr) return text;
  std::array<char, 65536> piece;
  int got = 0;
  while ((got = gzread(file, piece.data(), piece.size())) > 0)
    text.append(piece.data(), static_cast<size_t>(got));
  gzclose(file);
  return text;
}

void read_config(ProbeReport& report) {
  const std::string& release = report.kernel.release;
  std::string text;
  for (const std::string& path :
       {"/boot/config-" + release, "/lib/modules/" + release + "/config", std::string("/proc/config.gz")}) {
    text = read_config_file(path);
    if (!text.empty()) break;
  }
  if (text.empty())
    return miss(report, "configuration", {.detail = "no file in /boot, /lib/modules or /proc has it"});
  each_line(text, [&report](std::string_view line) {
    constexpr std::string_view kPrefix = "CONFIG_";
    const size_t equals = line.find('=');
    if (!line.starts_with(kPrefix) || equals == line.npos) return;
    const std::string_view name = line.substr(kPrefix.size(), equals - kPrefix.size());
    if (std::ranges::binary_search(kConfigNames, name)) report.kernel.config.emplace_back(line);
  });
  sort_unique(report.kernel.config);
}

// "net:[4026531840]" in /proc/1/ns/net.
void read_namespaces(ProbeReport& report, const std::string& proc) {
  constexpr std::array<const char*, std::tuple_size_v<HostNamespaces>> kNames = {
      "uts", "ipc", "mnt", "pid", "pid_for_children", "net", "time", "time_for_children", "cgroup", "user"};
  for (size_t i = 0; i < kNames.size(); ++i) {
    const std::string path = proc + "/1/ns/" + kNames[i];
    std::array<char, 64> link;
    const ssize_t size = readlink(path.c_str(), link.data(), link.size());
    if (size < 0) {
      if (errno != ENOENT) miss(report, path, {.errnum = errno});
      continue;
    }
    const std::string_view text(link.data(), static_cast<size_t>(size));
    const size_t open = std::min(text.find('['), text.size() - 1);
    std::from_chars(text.data() + open + 1, text.data() + text.size(), report.kernel.namespaces[i]);
  }
}

void read_features(ProbeReport& report) {
  const Result<Features> features = probe_features(report.kernel);
  if (features) {
    report.kernel.features = *features;
  } else {
    miss(report, "eBPF features", features.error());
  }
}

ProbeScope nothing() {
  return {.features = false, .functions = false, .formats = false, .lsm_hooks = false, .modules = false};
}

// Reads what is missing into `report`, in the order in which one fact needs another.
void add_missing(ProbeReport& report, const ProbeScope& missing) {
  Kernel& kernel = report.kernel;
  if (missing.modules || !missing.functions_of.empty()) read_modules_anew(report);
  if (missing.formats) kernel.formats.clear();
  read_formats(report, missing.formats ? kernel.tracepoints : missing.formats_of);
  if (missing.functions) read_functions(report);
  if (missing.features) read_features(report);
  if (missing.lsm_hooks) {
    kernel.lsm_refused.clear();
    kernel.lsm_bool.clear();
  }
  if (missing.lsm_hooks || !missing.lsm_hooks_of.empty())
    probe_lsm_hooks(kernel, missing.lsm_hooks ? std::vector<std::string>() : missing.lsm_hooks_of);
}

ProbeScope both(ProbeScope sum, const ProbeScope& more) {
  sum.features |= more.features;
  sum.functions |= more.functions;
  sum.formats |= more.formats;
  sum.lsm_hooks |= more.lsm_hooks;
  sum.modules |= more.modules;
  // Of functions and formats the kernel itself says which it knows.
  std::ranges::copy(more.lsm_hooks_of, std::back_inserter(sum.lsm_hooks_of));
  sort_unique(sum.lsm_hooks_of);
  return sum;
}

}  // namespace

Result<ProbeReport> probe_kernel(const ProbeScope& scope, const std::string& proc) {
  utsname names{};
  if (uname(&names) != 0) return fail("uname", "", errno);
  ProbeReport report;
  report.kernel.release = names.release;
  report.kernel.version = release_version(names.release);
  report.kernel.machine = names.machine;
  read_btf(report);
  read_lsms(report);
  read_error_injection(report);
  read_config(report);
  read_namespaces(report, proc);
  read_tracepoints(report);
  add_missing(report, missing_from(report.kernel, nothing(), scope));
  report.scope = scope;
  return report;
}

ProbeReport probe_more(Kernel known, const ProbeScope& asked, const ProbeScope& wanted) {
  const ProbeScope missing = missing_from(known, asked, wanted);
  ProbeReport report{.kernel = std::move(known), .scope = asked, .unreadable = {}};
  if (missing.formats || !missing.formats_of.empty()) {
    report.kernel.tracepoints.clear();  // some may be new
    read_tracepoints(report);
  }
  add_missing(report, missing);
  report.scope = both(asked, missing);
  return report;
}

}  // namespace tripline
