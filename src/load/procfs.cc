// SPDX-License-Identifier: Apache-2.0
#include "load/procfs.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "abi/maps.h"
#include "base/fd.h"

namespace tripline {
namespace {

constexpr uint64_t kKernelThread = 0x00200000;  // PF_KTHREAD of the flags in stat

// Numbers of the fields of stat that are read, counted from 1 as proc(5) does.
enum StatField { kState = 3, kParent = 4, kFlags = 9, kThreads = 20, kStart = 22 };

constexpr size_t kTextMost = 1 << 20;      // bytes of what the kernel writes of one process
constexpr size_t kSymbolsMost = 64 << 20;  // bytes of /proc/kallsyms
constexpr size_t kMapsMost = 4 << 20;      // bytes of /proc/PID/maps
constexpr size_t kShort = 1024;            // bytes of arguments when there is no room for more

// `limit` bytes at most: of what a process says of itself there can be as much as it likes.
std::optional<std::string> read_file(int folder, const char* name, size_t limit) {
  const Fd file(openat(folder, name, O_RDONLY | O_CLOEXEC));
  if (!file) return {};
  std::string out;
  std::array<char, 16384> buffer;
  while (out.size() < limit) {
    const ssize_t got = read(file.get(), buffer.data(), std::min(buffer.size(), limit - out.size()));
    if (got < 0) return {};
    if (got == 0) break;
    out.append(buffer.data(), static_cast<size_t>(got));
  }
  return out;
}

// The same; `cut` says whether there was more.
std::string read_start(int folder, const char* name, size_t limit, bool& cut) {
  std::string text = read_file(folder, name, limit + 1).value_or("");
  cut = text.size() > limit;
  if (cut) text.resize(limit);
  return text;
}

std::string read_link(int folder, const char* name) {
  std::array<char, 4096> buffer;  // the kernel gives no more than a page
  const ssize_t got = readlinkat(folder, name, buffer.data(), buffer.size());
  return got < 0 ? std::string() : std::string(buffer.data(), static_cast<size_t>(got));
}

template <typename T>
T number(std::string_view text, int base = 10) {
  T value{};
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

std::string hex(uint64_t value) {
  std::array<char, 16> digits;
  const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
  return {digits.data(), static_cast<size_t>(end - digits.data())};
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> out;
  constexpr std::string_view kBlank = " \t\n";
  for (size_t at = text.find_first_not_of(kBlank); at != std::string_view::npos;) {
    const size_t end = std::min(text.find_first_of(kBlank, at), text.size());
    out.push_back(text.substr(at, end - at));
    at = text.find_first_not_of(kBlank, end);
  }
  return out;
}

// "net:[4026531840]".
uint32_t namespace_number(int folder, const char* name) {
  const std::string link = read_link(folder, name);
  const size_t at = link.find('[');
  return at == std::string::npos ? 0 : number<uint32_t>(std::string_view(link).substr(at + 1));
}

tl_namespaces namespaces_of(int folder) {
  tl_namespaces ns{};
  ns.uts = namespace_number(folder, "ns/uts");
  ns.ipc = namespace_number(folder, "ns/ipc");
  ns.mnt = namespace_number(folder, "ns/mnt");
  ns.pid = namespace_number(folder, "ns/pid");
  ns.pid_for_children = namespace_number(folder, "ns/pid_for_children");
  ns.net = namespace_number(folder, "ns/net");
  ns.time = namespace_number(folder, "ns/time");
  ns.time_for_children = namespace_number(folder, "ns/time_for_children");
  ns.cgroup = namespace_number(folder, "ns/cgroup");
  ns.user = namespace_number(folder, "ns/user");
  return ns;
}

// `PID (NAME) STATE PARENT ...`; the name can hold anything. False when the process has ended.
bool parse_stat(std::string_view text, ProcfsEntry& entry) {
  const size_t open = text.find('(');
  const size_t close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return false;
  const auto fields = words(text.substr(close + 1));
  const auto field = [&](int which) { return fields[static_cast<size_t>(which - kState)]; };
  if (fields.size() <= kStart - kState) return false;
  // The first thread of a process can be gone while others run.
  const char state = field(kState)[0];
  if (state == 'X' || (state == 'Z' && number<int>(field(kThreads)) <= 1)) return false;
  entry.parent = number<uint32_t>(field(kParent));
  const auto ticks = static_cast<uint64_t>(sysconf(_SC_CLK_TCK));
  entry.start = number<uint64_t>(field(kStart)) * (1'000'000'000 / ticks);
  if (number<uint64_t>(field(kFlags)) & kKernelThread) {
    entry.kernel_thread = text.substr(open + 1, close - open - 1);
  }
  return true;
}

void parse_ids(std::string_view text, std::array<uint32_t*, 4> ids) {
  const auto values = words(text);
  for (size_t i = 0; i < ids.size() && i < values.size(); ++i) *ids[i] = number<uint32_t>(values[i]);
}

void parse_status(std::string_view text, ProcfsEntry& entry) {
  tl_cred& cred = entry.cred;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t colon = line.find(":\t");
    if (colon == std::string_view::npos) continue;
    const std::string_view key = line.substr(0, colon);
    const std::string_view value = line.substr(colon + 2);
    if (key == "Uid") parse_ids(value, {&cred.uid, &cred.euid, &cred.suid, &cred.fsuid});
    if (key == "Gid") parse_ids(value, {&cred.gid, &cred.egid, &cred.sgid, &cred.fsgid});
    if (key == "CapInh") cred.inheritable = number<uint64_t>(value, 16);
    if (key == "CapPrm") cred.permitted = number<uint64_t>(value, 16);
    if (key == "CapEff") cred.effective = number<uint64_t>(value, 16);
    if (key == "NSpid") {
      const auto ids = words(value);
      if (ids.empty()) continue;
      entry.pid_in_ns = number<uint32_t>(ids.back());
      entry.ns_level = static_cast<uint32_t>(ids.size() - 1);
    }
  }
}

// `room` is how many bytes of arguments and environments may still be kept of all processes.
std::optional<ProcfsEntry> read_process(int folder, uint32_t pid, const ScanOptions& options, size_t& room) {
  ProcfsEntry entry;
  entry.pid = pid;
  entry.pid_in_ns = pid;
  const auto stat = read_file(folder, "stat", kTextMost);
  const auto status = read_file(folder, "status", kTextMost);
  if (!stat || !status || !parse_stat(*stat, entry)) return {};
  parse_status(*status, entry);
  if (const auto auid = read_file(folder, "loginuid", kTextMost); auid && !auid->empty())
    entry.auid = number<uint32_t>(*auid);
  entry.ns = namespaces_of(folder);
  entry.exe = read_link(folder, "exe");
  entry.cwd = read_link(folder, "cwd");
  entry.cgroups = read_file(folder, "cgroup", kTextMost).value_or("");
  entry.argv = read_start(folder, "cmdline", std::clamp<size_t>(room, kShort, TL_ARGS_MAX), entry.argv_cut);
  room -= std::min(room, entry.argv.size());
  if (options.environment) {
    entry.environment =
        read_start(folder, "environ", std::min<size_t>(room, TL_ENVIRONMENT_MAX), entry.environment_cut);
    room -= entry.environment.size();
  }
  return entry;
}

Fd open_folder(const std::string& path) { return Fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)); }

}  // namespace

