// SPDX-License-Identifier: Apache-2.0
#include "event/process.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <string_view>
#include <utility>

#include "event/payload.h"
#include "event/text.h"

namespace tripline {
namespace {

constexpr size_t kLongName = 254;     // bytes of a file name that make it `dataFilename`
constexpr size_t kInlineBytes = 960;  // bytes of file name and arguments that make these `dataArgs`
constexpr size_t kLongNameBytes =
    32;  // what a long file name counts there: it is elsewhere, and this says where
constexpr size_t kShortText = 1024;  // bytes of arguments that are kept when there is no room for more
constexpr uint64_t kKernelStart = 1;

// In the order in which the flags text names them.
#define TRIPLINE_IMAGE_FLAGS(X)               \
  X(kExecve, "execve")                        \
  X(kProcFs, "procFS")                        \
  X(kErrorEnvironment, "errorEnvs")           \
  X(kTruncArgs, "truncArgs")                  \
  X(kMiss, "miss")                            \
  X(kErrorFilename, "errorFilename")          \
  X(kErrorArgs, "errorArgs")                  \
  X(kNoCwd, "nocwd")                          \
  X(kRootCwd, "rootcwd")                      \
  X(kErrorCwd, "errorCWD")                    \
  X(kClone, "clone")                          \
  X(kIncompleteCwd, "errorPathResolutionCwd") \
  X(kDataFilename, "dataFilename")            \
  X(kDataArgs, "dataArgs")                    \
  X(kInInitTree, "inInitTree")

enum ImageFlag : uint32_t {
#define TRIPLINE_FLAG_VALUE(name, text) name,
  TRIPLINE_IMAGE_FLAGS(TRIPLINE_FLAG_VALUE)
#undef TRIPLINE_FLAG_VALUE
};

constexpr std::string_view kFlagTexts[] = {
#define TRIPLINE_FLAG_TEXT(name, text) text,
    TRIPLINE_IMAGE_FLAGS(TRIPLINE_FLAG_TEXT)
#undef TRIPLINE_FLAG_TEXT
};

class Flags {
 public:
  void set(ImageFlag flag, bool on = true) { bits_ |= static_cast<uint32_t>(on) << flag; }
  [[nodiscard]] bool has(ImageFlag flag) const { return bits_ >> flag & 1; }
  [[nodiscard]] std::string text() const {
    std::string text;
    for (uint32_t left = bits_; left != 0; left &= left - 1) {
      if (!text.empty()) text += ' ';
      text += kFlagTexts[std::countr_zero(left)];
    }
    return text;
  }

