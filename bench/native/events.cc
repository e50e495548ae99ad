// SPDX-License-Identifier: Apache-2.0
// What the user half of an event costs: `bench_events CASE N` takes the records of N operations from the bytes of two rings
// to lines of text and throws these away. Only measured() is counted, by whoever runs it (native.py). Ends with 1 when
// there are not as many lines as there should be.
//
//   opened, opened-compact   a call of a policy that shows a descriptor and a path, as JSON and as compact lines
//   opened-counted           the same as JSON, and counted for metrics
//   opened-pod               the first as JSON, of a process in a pod
//   lived-pod                the last, in a pod
//   opened-fields            the first as JSON that has lost some fields
//   lived                    a fork, an exec and an exit
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "abi/record.h"
#include "abi/value.h"
#include "event/data.h"
#include "event/decode.h"
#include "event/merge.h"
#include "event/process.h"
#include "filter/parse_lists.h"
#include "metrics/event_counts.h"
#include "object/object.h"
#include "pods/store.h"
#include "render/compact.h"
#include "render/json.h"
#include "render/text_buffer.h"

using namespace tripline;

namespace {

constexpr uint32_t kShell = 10, kCaller = 20, kFirstChild = 1000, kSchema = 7;
constexpr uint64_t kTick = 12'345;  // ns from record to record
constexpr size_t kRound = 500;      // operations

// Records as programs write them to a ring, one behind the other.
class Ring {
 public:
  template <typename Layout>
  void add(Layout layout, std::string_view rest = {}) {
    const auto size = static_cast<uint32_t>(sizeof(layout) + rest.size());
    std::memcpy(&layout, &size, sizeof(size));
    ends_.push_back((ends_.empty() ? 0 : ends_.back()) + size);
    bytes_.append(reinterpret_cast<const char*>(&layout), sizeof(layout)).append(rest);
  }
  void drain(std::vector<RawRecord>& records) {
    for (; read_ < ends_.size(); ++read_) {
      const size_t begin = read_ == 0 ? 0 : ends_[read_ - 1];
      records.push_back(
          {std::as_bytes(std::span(bytes_)).subspan(begin, ends_[read_] - begin), ends_[read_]});
    }
  }

 private:
  std::string bytes_;
  std::vector<size_t> ends_;
  size_t read_ = 0;
};

struct Round {
  Ring life, policy;
};

struct OpenRecord {
  tl_record head;
  tl_number fd;
  tl_path path;
};

Schema open_schema() {
  return {.id = kSchema,
          .kind = EventKind::kKprobe,
          .policy = "bench-equal",
          .call = "fd_install",
          .function = "fd_install",
          .fixed_size = sizeof(OpenRecord),
          .fields = {{FieldType::kInt, offsetof(OpenRecord, fd), ""},
                     {FieldType::kFile, offsetof(OpenRecord, path), ""}},
          .selectors = {{ActionName::kPost, 0, ""}}};
}

// The operations of a workload, in rounds.
class Workload {
 public:
  explicit Workload(std::string_view cgroup) : cgroup_(cgroup) {}
  std::vector<Round> opened(size_t times) {
    return rounds(times, [this](Round& round, size_t) {
      const std::string_view path = "/tmp/tetragon";
      OpenRecord open{.head = head(TL_RECORD_HOOK, kCaller), .fd = {.number = 3}, .path = {.mode = 0100644}};
      open.head.schema = kSchema;
      open.path.head.size = static_cast<uint32_t>(path.size());
      round.policy.add(open, path);
    });
  }
  std::vector<Round> lived(size_t times) {
    return rounds(times, [this](Round& round, size_t at) {
      const auto pid = static_cast<uint32_t>(kFirstChild + at);
      start(round, pid, kCaller, "/usr/bin/true");
      round.life.add(tl_exit{.head = head(TL_RECORD_EXIT, pid)});
    });
  }
  // The process that does it all.
  Round caller() {
    Round round;
    start(round, kCaller, kShell, "/usr/local/bin/bench_workload");
    return round;
  }

 private:
  tl_record head(uint16_t kind, uint32_t pid) {
    return {.kind = kind, .time = time_ += kTick, .tgid = pid, .tid = pid};
  }
  void start(Round& round, uint32_t pid, uint32_t parent, const std::string& binary) {
    round.life.add(
        tl_fork{.head = head(TL_RECORD_FORK, pid), .forker = parent, .parent = parent, .pid_in_ns = pid});
    const std::string cwd = "/root", argv = binary + '\0' + "--times" + '\0' + "20000" + '\0';
    tl_exec exec{.head = head(TL_RECORD_EXEC, pid), .parent = parent, .pid_in_ns = pid, .auid = 0xffffffff};
    exec.links = 1;
    cgroup_.copy(exec.cgroup_name, sizeof(exec.cgroup_name) - 1);
    exec.inode = 5;
    exec.name_size = static_cast<uint32_t>(binary.size());
    exec.cwd_size = static_cast<uint32_t>(cwd.size());
    exec.args_size = static_cast<uint32_t>(argv.size());
    round.life.add(exec, binary + cwd + argv);
  }
  static std::vector<Round> rounds(size_t times, const std::function<void(Round&, size_t)>& add) {
    std::vector<Round> out((times + kRound - 1) / kRound);
    for (size_t at = 0; at < times; ++at) add(out[at / kRound], at);
    return out;
  }