Result<std::vector<ProcfsEntry>> scan_processes(const std::string& proc, const ScanOptions& options) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(proc.c_str()), closedir);
  if (!folder) return fail("open", proc, errno);
  std::vector<ProcfsEntry> out;
  size_t room = options.texts;
  while (const dirent* item = readdir(folder.get())) {
    const std::string_view name = item->d_name;
    if (name.find_first_not_of("0123456789") != std::string_view::npos) continue;
    const Fd process(openat(dirfd(folder.get()), item->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!process) continue;
    auto entry = read_process(process.get(), number<uint32_t>(name), options, room);
    if (entry) out.push_back(std::move(*entry));
  }
  std::ranges::sort(out, {}, &ProcfsEntry::pid);
  return out;
}

tl_namespaces read_namespaces(uint32_t pid, const std::string& proc) {
  const Fd folder = open_folder(proc + "/" + std::to_string(pid));
  return folder ? namespaces_of(folder.get()) : tl_namespaces{};
}

std::string read_kernel_symbols(const std::string& proc) {
  return read_file(AT_FDCWD, (proc + "/kallsyms").c_str(), kSymbolsMost).value_or("");
}

std::string read_maps(uint32_t pid, const std::string& proc) {
  return read_file(AT_FDCWD, (proc + "/" + std::to_string(pid) + "/maps").c_str(), kMapsMost).value_or("");
}

namespace {

struct RegularFile {
  Fd file;  // none when it is not one that can be read
  uint64_t inode = 0;
  uint64_t bytes = 0;
};

RegularFile open_regular(const std::string& path) {
  RegularFile out{Fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK))};
  struct stat status;
  struct statfs system;
  if (!out.file || fstat(out.file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  if (fstatfs(out.file.get(), &system) != 0 || system.f_type == FUSE_SUPER_MAGIC) return {};
  out.inode = status.st_ino;
  out.bytes = static_cast<uint64_t>(status.st_size);
  return out;
}

std::string read_at(const RegularFile& from, uint64_t offset, size_t size) {
  if (!from.file || offset >= from.bytes) return {};
  std::string bytes(std::min<uint64_t>(size, from.bytes - offset), '\0');
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got =
        pread(from.file.get(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (got <= 0) break;
    done += static_cast<size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

// "ffffffff82a0c5e8 D NAME": the address; 0 when no line is of that name.
uint64_t address_of(std::string_view symbols, std::string_view name) {
  const std::string end = " " + std::string(name) + "\n";
  const size_t at = symbols.find(end);
  if (at == std::string_view::npos) return 0;
  const size_t before = symbols.rfind('\n', at);
  const size_t start = before == std::string_view::npos ? 0 : before + 1;
  return number<uint64_t>(symbols.substr(start, at - start), 16);
}

}  // namespace

std::string read_mapped_file(uint32_t pid, uint64_t start, uint64_t end, uint64_t offset, size_t size,
                             const std::string& proc) {
  return read_at(open_regular(proc + "/" + std::to_string(pid) + "/map_files/" + hex(start) + "-" + hex(end)),
                 offset, size);
}

std::function<std::string(uint64_t, size_t)> open_mapped_file(uint32_t pid, std::string_view path,
                                                              uint64_t inode, uint64_t bytes,
                                                              const std::string& proc) {
  const auto file = std::make_shared<RegularFile>();
  // A process that is gone has no root any more; it may have been ours.
  for (const std::string& root : {proc + "/" + std::to_string(pid) + "/root", std::string()}) {
    if (!path.starts_with('/')) break;
    *file = open_regular(root + std::string(path));
    if (file->file && file->inode == inode && file->bytes == bytes) break;
    *file = {};
  }
  return [file](uint64_t offset, size_t size) { return read_at(*file, offset, size); };
}

std::vector<uint64_t> find_kernel_variables(std::span<const std::string_view> names,
                                            const std::string& proc) {
  const std::string symbols = read_kernel_symbols(proc);
  std::vector<uint64_t> out;
  for (const std::string_view name : names) out.push_back(address_of(symbols, name));
  return out;
}

}  // namespace tripline