 private:
  uint32_t bits_ = 0;
};

// Whether a process with this id in its own pid namespace is the first of that namespace, which is not the root one.
bool is_namespace_init(uint32_t pid_in_ns, uint32_t ns_level) { return ns_level > 0 && pid_in_ns == 1; }

// Bytes of argv[1..], NULs included.
size_t argument_bytes(std::string_view argv) {
  size_t first = argv.find('\0');
  return first == std::string_view::npos ? 0 : argv.size() - first - 1;
}

bool are_data_arguments(std::string_view name, std::string_view argv) {
  size_t bytes = argument_bytes(argv);
  size_t taken = name.size() >= kLongName ? kLongNameBytes : name.size();
  return bytes > 0 && bytes + taken >= kInlineBytes;
}

void set_directory(Process& process, Flags& flags, const ExecRecord& record) {
  bool root = record.flags & TL_EXEC_CWD_ROOT || record.cwd == "/";
  flags.set(kRootCwd, root);
  flags.set(kErrorCwd, record.flags & TL_EXEC_CWD_UNREADABLE);
  flags.set(kIncompleteCwd, record.flags & TL_EXEC_CWD_INCOMPLETE);
  if (record.flags & TL_EXEC_CWD_UNREADABLE) return;
  process.cwd = root ? "/" : to_valid_utf8(record.cwd);
}

Capabilities capabilities_of(const tl_cred& cred) {
  return {cred.permitted, cred.effective, cred.inheritable};
}

Credentials credentials_of(const tl_cred& cred) {
  return {cred.uid,  cred.gid,   cred.euid,  cred.egid,      cred.suid,
          cred.sgid, cred.fsuid, cred.fsgid, cred.securebits};
}

Namespaces namespaces_of(const tl_namespaces& ns, const tl_namespaces& host) {
  Namespaces all;
#define TRIPLINE_COPY_NAMESPACE(name) all.name = {ns.name, ns.name == host.name};
  TRIPLINE_NAMESPACES(TRIPLINE_COPY_NAMESPACE)
#undef TRIPLINE_COPY_NAMESPACE
  return all;
}

std::optional<BinaryProperties> properties_of(const ExecRecord& record) {
  BinaryProperties properties;
  if (record.flags & TL_EXEC_SETUID) {
    properties.setuid = record.cred.euid;
    properties.raised_by_setuid = record.cred.euid == 0 && record.cred.uid != 0;
  }
  if (record.flags & TL_EXEC_SETGID) {
    properties.setgid = record.cred.egid;
    properties.raised_by_setgid = record.cred.egid == 0 && record.cred.gid != 0;
  }
  properties.raised_by_file_caps = record.flags & TL_EXEC_FILE_CAPS;
  if (record.links == 0 && record.inode != 0) properties.inode = {record.inode, record.links};
  if (properties == BinaryProperties{}) return std::nullopt;
  return properties;
}

ProcessExit exit_of(uint32_t code) {
  uint32_t signal = code & 0x7f;
  if (signal != 0) return {std::string(signal_name(signal)), 0};
  return {{}, code >> 8 & 0xff};
}

// Whose the event is when it is not the running task's.
std::optional<tl_owner> owner_of(const HookRecord& record) {
  for (const FieldValue& value : record.fields) {
    const auto* owner = std::get_if<tl_owner>(&value.fixed);
    if (owner && value.status == TL_VALUE_OK && owner->tgid != 0) return *owner;
  }
  return std::nullopt;
}

Process found_process(const RunningProcess& running) {
  Process process{.pid = running.pid, .start_time = running.start_time};
  process.cwd = to_valid_utf8(running.cwd);
  if (!running.kernel_thread.empty())
    process.binary = "[" + to_valid_utf8(running.kernel_thread) + "]";
  else if (!running.exe.empty())
    process.binary = to_valid_utf8(running.exe);
  else
    process.binary = to_valid_utf8(std::string_view(running.argv).substr(0, running.argv.find('\0')));
  return process;
}

bool is_long(const Process& process) {
  return process.arguments.size() > kShortText || process.environment.size() > kShortText;
}

// What is kept of `process`, whose flags are `flags`, when there is no room for all of it.
Process keep_short(Process process, Flags flags) {
  flags.set(kTruncArgs, flags.has(kTruncArgs) || process.arguments.size() > kShortText);
  flags.set(kErrorEnvironment, flags.has(kErrorEnvironment) || !process.environment.empty());
  process.flags = flags.text();
  process.arguments = to_valid_utf8(std::string_view(process.arguments).substr(0, kShortText));
  process.environment = {};
  return process;
}

}  // namespace

ProcessTable::ProcessTable(ProcessOptions options)
    : options_(std::move(options)),
      halves_(options_.entries),
      texts_(std::make_shared<std::atomic<size_t>>(0)) {
  auto kernel = std::make_shared<Process>(
      Process{.uid = 0, .binary = "<kernel>", .flags = "procFS", .in_init_tree = false});
  kernel->start_time = wall(kKernelStart);
  processes_[0] = {.image = begin(0, kKernelStart, kernel, nullptr)};
  kernel->parent_exec_id = kernel->exec_id;  // to whoever is shown it
}

std::vector<Event> ProcessTable::add_running(std::span<const RunningProcess> running) {
  std::vector<const RunningProcess*> order;
  for (const RunningProcess& process : running) order.push_back(&process);
  // A parent is older than its child, except that an orphan's new parent may be younger; then it shows none.
  std::ranges::sort(order, {},
                    [](const RunningProcess* process) { return std::pair(process->start, process->pid); });
  std::unordered_map<uint32_t, const RunningProcess*> waiting;
  for (const RunningProcess* process : order) waiting[process->pid] = process;

  struct Found {
    uint32_t generation = 0;
    Event event;
  };
  std::vector<Found> found;
  std::unordered_map<uint32_t, uint32_t> generations;  // by pid
  const auto note = [&](const State& state, uint32_t generation, int64_t start_time) {
    Image& image = *find(state.image);
    Event event;
    show(event, 0, state, image, options_.ancestors_base);
    event.time = start_time;
    event.process.refcnt = 0;
    event.payload = ProcessExec{};
    if (generation == 0) event.parent = event.process;  // the kernel is its own
    keep_ids(event, image);
    found.push_back({generation, std::move(event)});
  };
  note(processes_[0], 0, wall(kKernelStart));
  auto add = [&](auto& self, const RunningProcess& entry) -> void {
    waiting.erase(entry.pid);
    auto parent = waiting.find(entry.parent);
    if (parent != waiting.end()) self(self, *parent->second);
    const State* above = living(entry.parent);
    const Image* above_image = above ? find(above->image) : nullptr;
    auto made = std::make_shared<Process>(found_process(entry));
    Process& process = *made;
    set_texts(process, entry.argv, entry.environment);
    Flags flags;
    flags.set(kProcFs);
    flags.set(kErrorEnvironment, entry.environment_cut);
    flags.set(kTruncArgs, entry.argv_cut);
    flags.set(kNoCwd, entry.cwd.empty());
    flags.set(kRootCwd, entry.cwd == "/");
    process.in_init_tree =
        is_namespace_init(entry.pid_in_ns, entry.ns_level) || (above_image && above_image->in_init_tree);
    flags.set(kInInitTree, *process.in_init_tree);
    process.flags = flags.text();
    set_identity(process, entry.auid, entry.cred, entry.ns);
    set_container(process, entry.container, entry.pid_in_ns);
    State state{.in_tree = take_root(entry.pid) || (above && above->in_tree)};
    state.image = begin(entry.pid, entry.start, std::move(made), above ? &above->image : nullptr);
    processes_[entry.pid] = state;
    const uint32_t generation = generations[entry.pid] = generations[entry.parent] + 1;
    if (entry.kernel_thread.empty()) note(state, generation, entry.start_time);
  };
  for (const RunningProcess* process : order)
    if (waiting.contains(process->pid)) add(add, *process);
  std::ranges::stable_sort(found, {}, &Found::generation);
  std::vector<Event> events;
  for (Found& one : found) events.push_back(std::move(one.event));
  return events;
}

void ProcessTable::mark_root(uint32_t tgid) {
  if (State* state = living(tgid))
    state->in_tree = true;
  else
    roots_.insert(tgid);
}

bool ProcessTable::in_tree(uint32_t tgid) const {
  auto found = processes_.find(tgid);
  return roots_.contains(tgid) || (found != processes_.end() && found->second.in_tree);
}

bool ProcessTable::take_root(uint32_t tgid) { return roots_.erase(tgid) > 0; }

bool ProcessTable::consume(const Record& record, Event& event) {
  now_ = head(record).time;
  retire(now_);
  event.requests.clear();
  event.why = {};
  return std::visit([&](const auto& any) { return consume(any, event); }, record);
}

bool ProcessTable::pass_over(const HookRecord& record) {
  if (record.schema->half != Half::kWhole || has_request(record)) return false;
  now_ = record.head.time;
  retire(now_);
  return true;
}

std::optional<Event> ProcessTable::consume(const Record& record) {
  std::optional<Event> event(std::in_place);
  if (!consume(record, *event)) event.reset();
  return event;
}

bool ProcessTable::consume(const ForkRecord& record, Event& /*event*/) {
  uint32_t pid = record.head.tgid;
  // It lives already when its exit was lost, or when the scan of /proc saw it and only now comes its fork.
  if (const State* old = living(pid)) end(ImageKey(old->image), record.head.time);

  const State* forker = living(record.forker);
  const State* parent = living(record.parent);
  Image image{.forked = record.head.time, .pid_in_ns = record.pid_in_ns};
  if (Image* above = forker ? find(forker->image) : nullptr) {
    image.forker = process_of(forker->image, *above);
    image.in_init_tree = above->in_init_tree;
  }
  if (is_namespace_init(record.pid_in_ns, record.ns_level)) image.in_init_tree = true;
  State state{.forked = true, .in_tree = take_root(pid) || (forker && forker->in_tree)};
  state.image = begin(pid, record.head.time, std::move(image), parent ? &parent->image : nullptr);
  processes_[pid] = state;
  return false;
}

bool ProcessTable::consume(const ExecRecord& record, Event& event) {
  uint32_t pid = record.head.tgid;
  const State* state = living(pid);
  const State* real_parent = living(record.parent);
  bool first = !state || state->forked;
  const State* parent = first ? real_parent : state;
  const State* inherit = state ? state : real_parent;
  const Image* inherited = inherit ? find(inherit->image) : nullptr;

  auto made = std::make_shared<Process>();
  Process& process = *made;
  process.pid = pid;
  process.start_time = wall(record.head.time);
  Flags flags;
  flags.set(kExecve);
  flags.set(kErrorEnvironment, options_.environment && record.flags & TL_EXEC_ENVIRONMENT_MISSING);
  flags.set(kTruncArgs, record.flags & TL_EXEC_ARGS_TRUNCATED);
  flags.set(kMiss, !state || !parent);
  flags.set(kErrorFilename, record.flags & TL_EXEC_NAME_TRUNCATED);
  flags.set(kErrorArgs, record.flags & TL_EXEC_ARGS_UNREADABLE);
  flags.set(kClone, state && first);
  flags.set(kDataFilename, record.name.size() >= kLongName);
  flags.set(kDataArgs, are_data_arguments(record.name, record.argv));
  set_directory(process, flags, record);
  process.in_init_tree =
      is_namespace_init(record.pid_in_ns, record.ns_level) || (inherited && inherited->in_init_tree);
  flags.set(kInInitTree, *process.in_init_tree);
  process.flags = flags.text();
  process.binary = binary_path(record.name, record.cwd);
  set_texts(process, record.argv, record.environment);
  set_identity(process, record.auid, record.cred, record.ns);
  set_container(process, container_of(record), record.pid_in_ns);

  State next{.in_tree = take_root(pid) || (inherit && inherit->in_tree)};
  std::shared_ptr<Process> whole;  // what the event shows when less than that is kept
  if (is_long(process) && texts_->load(std::memory_order_relaxed) > options_.texts) {
    whole = std::make_shared<Process>(process);
    process = keep_short(std::move(process), flags);
  }
  next.image = begin(pid, record.head.time, std::move(made), parent ? &parent->image : nullptr);
  if (state) end(ImageKey(state->image), record.head.time);
  processes_[pid] = next;

  show(event, record.head.time, next, *find(next.image), options_.ancestors_base);
  if (whole != nullptr) {
    shortened_++;
    whole->exec_id = event.process.process->exec_id;
    whole->parent_exec_id = event.process.process->parent_exec_id;
    event.process.process = std::move(whole);
  }
  auto& payload = event.payload.emplace<ProcessExec>();
  if (options_.process_cred) payload.binary_properties = properties_of(record);
  event.process.refcnt = payload.binary_properties ? 1 : 0;
  keep_ids(event, *find(next.image));
  return true;
}

bool ProcessTable::consume(const ExitRecord& record, Event& event) {
  State* state = living(record.head.tgid);
  Image* image = state ? find(state->image) : nullptr;
  if (!image) return false;
  loaded_.forget(record.head.tgid);
  end(state->image, record.head.time);
  state->ended = true;
  show(event, record.head.time, *state, *image, options_.ancestors_base);
  event.process.refcnt = state->forked ? 1 : 0;
  event.payload = exit_of(record.code);
  show_ids(event);
  return true;
}

bool ProcessTable::consume(const ThrottleRecord& record, Event& event) {
  show_throttle(event, record.head.time, {ProcessThrottle::Type::kStart, to_valid_utf8(record.name)});
  return true;
}

void ProcessTable::show_unthrottled(Event& event, std::string name, uint64_t time) const {
  show_throttle(event, time, {ProcessThrottle::Type::kStop, std::move(name)});
}

// Of no process.
void ProcessTable::show_throttle(Event& event, uint64_t time, ProcessThrottle throttle) const {
  event = {.time = wall(time), .payload = std::move(throttle)};
}

bool ProcessTable::has_request(const HookRecord& record) {
  const ActionName action = record.schema->selectors[record.selector].action;
  return action == ActionName::kGetUrl || action == ActionName::kDnsLookup;
}

void ProcessTable::add_request(Event& event, const HookRecord& record) {
  if (!has_request(record)) return;
  const SelectorInfo& selector = record.schema->selectors[record.selector];
  event.requests.push_back({action_of(selector.action), selector.target});
}

// Is it to be told that the process of `record` mapped the file?
bool ProcessTable::is_loaded(const HookRecord& record, ProcessLoader& loader) {
  if (!loaded_.add(record.head.tgid, loader.path)) return false;
  if (!loader.build_id.empty() || !options_.build_id) return true;
  MappedFile file{.tgid = record.head.tgid};
  for (const FieldValue& value : record.fields) {
    if (std::holds_alternative<tl_path>(value.fixed)) file.path = value.bytes;
    if (const auto* id = std::get_if<tl_build_id>(&value.fixed)) {
      file.inode = id->inode;
      file.bytes = id->bytes;
    }
  }
  std::optional<std::string> found = options_.build_id(file);
  if (found) loader.build_id = *std::move(found);
  return !found || !loader.build_id.empty();
}

// The process is that which the record is of.
void ProcessTable::show(Event& event, const HookRecord& record) {
  const std::optional<tl_owner> owner = owner_of(record);
  show(event, record.head.time, record.schema->kind, owner ? owner->tgid : record.head.tgid,
       owner ? owner->tid : record.head.tid);
}

void ProcessTable::finish(Event& event, const HookRecord& record) {
  add_stacks(event.payload, record);
  add_request(event, record);
  if (record.schema->kind == EventKind::kLoader) return;  // its events are of no policy
  const bool is_return = record.schema->half == Half::kReturn;
  (is_return ? event.why.returned : event.why.entered) = record.schema->selectors[record.selector].reason;
}

ProcessTable::Outcome ProcessTable::consume(const Record& record, Event& event, const Ask& ask) {
  const auto* hook = std::get_if<HookRecord>(&record);
  const bool asks = ask && hook != nullptr && hook->schema->half == Half::kWhole && !has_request(*hook) &&
                    hook->schema->kind != EventKind::kLoader;
  if (!asks) return consume(record, event) ? Outcome::kEvent : Outcome::kNone;
  now_ = hook->head.time;
  retire(now_);
  event.requests.clear();
  event.why = {};
  show(event, *hook);
  set_kind(event.payload, *hook);
  if (!ask(event)) return Outcome::kUnwanted;
  set_payload(event.payload, *hook);
  finish(event, *hook);
  return Outcome::kEvent;
}

bool ProcessTable::consume(const HookRecord& record, Event& event) {
  const Schema& schema = *record.schema;
  if (schema.half == Half::kReturn) {
    std::optional<Event> entered = halves_.leave(record);
    if (!entered) return false;
    event = std::move(*entered);
    // Time and arguments stay those of the entry.
    if (const std::optional<tl_owner> owner = owner_of(record))
      show(event, record.entry_time, schema.kind, owner->tgid, owner->tid);
  } else {
    show(event, record);
    set_payload(event.payload, record);
    auto* const loader = std::get_if<ProcessLoader>(&event.payload);
    if (loader != nullptr && !is_loaded(record, *loader)) return false;
  }
  finish(event, record);
  if (schema.half != Half::kEntry) return true;
  halves_.enter(record, std::move(event));
  return false;
}

bool ProcessTable::lists_ancestors(EventKind kind) const {
  if (!options_.ancestors_base) return false;
  switch (kind) {
    case EventKind::kKprobe:
      return options_.ancestors_kprobe;
    case EventKind::kTracepoint:
      return options_.ancestors_tracepoint;
    case EventKind::kLsm:
      return options_.ancestors_lsm;
    case EventKind::kUprobe:
      return options_.ancestors_uprobe;
    case EventKind::kUsdt:
      return options_.ancestors_usdt;
    case EventKind::kLoader:
      return options_.ancestors_loader;
  }
  return false;
}

// Makes `event`, which is of that kind, one of process `tgid` and of its thread `tid`.
void ProcessTable::show(Event& event, uint64_t time, EventKind kind, uint32_t tgid, uint32_t tid) {
  const State* state = state_of(tgid);
  if (Image* image = state ? find(state->image) : nullptr) {
    show(event, time, *state, *image, lists_ancestors(kind));
    event.process.tid = tid;
    show_ids(event);
    return;
  }
  event.time = wall(time);
  Process unknown{.pid = tgid, .flags = "unknown", .start_time = wall(0)};
  event.process = {std::make_shared<const Process>(std::move(unknown)), std::nullopt, 0};
  event.parent.reset();
  event.ancestors.clear();
  event.in_tree = roots_.contains(tgid);
}

// Without a cache: what an exec event says of the parent is its id alone, and of the image itself nothing else is kept.
void ProcessTable::keep_ids(Event& event, Image& image) const {
  if (options_.cache) return;
  event.parent.reset();
  event.ancestors.clear();
  const Process& whole = *image.process;
  image.process = std::make_shared<const Process>(
      Process{.exec_id = whole.exec_id, .pid = whole.pid, .start_time = whole.start_time});
}

// And any other event says which process it is of.
void ProcessTable::show_ids(Event& event) const {
  if (options_.cache) return;
  const Process& known = *event.process.process;
  event.process = {std::make_shared<const Process>(Process{.pid = known.pid, .start_time = known.start_time}),
                   std::nullopt, 0};
  event.parent.reset();
  event.ancestors.clear();
}

std::vector<CachedProcess> ProcessTable::cached() {
  std::vector<CachedProcess> out;
  if (!options_.cache) return out;
  std::unordered_map<ImageKey, uint64_t, ImageKeyHash> ended;
  for (const Ended& one : ended_) ended.emplace(one.image, one.time);
  for (auto& [key, image] : images_) {
    CachedProcess& one = out.emplace_back();
    const bool forked = !image.process || image.forked != 0;
    one.shown = {process_of(key, image), key.pid, forked ? 1U : 0U};
    one.live = image.live;
    one.refcnt = image.live_children + (image.live ? 1 : 0);
    one.children = image.all_children;
    one.ended_children = image.all_children - image.live_children;
    if (one.refcnt > 0) continue;
    const auto lingers = ended.find(key);
    const bool recent = lingers != ended.end() && now_ < lingers->second + options_.linger / 2;
    one.state = recent ? CachedProcess::State::kDeletePending : CachedProcess::State::kDeleteReady;
  }
  return out;
}

void ProcessTable::add_stacks(Payload& payload, const HookRecord& record) {
  auto* kprobe = std::get_if<ProcessKprobe>(&payload);
  if (!kprobe || !options_.stacks) return;
  const auto stack_of = [&](FieldType type) -> std::string_view {
    const auto field = std::ranges::find(record.schema->fields, type, &Field::type);
    if (field == record.schema->fields.end()) return {};
    return record.fields[static_cast<size_t>(field - record.schema->fields.begin())].bytes;
  };
  // The user's first: its process can end at any moment, and the kernel's can take its time. What the entry had stays
  // when the return asks for none.
  if (const auto user = stack_of(FieldType::kUserStack); !user.empty())
    kprobe->user_stack = options_.stacks->user(user, record.head.tgid);
  if (const auto kernel = stack_of(FieldType::kKernelStack); !kernel.empty())
    kprobe->kernel_stack = options_.stacks->kernel(kernel, record.head.time);
}

ProcessTable::Image* ProcessTable::find(const ImageKey& key) {
  auto found = images_.find(key);
  return found == images_.end() ? nullptr : &found->second;
}

ProcessTable::State* ProcessTable::state_of(uint32_t tgid) {
  auto found = processes_.find(tgid);
  return found == processes_.end() ? nullptr : &found->second;
}

ProcessTable::State* ProcessTable::living(uint32_t tgid) {
  State* state = state_of(tgid);
  return state && !state->ended ? state : nullptr;
}

// Adds an image; `process` lacks only the ids.
ProcessTable::ImageKey ProcessTable::begin(uint32_t pid, uint64_t start, std::shared_ptr<Process> process,
                                           const ImageKey* parent) {
  const ImageKey key = begin(
      pid, start, Image{.process = process, .in_init_tree = process->in_init_tree.value_or(false)}, parent);
  set_ids(*process, key, *find(key));
  return key;
}

// Two images of one pid never share a start, however coarse the clock.
ProcessTable::ImageKey ProcessTable::begin(uint32_t pid, uint64_t start, Image image,
                                           const ImageKey* parent) {
  ImageKey key{pid, start};
  while (images_.contains(key)) key.start++;
  if (Image* above = parent ? find(*parent) : nullptr) {
    above->children++;
    above->live_children++;
    above->all_children++;
    image.parent = *parent;
    image.parent_process = process_of(*parent, *above);
  }
  images_.emplace(key, std::move(image));
  return key;
}

void ProcessTable::set_ids(Process& process, const ImageKey& key, const Image& image) const {
  process.exec_id = exec_id(key.pid, key.start);
  if (image.parent_process)
    process.parent_exec_id = image.parent_process->exec_id;
  else
    process.parent_exec_id.clear();
}

const std::shared_ptr<const Process>& ProcessTable::process_of(const ImageKey& key, Image& image) {
  if (image.process) return image.process;
  auto process = image.forker ? std::make_shared<Process>(*image.forker) : std::make_shared<Process>();
  process->pid = key.pid;
  if (!process->docker.empty()) process->pid_in_container = image.pid_in_ns;
  if (process->pod) process->pod->pid = image.pid_in_ns;
  process->start_time = wall(image.forked);
  process->in_init_tree = image.in_init_tree;
  Flags flags;
  flags.set(kExecve);
  flags.set(kMiss, !image.forker);
  flags.set(kInInitTree, image.in_init_tree);
  process->flags = flags.text();
  set_ids(*process, key, image);
  image.forker.reset();
  return image.process = std::move(process);
}

// The same before and after process_of().
size_t ProcessTable::path_bytes(const Image& image) {
  const Process* const process = image.process ? image.process.get() : image.forker.get();
  return process ? process->binary.size() + process->cwd.size() : 0;
}

void ProcessTable::end(const ImageKey& key, uint64_t time) {
  Image* image = find(key);
  if (!image || !image->live) return;
  image->live = false;
  ended_.push_back({key, time});
  paths_ += path_bytes(*image);
  if (!image->parent_process) return;
  ImageKey parent = image->parent;
  if (Image* above = find(parent)) {
    above->live_children--;
    drop_if_unused(parent);
  }
}

// Of images that no process runs.
bool ProcessTable::too_many() const {
  return ended_.size() + held_.size() > options_.capacity || paths_ > options_.paths;
}

// Lets go of images whose time to linger is over, and of the oldest while there are too many.
void ProcessTable::retire(uint64_t now) {
  while (!ended_.empty() && (ended_.front().time + options_.linger < now || too_many())) {
    ImageKey key = ended_.front().image;
    ended_.pop_front();
    Image* image = find(key);
    if (!image) continue;
    image->held = true;
    image->place = held_.insert(held_.end(), key);
    drop_if_unused(key);
  }
  while (!held_.empty() && too_many()) {
    drop(held_.front());
    ++evicted_;
  }
}

void ProcessTable::drop_if_unused(const ImageKey& key) {
  Image* image = find(key);
  if (!image || !image->held) return;
  if ((options_.ancestors_base ? image->children : image->live_children) == 0) drop(key);
}

// Removes an image that is held, and then each parent that was held for it alone.
void ProcessTable::drop(ImageKey key) {
  while (Image* image = find(key)) {
    ImageKey parent = image->parent;
    bool has_parent = image->parent_process != nullptr;
    held_.erase(image->place);
    paths_ -= path_bytes(*image);
    images_.erase(key);
    State* state = state_of(key.pid);
    if (state && state->ended && state->image == key) processes_.erase(key.pid);
    Image* above = has_parent ? find(parent) : nullptr;
    if (!above) return;
    above->children--;
    if (!above->held || (options_.ancestors_base ? above->children : above->live_children) > 0) return;
    key = parent;
  }
}

std::string ProcessTable::exec_id(uint32_t pid, uint64_t start) const {
  constexpr size_t kNumbers = 32;  // bytes of two numbers and their colons
  const std::string& node = options_.node_name;
  std::string text;
  text.resize_and_overwrite(node.size() + kNumbers, [&](char* to, size_t size) {
    char* at = std::copy(node.begin(), node.end(), to);
    *at++ = ':';
    at = std::to_chars(at, to + size, start).ptr;
    *at++ = ':';
    return static_cast<size_t>(std::to_chars(at, to + size, pid).ptr - to);
  });
  return base64(text);
}

void ProcessTable::set_identity(Process& process, uint32_t auid, const tl_cred& cred,
                                const tl_namespaces& ns) const {
  process.uid = cred.euid;
  process.auid = auid;
  if (options_.process_cred) {
    process.cap = capabilities_of(cred);
    process.credentials = credentials_of(cred);
  }
  if (options_.process_ns) process.ns = namespaces_of(ns, options_.host_ns);
  // Elsewhere an id is someone else's, or nobody's.
  const bool on_host = ns.mnt == options_.host_ns.mnt && ns.user == options_.host_ns.user;
  if (options_.user_name && on_host) process.user = options_.user_name(cred.euid);
}

// Short ones are not worth counting: there can be no more of them than images.
SharedText ProcessTable::counted(std::string text) const {
  const bool is_short = text.size() <= kShortText;
  return {std::move(text), is_short ? nullptr : texts_};
}

void ProcessTable::set_texts(Process& process, std::string_view argv, std::string_view environment) const {
  std::string arguments = join_arguments(argv);
  std::string variables =
      options_.environment ? keep_variables(environment, options_.variables) : std::string();
  if (options_.redact) options_.redact(process.binary, arguments, variables);
  process.arguments = counted(std::move(arguments));
  process.environment = counted(std::move(variables));
}

// Makes `event` one of this image.
void ProcessTable::show(Event& event, uint64_t time, const State& state, Image& image, bool ancestors) {
  event.time = wall(time);
  event.in_tree = state.in_tree;
  event.process.process = process_of(state.image, image);
  event.process.tid = event.process.process->pid;
  event.process.refcnt = image.live_children + (image.live ? 1 : 0);
  if (!image.parent_process) {
    event.parent.reset();
  } else {
    Shown& shown = event.parent ? *event.parent : event.parent.emplace();
    shown.process = image.parent_process;
    shown.tid = image.parent_process->pid;
    shown.refcnt = 0;  // of a parent nobody is told how often it is referred to
  }
  event.ancestors.clear();
  if (ancestors) add_ancestors(event, image);
}

void ProcessTable::add_ancestors(Event& event, const Image& image) {
  constexpr uint32_t kLastPid = 2;  // init and kthreadd end the list
  if (event.process.process->pid <= kLastPid || !image.parent_process) return;
  ImageKey key = image.parent;
  const Image* below = find(key);
  while (below && below->parent_process && key.pid > kLastPid) {
    const Process& process = *below->parent_process;
    const Image* above = find(below->parent);
    uint32_t refcnt = above ? above->live_children + (above->live ? 1 : 0) : 0;
    if (process.pid == 0) return;
    event.ancestors.push_back({below->parent_process, process.pid, refcnt});
    key = below->parent;
    below = above;
  }
}

}  // namespace tripline