  std::string_view cgroup_;  // of all
  uint64_t time_ = 1'000'000'000;
};

constexpr std::string_view kContainer = "4f1c6b2a9d3e5f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8";

// As a Deployment makes them.
PodStore pods_of_node() {
  PodStore store({});
  Pod pod{
      .uid = "7d0a9f0e-6a5c-4a9e-9f35-1f2a8c6b7d10",
      .name_space = "shop",
      .name = "web-6d4cf56db6-x7k2p",
      .generate_name = "web-6d4cf56db6-",
      .labels = {{"app", "web"}, {"app.kubernetes.io/part-of", "shop"}, {"pod-template-hash", "6d4cf56db6"}},
      .controller = Owner{"apps/v1", "ReplicaSet", "web-6d4cf56db6"}};
  pod.containers.push_back({.id = std::string(kContainer),
                            .runtime = "containerd",
                            .name = "main",
                            .image = "docker.io/library/nginx:1.27",
                            .image_id = "docker.io/library/nginx@sha256:" + std::string(64, '0'),
                            .state = Container::State::kRunning,
                            .started_at = 1'700'000'000'000'000'000});
  (void)store.put(std::move(pod));
  return store;
}

using Format = std::function<void(TextBuffer&, const Event&)>;

// What an agent and its output do with the records (src/agent/agent.cc, src/main/output.cc).
class Reader {
 public:
  Reader(Format format, ProcessOptions options) : format_(std::move(format)), table_(std::move(options)) {
    schemas_.add(open_schema());
    const RunningProcess shell{
        .pid = kShell, .start = 1, .exe = "/usr/bin/bash", .argv = std::string("bash\0-l\0", 8)};
    table_.add_running({&shell, 1});
  }
  void round(Round& round) {
    merge_.round([&](std::vector<RawRecord>& to) { round.life.drain(to); },
                 [&](std::vector<RawRecord>& to) { round.policy.drain(to); },
                 [&](const RawRecord& record, Lane) { take(record.bytes); });
    flush();
  }
  [[nodiscard]] size_t lines() const { return lines_; }

 private:
  void take(ByteSpan bytes) {
    Result<Record> record = decode_record(bytes, schemas_);
    if (!record) return;
    if (auto* hook = std::get_if<HookRecord>(&*record)) data_.complete(*hook);
    if (!table_.consume(*record, event_)) return;
    format_(out_, event_);
    out_.add('\n');
    ++lines_;
    if (out_.size() >= size_t{128} << 10) flush();
  }
  void flush() {
    if (write(null_, out_.view().data(), out_.size()) < 0) std::abort();
    out_.clear();
  }

  Format format_;
  SchemaTable schemas_;
  ProcessTable table_;
  PendingData data_;
  Event event_;
  RecordMerge merge_;
  TextBuffer out_;
  size_t lines_ = 0;
  int null_ = open("/dev/null", O_WRONLY | O_CLOEXEC);
};

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): known by that name
extern "C" [[gnu::noinline]] void measured(Reader& reader, std::vector<Round>& rounds) {
  for (Round& round : rounds) reader.round(round);
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::string_view what = argv[1];
  const size_t times = std::strtoul(argv[2], nullptr, 10);
  const Node node{"node", ""};
  JsonWriter json(node);
  Format format = [&](TextBuffer& out, const Event& event) { json.write(out, event); };
  if (what == "opened-compact")
    format = [&](TextBuffer& out, const Event& event) { out.add(to_compact(event, node, {})); };
  EventCounts counts({.binary = true, .node_name = true}, node.name);
  if (what == "opened-counted") {
    format = [&](TextBuffer& out, const Event& event) {
      counts.add(event);
      json.write(out, event);
    };
  }
  auto filters = compile_export_lists(
      {{},
       {},
       R"({"fields":"process.exec_id,process.binary,process.arguments,parent.binary,function_name,args"}
                  {"fields":"process.arguments,args.label","action":"EXCLUDE"})"},
      {});
  TextBuffer whole;
  std::string left;
  if (what == "opened-fields") {
    format = [&](TextBuffer& out, const Event& event) {
      whole.clear();
      left.clear();
      json.write(whole, event);
      if (!filters->fields.cut(whole.view(), left)) std::abort();
      out.add(left);
    };
  }
  const bool in_pod = what.ends_with("-pod");
  PodStore pods = pods_of_node();
  ProcessOptions options{.node_name = "node", .wall_offset = 1'700'000'000'000'000'000};
  if (in_pod) options.pod_of = [&](std::string_view container) { return pods.find(container); };
  const std::string cgroup = in_pod ? "cri-containerd-" + std::string(kContainer) + ".scope" : "ssh.service";
  Workload workload(cgroup);
  Reader reader(std::move(format), std::move(options));
  Round caller = workload.caller();
  reader.round(caller);
  const bool life = what.starts_with("lived");
  std::vector<Round> rounds = life ? workload.lived(times) : workload.opened(times);
  const size_t before = reader.lines();
  measured(reader, rounds);
  const size_t wanted = life ? 2 * times : times;
  if (reader.lines() - before == wanted) return 0;
  std::fprintf(stderr, "%zu lines instead of %zu\n", reader.lines() - before, wanted);
  return 1;
}
