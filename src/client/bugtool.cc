// SPDX-License-Identifier: Apache-2.0
#include "client/bugtool.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <google/protobuf/struct.pb.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <expected>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "base/go_text.h"
#include "client/bpf_objects.h"
#include "client/dial.h"
#include "client/exit_status.h"
#include "client/stream.h"
#include "client/tar.h"
#include "serve/message_json.h"
#include "tetragon/sensors.pb.h"

namespace tripline {
namespace {

constexpr const char* kInfoFile = "/var/run/tetragon/tetragon-info.json";
constexpr const char* kExtraFiles = "/var/run/tetragon/tetragon-bugtool-extra-files.json";
constexpr size_t kLargestFile = size_t{256} << 20;
constexpr int kCommandTime = 30'000;  // milliseconds

using Got = std::expected<std::string, std::string>;

int complain(const std::string& message) {
  fmt::print(stderr, "Error: {}\n", message);
  return kFailed;
}

Got read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::unexpected("open " + path + ": " + go_error(errno));
  std::string text;
  std::array<char, 65536> block{};
  while (text.size() < kLargestFile && (file.read(block.data(), block.size()), file.gcount() > 0))
    text.append(block.data(), static_cast<size_t>(file.gcount()));
  return text;
}

// Until the other side has nothing more, or the time is over.
std::string read_all(int fd, int milliseconds) {
  std::string out;
  std::array<char, 65536> block{};
  pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
  while (out.size() < kLargestFile && poll(&ready, 1, milliseconds) > 0) {
    const ssize_t count = read(fd, block.data(), block.size());
    if (count <= 0) break;
    out.append(block.data(), static_cast<size_t>(count));
  }
  return out;
}

// What a command of this machine prints.
Got output_of(std::vector<std::string> words) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return std::unexpected("pipe: " + go_error(errno));
  const Fd from(ends[0]);
  Fd to(ends[1]);
  std::vector<char*> args;
  for (std::string& word : words) args.push_back(word.data());
  args.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, to.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, to.get(), STDERR_FILENO);
  pid_t child = 0;
  const int problem = posix_spawnp(&child, args[0], &actions, nullptr, args.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  to.reset();
  if (problem != 0) return std::unexpected(words[0] + ": " + go_error(problem));
  std::string out = read_all(from.get(), kCommandTime);
  kill(child, SIGKILL);  // when it hangs; one that has ended does not mind
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return out;
}

Got fetch(const std::string& address, const std::string& path) {
  const auto socket = dial(address.starts_with(':') ? "localhost" + address : address);
  if (!socket) return std::unexpected(socket.error());
  const std::string request = "GET " + path + " HTTP/1.0\r\nHost: localhost\r\n\r\n";
  if (send(socket->get(), request.data(), request.size(), MSG_NOSIGNAL) < 0)
    return std::unexpected("write " + address + ": " + go_error(errno));
  const std::string answer = read_all(socket->get(), 5000);
  const size_t body = answer.find("\r\n\r\n");
  if (body == std::string::npos) return std::unexpected("no answer of " + address);
  return answer.substr(body + 4);
}

class Report {
 public:
  explicit Report(std::time_t now)
      : archive_(now), top_(fmt::format("tetragon-bugtool-{:%Y%m%d%H%M%S}", fmt::gmtime(now))) {}

  void add(const std::string& name, const Got& content) {
    if (content) {
      archive_.add(top_ + "/" + name, *content);
      log_ += fmt::format("level=info msg=\"added\" name={}\n", name);
    } else {
      log_ += fmt::format("level=warn msg=\"left out\" name={} error={}\n", name, go_quoted(content.error()));
    }
  }
  std::string finished() {
    archive_.add(top_ + "/tetragon-bugtool.log", log_);
    return archive_.compressed();
  }

 private:
  TarArchive archive_;
  std::string top_;
  std::string log_;
};

// What the agent left in its folder for its clients.
struct Info {
  google::protobuf::Struct members;
  [[nodiscard]] std::string text(const std::string& name) const {
    const auto found = members.fields().find(name);
    return found == members.fields().end() ? std::string() : found->second.string_value();
  }
  [[nodiscard]] int pid() const {
    const auto found = members.fields().find("pid");
    return found == members.fields().end() ? 0 : static_cast<int>(found->second.number_value());
  }
};

template <typename Response, typename Request>
Got asked(Channel& channel, std::string_view method, const Request& request) {
  Response response;
  const auto done = channel.call(method, request, response);
  if (!done) return std::unexpected(done.error());
  return message_to_json(response) + "\n";
}

