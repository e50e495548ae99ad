// SPDX-License-Identifier: Apache-2.0
// The process table: from records, in causal order (merge.h), to Events.
//
// It knows images. A process is one image after another: a fork begins one (the forker's, seen from a new pid), each
// exec the next, and the exit ends the last. An image never changes once it has begun: what its process does to its
// credentials, namespaces or directory afterwards is not shown. Every event of a process names its current image and
// that image's parent:
//
//   begun by                   parent
//   exec, the first of a pid   the process's real parent at that moment (its reaper, for an orphan)
//   exec, any further          the image it replaces
//   fork                       the forker's image, whatever becomes of the forker
//   fork with CLONE_PARENT     the current image of the new parent; name and arguments are still the forker's
//
// A process without a record of its fork (records were lost, or it ran before and the scan of /proc did not see it)
// still has all its events; flag `miss` marks its first image, `unknown` an event of a process without any.
//
// Ended images linger for `linger`, because a dying task still reaches hooks after its exit record; after that
// they are kept only while something living refers to them: as parent, and with ancestors switched on as ancestor
// too. Of those that no process runs at most `capacity` are kept, and at most so many that their paths have `paths`
// bytes; the oldest go first. An image that has lost its parent to this still shows it; its list of ancestors ends
// there.
//
// Arguments and environments are as long as their processes like. Forks share those of their forker; when all that are
// kept have more than `texts` bytes, a new image is kept with the start of its arguments alone, and says so by its
// flags `truncArgs` and `errorEnvs`. Its exec event still has them whole.
//
// A call that has a record of its entry and one of its return is one event, of the process that it was at the entry
// (halves.h). A record with an owner (TrackSock) is an event of that process and thread, whoever ran at the time.
//
// With `cache` off only ids are kept of an image: its exec event is whole but for its parent, all others name the process
// by its pid and start.
//
// Code that a process maps is told once for each file, and not at all of a file without a build id.
//
// The container of a process is that of its cgroup when its image began; forks are in that of their forker. Its pod is
// asked for at that moment, and again when add_pods() is called: the images of a container whose pod was not known then
// have it from now on, and complete() gives it to events that were made before.
//
// There is no clock inside: all times are those of the records, plus the offset the caller gives.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "event/cached_process.h"
#include "event/decode.h"
#include "event/event.h"
#include "event/halves.h"
#include "event/loaded.h"
#include "event/stack.h"

namespace tripline {

// A file that process `tgid` mapped, by what the kernel said of it.
struct MappedFile {
  uint32_t tgid = 0;
  std::string_view path;  // as the process sees it
  uint64_t inode = 0;
  uint64_t bytes = 0;
};

struct ProcessOptions {
  std::string node_name;               // part of every exec_id
  int64_t wall_offset = 0;             // ns from CLOCK_MONOTONIC to the time since 1970
  bool process_cred = false;           // show cap, process_credentials and binary_properties
  bool process_ns = false;             // show ns
  bool environment = false;            // show the variables of environments
  std::vector<std::string> variables;  // of those names; empty: all
  std::function<std::optional<std::string>(uint32_t uid)>
      user_name;  // in the namespaces of the host; null: no names of users
  std::function<void(std::string_view binary, std::string& arguments, std::string& environment)>
      redact;                         // hides what nobody may see, before anything keeps it; null: nothing
  bool ancestors_base = false;        // list ancestors in exec and exit events; false: nowhere
  bool ancestors_kprobe = false;      // and in kprobe events
  bool ancestors_tracepoint = false;  // and in tracepoint events
  bool ancestors_lsm = false;         // and in LSM events
  bool ancestors_uprobe = false;
  bool ancestors_usdt = false;
  bool ancestors_loader = false;       // and in loader events
  bool cache = true;                   // keep more than ids
  uint64_t linger = 5'000'000'000;     // ns that an ended image is kept for hooks its task still reaches
  tl_namespaces host_ns{};             // those of pid 1, for `is_host`
  size_t capacity = 65536;             // images kept that no process runs
  size_t paths = size_t{64} << 20;     // bytes of their binaries and directories
  size_t texts = size_t{64} << 20;     // bytes of long arguments and environments, of all images
  size_t entries = 4096;               // calls kept that have not returned
  std::shared_ptr<StackNamer> stacks;  // names the frames of stacks; null: no stacks in events
  // The container of a cgroup by its place: its id, empty when it is in none or gone; then its name says. Null: nobody
  // knows.
  std::function<std::string(uint64_t cgroup)> container_of;
  // The pod of a container, by the start of the container's id; null when it is not known. Null: pods are not shown.
  std::function<PodViewPtr(std::string_view container)> pod_of;
  // The build id of a file whose record has none; empty when it has none either, absent when that cannot be told. Null:
  // nobody knows.
  std::function<std::optional<std::string>(const MappedFile&)> build_id;
};

// What a scan of /proc finds out about one process that was there before the first record.
struct RunningProcess {
  uint32_t pid = 0;
  uint32_t parent = 0;     // 0: the kernel
  uint64_t start = 0;      // ns since boot; part of the exec_id
  int64_t start_time = 0;  // ns since 1970
  uint32_t pid_in_ns = 0;
  uint32_t ns_level = 0;
  uint32_t auid = 0xffffffff;
  tl_cred cred{};
  tl_namespaces ns{};
  std::string exe;          // target of /proc/PID/exe; may be empty
  std::string argv;         // /proc/PID/cmdline
  bool argv_cut = false;    // it had more
  std::string environment;  // /proc/PID/environ
  bool environment_cut = false;
  std::string cwd;            // empty when it could not be read
  std::string container;      // the id of its container; empty: it is in none
  std::string kernel_thread;  // its name, when it is one
};

class ProcessTable {
 public:
  explicit ProcessTable(ProcessOptions options);

  // Call once, before the first record, with everything the scan found; the programs that write records must have
  // been attached before the scan, so that each process is in one or the other. Returns the exec events of them all but
  // the kernel's threads: the kernel itself, its children, theirs, and so on.
  std::vector<Event> add_running(std::span<const RunningProcess> running);

  // From now on the events of process `tgid` and of all that descend from it by fork have `in_tree`, whether or not
  // the processes in between still run. The process need not be known yet.
  void mark_root(uint32_t tgid);
  [[nodiscard]] bool in_tree(uint32_t tgid) const;

  // The event of a record; none (false) for a fork, nor for the second exit record that a process can have when its last
  // two threads end at once, nor for the entry of a call whose return is still to come. `event` may be one that was used
  // before, whose memory then serves again; all that it said is gone.
  bool consume(const Record& record, Event& event);
  std::optional<Event> consume(const Record& record);
  // The same, and asks whether anybody would look at the event when its processes, its kind and its policy are there, before
  // the rest is made; `ask` null: somebody would. Events of which more records are to come, or for which there is something to be done, are not asked for.
  enum class Outcome : uint8_t { kNone, kEvent, kUnwanted };
  using Ask = std::function<bool(const Event& begun)>;
  Outcome consume(const Record& record, Event& event, const Ask& ask);
  // In place of consume(), for a record whose event nobody would look at. False when the event is needed all the same,
  // because the call's other record is still to come or there is something to be done for it: then nothing has happened.
  bool pass_over(const HookRecord& record);

  // The cgroup of that name is told of again, since `time` (ns, CLOCK_MONOTONIC).
  void show_unthrottled(Event& event, std::string name, uint64_t time) const;

  // Pods have become known. True when there are images that have theirs now and had not before.
  bool add_pods();
  // The processes of `event` with their pods, as far as those are known. True when its own process has all that is to be
  // shown of it.
  bool complete(Event& event);
  // The same by another who knows of pods.
  using PodOf = std::function<PodViewPtr(std::string_view container)>;
  void complete(Event& event, const PodOf& pod_of);

  // All images, in no order; none with `cache` off.
  [[nodiscard]] std::vector<CachedProcess> cached();

  [[nodiscard]] size_t images() const { return images_.size(); }
  [[nodiscard]] const Halves& halves() const { return halves_; }
  // How many images were kept without all of their arguments or environment, for want of room.
  [[nodiscard]] uint64_t shortened() const { return shortened_; }
  // How many were let go while something living referred to them.
  [[nodiscard]] uint64_t evicted() const { return evicted_; }

 private:
  struct ImageKey {
    uint32_t pid = 0;
    uint64_t start = 0;
    bool operator==(const ImageKey&) const = default;
  };
  struct ImageKeyHash {
    size_t operator()(const ImageKey& key) const { return (key.start ^ key.pid) * 0x9E3779B97F4A7C15u >> 17; }
  };
  struct Image {
    // Null when it began by a fork and nobody has asked for it (process_of): most soon give way to an exec.
    std::shared_ptr<const Process> process;
    std::shared_ptr<const Process> forker;  // which it is made of then; null: unknown
    uint64_t forked = 0;                    // time of that fork
    uint32_t pid_in_ns = 0;                 // likewise
    bool in_init_tree = false;
    std::shared_ptr<const Process> parent_process;  // null: unknown
    ImageKey parent;                                // may be gone
    uint32_t children = 0;                          // images in the table whose parent this is
    uint32_t live_children = 0;                     // those that a process runs
    uint32_t all_children = 0;                      // and those that began, ever
    bool live = true;
    bool held = false;  // ended, lingered, still referred to: its key is at `place` in held_
    std::list<ImageKey>::iterator place{};
  };
  struct State {
    ImageKey image;
    bool ended = false;
    bool forked = false;  // no exec yet
    bool in_tree = false;
  };
  struct Ended {
    ImageKey image;
    uint64_t time = 0;
  };