void add_of_agent(Report& report, Channel& channel) {
  tetragon::GetInfoResponse info;
  const auto done = channel.call("GetInfo", tetragon::GetInfoRequest(), info);
  report.add("info.json", done ? Got(info_json(info) + "\n") : std::unexpected(done.error()));
  report.add("tracing-policies.json",
             asked<tetragon::ListTracingPoliciesResponse>(channel, "ListTracingPolicies",
                                                          tetragon::ListTracingPoliciesRequest()));
  tetragon::GetDebugRequest cache;
  cache.set_flag(tetragon::CONFIG_FLAG_DUMP_PROCESS_CACHE);
  cache.mutable_dump();
  report.add("processcache.json", asked<tetragon::GetDebugResponse>(channel, "GetDebug", cache));
}

Got bpf_programs() {
  const auto programs = all_programs();
  if (!programs) return std::unexpected(programs.error().text());
  std::string out;
  for (const BpfProgram& program : *programs)
    out += fmt::format("{}\t{}\t{} runs\t{} ns\t{} missed\n", program.id, program.name, program.runs,
                       program.time.count(), program.missed);
  return out;
}

Got bpf_maps() {
  const auto maps = all_maps();
  if (!maps) return std::unexpected(maps.error().text());
  std::string out;
  for (const BpfMap& map : *maps)
    out += fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{} bytes\n", map.id, map.name, map_type_name(map.type),
                       map.key_size, map.value_size, map.max_entries, map.memory);
  return out;
}

void add_of_machine(Report& report, const flags::Parsed& parsed, const Info& info) {
  if (const std::string path = info.text("export_fname"); !path.empty())
    report.add("tetragon.log", read_file(path));
  if (const std::string address = info.text("metrics_address"); !address.empty())
    report.add("metrics", fetch(address, "/metrics"));
  const std::string types = info.text("btf_fname");
  report.add("btf", read_file(types.empty() ? "/sys/kernel/btf/vmlinux" : types));
  report.add("dmesg.out", output_of({"dmesg"}));
  report.add("tc-info.out", output_of({"tc", "-d", "filter", "show"}));
  report.add("bpf-programs.txt", bpf_programs());
  report.add("bpf-maps.txt", bpf_maps());
  const std::string tool = parsed.text("bpftool").empty() ? "bpftool" : parsed.text("bpftool");
  report.add("bpftool-maps.json", output_of({tool, "map", "show", "-j"}));
  report.add("bpftool-progs.json", output_of({tool, "prog", "show", "-j"}));
  report.add("bpftool-cgroups.json", output_of({tool, "cgroup", "tree", "-j"}));
  report.add("trace", read_file("/sys/kernel/tracing/trace"));
  if (info.pid() <= 0) return;
  const std::string process = fmt::format("/proc/{}", info.pid());
  for (const char* file : {"maps", "smaps_rollup", "status", "cgroup", "limits"})
    report.add(file == std::string_view("maps") ? "pmap.out" : fmt::format("process-{}", file),
               read_file(process + "/" + file));
  report.add(
      "memory-cgroup",
      output_of({"sh", "-c", "cat /sys/fs/cgroup$(sed -n s/^0:://p " + process + "/cgroup)/memory.stat"}));
}

// Files that the agent named for this: [{"name":...,"path":...}].
void add_extra(Report& report) {
  const auto text = read_file(kExtraFiles);
  if (!text) return;
  google::protobuf::Struct whole;
  // A list alone is no message.
  if (!message_from_json("{\"all\":" + *text + "}", whole)) return;
  for (const auto& each : whole.fields().at("all").list_value().values()) {
    const auto& members = each.struct_value().fields();
    const auto path = members.find("path");
    if (path == members.end()) continue;
    const std::string& file = path->second.string_value();
    report.add("extra/" + std::filesystem::path(file).filename().string(), read_file(file));
  }
}

bool write_whole(std::FILE* file, const std::string& bytes) {
  return std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size() && std::fflush(file) == 0;
}

}  // namespace

int collect_bug_report(const flags::Parsed& parsed, Channel& channel) {
  Report report(std::time(nullptr));
  const auto text = read_file(kInfoFile);
  report.add("tetragon-info.json", text);
  Info info;
  if (text) (void)message_from_json(*text, info.members);
  add_of_agent(report, channel);
  add_of_machine(report, parsed, info);
  add_extra(report);
  const std::string archive = report.finished();
  const std::string& path = parsed.text("out");
  if (path == "-") return write_whole(stdout, archive) ? 0 : complain("write: " + go_error(errno));
  std::ofstream file(path, std::ios::binary);
  if (!(file << archive << std::flush)) return complain("open " + path + ": " + go_error(errno));
  return 0;
}

}  // namespace tripline