  bool consume(const ForkRecord& record, Event& event);
  bool consume(const ExecRecord& record, Event& event);
  bool consume(const ExitRecord& record, Event& event);
  bool consume(const HookRecord& record, Event& event);
  void show(Event& event, const HookRecord& record);
  void finish(Event& event, const HookRecord& record);
  bool is_loaded(const HookRecord& record, ProcessLoader& loader);
  bool consume(const ThrottleRecord& record, Event& event);
  static bool consume(const DataRecord& /*data*/, Event& /*event*/) { return false; }  // has its place before

  void show_throttle(Event& event, uint64_t time, ProcessThrottle throttle) const;
  void show(Event& event, uint64_t time, EventKind kind, uint32_t tgid, uint32_t tid);
  void show(Event& event, uint64_t time, const State& state, Image& image, bool ancestors);
  void keep_ids(Event& event, Image& image) const;
  void show_ids(Event& event) const;
  [[nodiscard]] static bool has_request(const HookRecord& record);
  static void add_request(Event& event, const HookRecord& record);
  void add_stacks(Payload& payload, const HookRecord& record);

  Image* find(const ImageKey& key);
  State* state_of(uint32_t tgid);
  State* living(uint32_t tgid);
  ImageKey begin(uint32_t pid, uint64_t start, std::shared_ptr<Process> process, const ImageKey* parent);
  ImageKey begin(uint32_t pid, uint64_t start, Image image, const ImageKey* parent);
  const std::shared_ptr<const Process>& process_of(const ImageKey& key, Image& image);
  void set_ids(Process& process, const ImageKey& key, const Image& image) const;
  [[nodiscard]] static size_t path_bytes(const Image& image);
  void end(const ImageKey& key, uint64_t time);
  void retire(uint64_t now);
  void drop(ImageKey key);
  void drop_if_unused(const ImageKey& key);
  [[nodiscard]] bool too_many() const;
  bool take_root(uint32_t tgid);

  [[nodiscard]] int64_t wall(uint64_t time) const {
    // A damaged record has any time.
    return static_cast<int64_t>(time + static_cast<uint64_t>(options_.wall_offset));
  }
  [[nodiscard]] std::string exec_id(uint32_t pid, uint64_t start) const;
  void set_container(Process& process, std::string_view container, uint32_t pid_in_ns);
  [[nodiscard]] std::string_view container_of(const ExecRecord& record);
  std::shared_ptr<const Process> with_pod(const std::shared_ptr<const Process>& process, const PodOf& pod_of);
  void set_identity(Process& process, uint32_t auid, const tl_cred& cred, const tl_namespaces& ns) const;
  [[nodiscard]] SharedText counted(std::string text) const;
  void set_texts(Process& process, std::string_view argv, std::string_view environment) const;
  [[nodiscard]] bool lists_ancestors(EventKind kind) const;
  void add_ancestors(Event& event, const Image& image);

  ProcessOptions options_;
  Halves halves_;
  LoadedFiles loaded_;
  std::unordered_map<ImageKey, Image, ImageKeyHash> images_;
  std::unordered_map<uint32_t, State> processes_;  // by tgid; an ended one until its image is dropped
  std::unordered_set<uint32_t> roots_;             // marked before they were known
  std::deque<Ended> ended_;                        // lingering, in order of their end
  std::list<ImageKey> held_;                       // oldest first
  size_t paths_ = 0;                               // bytes of those of the images in ended_ and held_
  TextSum texts_;                                  // of long arguments and environments
  uint64_t shortened_ = 0;
  uint64_t evicted_ = 0;
  std::unordered_set<std::string> podless_;  // containers of images that were asked for in vain
  std::unordered_map<std::shared_ptr<const Process>, std::shared_ptr<const Process>> with_pods_;
  std::string container_;  // of the cgroup that was asked for last
  uint64_t now_ = 0;       // time of the last record
};

}  // namespace tripline
