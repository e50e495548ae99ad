// SPDX-License-Identifier: Apache-2.0
#include "load/host.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <utility>

#include "abi/facts.h"
#include "abi/scratch.h"
#include "embedded.h"
#include "load/pins.h"
#include "load/procfs.h"
#include "load/refusal.h"

namespace tripline {
namespace {

// How to make one of the shared maps; sizes that depend on the machine or on options are filled in.
struct MapShape {
  bpf_map_type type;
  uint32_t key_size;
  uint32_t value_size;
  uint32_t max_entries;
  uint32_t flags;
};

// What one agent leaves to the next. Calls that wait for their return are counted in TL_MAP_CONTROL, so the two go together.
constexpr std::array<std::string_view, 5> kTakenOver = {TL_MAP_CONTROL, TL_MAP_COUNTERS, TL_MAP_HANDOVER,
                                                        TL_MAP_ENTRIES, TL_MAP_SOCKS};
// Written by us, too.
constexpr std::array<std::string_view, 4> kWritten = {TL_MAP_CONTROL, TL_MAP_COUNTERS, TL_MAP_EVENTS,
                                                      TL_MAP_LIFE};

constexpr std::string_view kControlSection =
    ".data.tl_control";  // what TL_MAP_CONTROL is called in an object
constexpr std::string_view kLifeScratch = "life_scratch";
constexpr std::string_view kLifeClaims = "life_claims";

// ns: a count times this is still a number (bpf/lib/cgroup.bpf.h).
constexpr uint64_t kLongestInterval = uint64_t{1} << 43;
constexpr uint32_t kClaimsOfCpu = 64;  // besides TL_CLAIMS_MAX

bool is_among(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

uint32_t ring_size(uint32_t wanted) {
  const auto page = static_cast<uint32_t>(sysconf(_SC_PAGESIZE));
  return std::bit_ceil(std::clamp(wanted, page, 1U << 30));
}

std::optional<MapShape> shape_of(std::string_view name, const HostOptions& options, uint32_t cpus) {
  const std::pair<std::string_view, MapShape> shapes[] = {
      {TL_MAP_CONTROL, {BPF_MAP_TYPE_ARRAY, 4, sizeof(tl_control), 1, BPF_F_MMAPABLE}},
      {TL_MAP_COUNTERS, {BPF_MAP_TYPE_ARRAY, 4, sizeof(tl_counter), options.counters, 0}},
      {TL_MAP_LIFE_COUNTER, {BPF_MAP_TYPE_PERCPU_ARRAY, 4, sizeof(tl_life_counter), 1, 0}},
      {TL_MAP_EVENTS, {BPF_MAP_TYPE_RINGBUF, 0, 0, options.events, 0}},
      {TL_MAP_LIFE, {BPF_MAP_TYPE_RINGBUF, 0, 0, options.life, 0}},
      {TL_MAP_SCRATCH, {BPF_MAP_TYPE_ARRAY, 4, sizeof(tl_slot), cpus * TL_SLOTS, 0}},
      {TL_MAP_HANDOVER, {BPF_MAP_TYPE_LRU_HASH, 8, 4, TL_TASKS_MAX, 0}},
      {TL_MAP_ENTRIES, {BPF_MAP_TYPE_LRU_HASH, sizeof(tl_entry_key), sizeof(tl_entry), TL_ENTRIES_MAX, 0}},
      {TL_MAP_SOCKS, {BPF_MAP_TYPE_LRU_HASH, sizeof(tl_sock_key), sizeof(tl_sock_owner), TL_SOCKS_MAX, 0}},
      {TL_MAP_CGROUP_RATES, {BPF_MAP_TYPE_LRU_PERCPU_HASH, 8, sizeof(tl_cgroup_rate), TL_CGROUPS_MAX, 0}},
      {TL_MAP_NOTICES, {BPF_MAP_TYPE_LRU_HASH, sizeof(tl_notice_key), sizeof(tl_notice), TL_NOTICES_MAX, 0}},
      {TL_MAP_MISSED, {BPF_MAP_TYPE_HASH, sizeof(tl_missed_key), 8, TL_MISSED_MAX, 0}},
      {TL_MAP_MEMORY, {BPF_MAP_TYPE_ARRAY, 4, sizeof(tl_memory), 1, 0}},
      {TL_MAP_RATES, {BPF_MAP_TYPE_LRU_HASH, sizeof(tl_rate_key), 8, TL_RATES_MAX, 0}},
  };
  const auto shape = std::ranges::find(shapes, name, &std::pair<std::string_view, MapShape>::first);
  if (shape == std::end(shapes)) return {};
  return shape->second;
}

Result<void> check_shape(const Fd& map, std::string_view name, const HostOptions& options) {
  const std::optional<MapShape> wanted = shape_of(name, options, 1);
  bpf_map_info found{};
  uint32_t size = sizeof(found);
  if (bpf_obj_get_info_by_fd(map.get(), &found, &size) != 0)
    return fail("ask about map", std::string(name), errno);
  const bool fits = wanted && found.type == wanted->type && found.key_size == wanted->key_size &&
                    found.value_size == wanted->value_size && found.max_entries == wanted->max_entries &&
                    found.map_flags == wanted->flags;
  if (!fits) return fail("take over map", std::string(name), 0, "it is laid out in another way");
  return {};
}

// What the kernel does not tell stays 0: then nothing is read by way of it.
Result<void> fill_memory(int map) {
  static constexpr std::array<std::string_view, 2> kNames = {"page_offset_base", "vmemmap_base"};
  const std::vector<uint64_t> found = find_kernel_variables(kNames);
  const tl_memory memory{.page_offset_base = found[0], .vmemmap_base = found[1]};
  const uint32_t first = 0;
  if (bpf_map_update_elem(map, &first, &memory, BPF_ANY) != 0) return fail("fill map", TL_MAP_MEMORY, errno);
  return {};
}

HostOptions rounded(const HostOptions& options) {
  HostOptions out = options;
  out.events = ring_size(options.events);
  out.life = ring_size(options.life);
  out.counters = std::max(1U, options.counters);
  return out;
}

uint64_t now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

template <typename T>
Result<std::vector<T>> per_cpu(int map, uint32_t index, uint32_t cpus) {
  std::vector<T> values(cpus);
  if (bpf_map_lookup_elem(map, &index, values.data()) != 0) return fail("read counter", "", errno);
  return values;
}

// bool (u8) and a second parameter came to the exit tracepoint with 6.16.
bool exit_tells_last(const Kernel& kernel) {
  if (!kernel.btf) return false;
  const auto tracepoint = kernel.btf->raw_tracepoint("sched_process_exit");
  return tracepoint && tracepoint->parameters.size() > 1;
}

// Since 7.0 a program of a tracepoint can be preempted, and is then skipped for others on that CPU.
bool tracepoints_preempted(const Kernel& kernel) {
  return kernel.version >= kernel_version(7, 0) && exit_tells_last(kernel) && kernel.features.bpf_loop;
}

// In the order of attaching: an exit that is seen before its fork could be is ignored, a process whose fork is seen
// and whose exit is missed would live for ever.
std::vector<ProgramInfo> life_programs(const Kernel& kernel, bool with_privileges, bool copied) {
  constexpr auto kTracing = Attachment::kTracingRaw;
  const auto tracepoint = [](std::string event) { return target::Tracepoint{"", std::move(event)}; };
  std::vector<ProgramInfo> out;
  if (with_privileges && kernel.features.kprobe) {
    out.push_back({"life_creds", Attachment::kKprobe, target::Function{"security_bprm_committing_creds"}});
  }
  if (!copied) {
    const char* exit = exit_tells_last(kernel) ? "life_exit" : "life_exit_old";
    out.push_back({exit, kTracing, tracepoint("sched_process_exit")});
    out.push_back({"life_exec", kTracing, tracepoint("sched_process_exec")});
    out.push_back({"life_fork", kTracing, tracepoint("sched_process_fork")});
    return out;
  }
  for (const std::string event : {"exit", "exec", "fork"}) {
    for (int copy = kernel.features.kprobe ? 0 : 1; copy < TL_NESTING; ++copy) {
      out.push_back(
          {"life_" + event + "_" + std::to_string(copy), kTracing, tracepoint("sched_process_" + event)});
    }
  }
  return out;
}

}  // namespace

void Host::Unmap::operator()(tl_control* control) const { munmap(control, sizeof(*control)); }

Host::Host(const Kernel& kernel, const HostOptions& options)
    : kernel_(&kernel),
      options_(rounded(options)),
      cpus_(static_cast<uint32_t>(std::max(1, libbpf_num_possible_cpus()))),
      began_(now()) {}

Result<FoundMaps> Host::find_maps(const std::string& folder, const HostOptions& options) {
  FoundMaps out;
  for (const std::string_view name : kTakenOver) {
    Result<Fd> map = open_pinned(folder + "/" + std::string(name));
    const bool must_be = name == TL_MAP_CONTROL;
    if (!map && (must_be || map.error().errnum != ENOENT)) return std::unexpected(map.error());
    if (!map) continue;  // no program used it
    if (const auto fits = check_shape(*map, name, rounded(options)); !fits)
      return std::unexpected(fits.error());
    out.emplace(name, *std::move(map));
  }
  return out;
}

Result<uint32_t> Host::epoch_of(const FoundMaps& found) {
  const auto map = found.find(TL_MAP_CONTROL);
  if (map == found.end()) return fail("read", TL_MAP_CONTROL, ENOENT);
  const auto control = std::make_unique<tl_control>();
  const uint32_t first = 0;
  if (bpf_map_lookup_elem(map->second.get(), &first, control.get()) != 0)
    return fail("read", TL_MAP_CONTROL, errno);
  return control->epoch;
}

Result<Host> Host::open(const Kernel& kernel, const HostOptions& options, FoundMaps found) {
  libbpf_set_print(nullptr);  // it would write to stderr
  Host host(kernel, options);
  for (auto& [name, map] : found) {
    if (options.pin_maps) {
      if (const auto pinned = pin(map.get(), options.pins + "/" + name); !pinned)
        return std::unexpected(pinned.error());
    }
    host.maps_->by_name.emplace(name, std::move(map));
  }
  const Result<int> control = host.shared_map(TL_MAP_CONTROL);
  if (!control) return std::unexpected(control.error());
  void* mapped = mmap(nullptr, sizeof(tl_control), PROT_READ | PROT_WRITE, MAP_SHARED, *control, 0);
  if (mapped == MAP_FAILED) return fail("map", TL_MAP_CONTROL, errno);
  host.control_.reset(static_cast<tl_control*>(mapped));
  for (const auto& [name, size, ring] : {std::tuple{TL_MAP_LIFE, host.options_.life, &host.life_},
                                         std::tuple{TL_MAP_EVENTS, host.options_.events, &host.events_}}) {
    const Result<int> fd = host.shared_map(name);
    if (!fd) return std::unexpected(fd.error());
    Result<Ring> opened = Ring::open(Fd(fcntl(*fd, F_DUPFD_CLOEXEC, 0)), size);
    if (!opened) return std::unexpected(opened.error());
    ring->emplace(std::move(*opened));
  }
  return host;
}

Result<int> Host::shared_map(std::string_view name) {
  if (name == kControlSection) name = TL_MAP_CONTROL;
  if (const int known = made_map(name); known >= 0) return known;
  const std::optional<MapShape> shape = shape_of(name, options_, cpus_);
  if (!shape) return -1;
  const MapShape& s = *shape;
  LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = s.flags);
  const std::string text(name);
  const int fd = bpf_map_create(s.type, text.c_str(), s.key_size, s.value_size, s.max_entries, &options);
  if (fd < 0) return fail("create map", text, -fd, advice(-fd));
  Fd map(fd);
  if (name == TL_MAP_MEMORY) {
    if (const auto filled = fill_memory(fd); !filled) return std::unexpected(filled.error());
  }
  if (!is_among(kWritten, name) && bpf_map_freeze(fd) != 0) return fail("freeze map", text, errno);
  if (options_.pin_maps && is_among(kTakenOver, name)) {
    if (const auto pinned = pin(fd, options_.pins + "/" + text); !pinned)
      return std::unexpected(pinned.error());
  }
  const std::lock_guard lock(maps_->mutex);
  maps_->by_name.emplace(text, std::move(map));
  return fd;
}

int Host::made_map(std::string_view name) const {
  const std::lock_guard lock(maps_->mutex);
  const auto known = maps_->by_name.find(name);
  return known == maps_->by_name.end() ? -1 : known->second.get();
}

Result<void> Host::load_life() {
  const bool copied = tracepoints_preempted(*kernel_);
  const auto programs = life_programs(*kernel_, options_.changed_privileges, copied);
  LoadPlan plan;
  plan.name = "life";
  plan.elf = bpf_object(kernel_->features.bpf_loop ? "life" : "life_old");
  plan.programs = programs;
  plan.by_section = true;
  const tl_life_options life_options{
      .environment = options_.environment ? 1U : 0U,
      .controller = options_.controller ? *options_.controller + 1 : 0U,
      .cgroup_events = options_.cgroup_events,
      .cgroup_interval = std::clamp(options_.cgroup_interval, uint64_t{1}, kLongestInterval)};
  plan.constants = std::as_bytes(std::span(&life_options, 1));
  if (kernel_->btf) plan.kernel = kernel_;
  const auto is_idle = [this](std::string_view name) {
    return name == TL_MAP_CGROUP_RATES && options_.cgroup_events == 0;
  };
  plan.map = [&](std::string_view name) -> Result<int> {
    if (is_idle(name)) return -1;
    return shared_map(name);
  };
  plan.entries = [&](std::string_view name) -> std::optional<uint32_t> {
    if (name == kLifeScratch) return cpus_ * (copied ? TL_NESTING : 1);
    if (is_idle(name)) return 0;
    if (name == kLifeClaims) return copied ? TL_CLAIMS_MAX + kClaimsOfCpu * cpus_ : 0;
    return {};
  };
  Result<Programs> loaded = Programs::load(plan);
  if (!loaded) return std::unexpected(loaded.error());
  life_programs_.emplace(std::move(*loaded));
  return {};
}

Result<void> Host::start_life() {
  if (!life_programs_) {
    if (const auto loaded = load_life(); !loaded) return loaded;
  }
  return life_programs_->attach();
}

// Of the links of one object.
std::string Host::next_pins() {
  if (options_.pins.empty()) return {};
  return fmt::format("{}/{:x}_{}_", options_.pins, began_, ++pinned_);
}

Result<Programs> Host::load_object(const Object& object, const SetMaps& maps) {
  const FactMaps* facts = maps.facts;
  LoadPlan plan;
  plan.name = object.programs.empty() ? "object" : section_target(object.programs.front().target);
  plan.elf = object.elf;
  plan.programs = object.programs;
  plan.lines = object.lines;
  plan.pins = next_pins();
  if (kernel_->btf) plan.kernel = kernel_;
  const auto unused = [&](std::string_view name) {
    return std::ranges::find(object.unused_maps, name) != object.unused_maps.end();
  };
  plan.map = [&](std::string_view name) -> Result<int> {
    if (unused(name)) return -1;
    if (facts != nullptr && name == TL_MAP_FACTS) return facts->facts.get();
    if (facts != nullptr && name == TL_MAP_FACTS_MORE) return facts->more.get();
    if (const int scopes = maps.scopes != nullptr ? maps.scopes->map(name) : -1; scopes >= 0) return scopes;
    return shared_map(name);
  };
  plan.entries = [&](std::string_view name) -> std::optional<uint32_t> {
    if (unused(name)) return 0;
    return {};
  };
  return Programs::load(plan);
}

Result<Programs> Host::load(const Object& object, const SetMaps& maps) {
  for (const ProgramInfo& program : object.programs) set_died(program.slot, kAlive);
  return load_object(object, maps);
}

Result<FactMaps> Host::make_fact_maps(uint32_t entry_size) const {
  FactMaps out;
  for (const auto& [name, type, entries, fd] :
       {std::tuple{TL_MAP_FACTS, BPF_MAP_TYPE_ARRAY, uint32_t{TL_FACT_SLOTS}, &out.facts},
        std::tuple{TL_MAP_FACTS_MORE, BPF_MAP_TYPE_HASH, uint32_t{TL_FACT_MORE}, &out.more}}) {
    *fd = Fd(bpf_map_create(type, name, sizeof(uint32_t), entry_size, entries, nullptr));
    if (!*fd) return fail("create map", name, errno, advice(errno));
    if (bpf_map_freeze(fd->get()) != 0) return fail("freeze map", name, errno);
  }
  return out;
}

Result<Programs> Host::load_facts(const Object& object, const FactMaps& facts) {
  return load_object(object, {.facts = &facts});
}

Result<Programs> Host::load_followers(const ScopeMaps& scopes, uint32_t hierarchy) {
  const tl_scope_options options{hierarchy, scopes.sizes().shift()};
  std::vector<ProgramInfo> programs;
  // In the order of attaching: an end that is missed costs more.
  for (const auto& [program, event] :
       {std::pair{"scope_released", "cgroup_release"}, std::pair{"scope_made", "cgroup_mkdir"}})
    programs.push_back({program, Attachment::kTracingRaw, target::Tracepoint{"", event}});
  LoadPlan plan;
  plan.name = "scope";
  plan.elf = bpf_object("scope");
  plan.programs = programs;
  plan.by_section = true;
  plan.pins = next_pins();
  plan.constants = std::as_bytes(std::span(&options, 1));
  if (kernel_->btf) plan.kernel = kernel_;
  plan.map = [&scopes](std::string_view name) -> Result<int> { return scopes.map(name); };
  return Programs::load(plan);
}

uint32_t Host::fact_copies() const { return tracepoints_preempted(*kernel_) ? TL_NESTING : 1; }

uint32_t Host::noted_calls() const {
  return std::atomic_ref(control_->noted).load(std::memory_order_relaxed);
}

uint32_t Host::epoch() const { return std::atomic_ref(control_->epoch).load(std::memory_order_acquire); }

void Host::set_epoch(uint32_t epoch) {
  std::atomic_ref(control_->epoch).store(epoch, std::memory_order_seq_cst);
}

void Host::set_died(uint32_t slot, uint32_t epoch) {
  if (slot < TL_PROGRAMS_MAX) std::atomic_ref(control_->died[slot]).store(epoch, std::memory_order_seq_cst);
}

uint32_t Host::died(uint32_t slot) const {
  if (slot >= TL_PROGRAMS_MAX) return 0;
  return std::atomic_ref(control_->died[slot]).load(std::memory_order_acquire);
}

bool Host::enforces(uint32_t place) const {
  return place < TL_POLICIES_MAX &&
         std::atomic_ref(control_->mode[place]).load(std::memory_order_relaxed) == TL_ENFORCE;
}

void Host::set_enforces(uint32_t place, bool enforces) {
  if (place >= TL_POLICIES_MAX) return;
  std::atomic_ref(control_->mode[place]).store(enforces ? TL_ENFORCE : TL_MONITOR, std::memory_order_seq_cst);
}

Result<tl_counter> Host::counter(uint32_t index) const {
  const int map = made_map(TL_MAP_COUNTERS);
  if (map < 0) return tl_counter{};
  tl_counter value{};
  if (bpf_map_lookup_elem(map, &index, &value) != 0) return fail("read counter", "", errno);
  return value;
}

Result<tl_life_counter> Host::life_counter() const {
  const int map = made_map(TL_MAP_LIFE_COUNTER);
  if (map < 0) return tl_life_counter{};
  const auto values = per_cpu<tl_life_counter>(map, 0, cpus_);
  if (!values) return std::unexpected(values.error());
  tl_life_counter sum{};
  for (const tl_life_counter& value : *values) {
    sum.posted += value.posted;
    sum.lost += value.lost;
    sum.unjudged += value.unjudged;
    sum.unknown += value.unknown;
    sum.throttled += value.throttled;
  }
  return sum;
}

uint64_t Host::cgroup_over(uint64_t cgroup) const {
  const int map = made_map(TL_MAP_CGROUP_RATES);
  std::vector<tl_cgroup_rate> values(cpus_);
  if (map < 0 || bpf_map_lookup_elem(map, &cgroup, values.data()) != 0) return 0;
  return std::ranges::max(values, {}, &tl_cgroup_rate::over).over;
}

Result<std::map<uint32_t, uint64_t>> Host::open_calls() const {
  std::map<uint32_t, uint64_t> out;
  const int map = made_map(TL_MAP_ENTRIES);
  if (map < 0) return out;
  std::vector<tl_entry_key> keys(TL_ENTRIES_MAX);
  std::vector<tl_entry> values(TL_ENTRIES_MAX);
  // All in one: where a single look would be led astray by what comes and goes, the kernel takes bucket by bucket here.
  uint32_t next = 0;
  uint32_t count = TL_ENTRIES_MAX;
  const int error = bpf_map_lookup_batch(map, nullptr, &next, keys.data(), values.data(), &count, nullptr);
  if (error != 0 && errno != ENOENT) return fail("read", TL_MAP_ENTRIES, errno);  // ENOENT: there are no more
  for (uint32_t n = 0; n < count; ++n) {
    if (values[n].time != 0) ++out[keys[n].pair];
  }
  return out;
}

Result<std::vector<Host::MissedNotices>> Host::missed_notices() const {
  std::vector<MissedNotices> out;
  const int map = made_map(TL_MAP_MISSED);
  if (map < 0) return out;
  std::vector<tl_missed_key> keys(TL_MISSED_MAX);
  std::vector<uint64_t> counts(TL_MISSED_MAX);
  uint64_t next = 0;
  uint32_t found = TL_MISSED_MAX;
  const int error = bpf_map_lookup_batch(map, nullptr, &next, keys.data(), counts.data(), &found, nullptr);
  if (error != 0 && errno != ENOENT) return fail("read", TL_MAP_MISSED, errno);  // ENOENT: there are no more
  for (uint32_t n = 0; n < found; ++n) out.push_back({keys[n], counts[n]});
  return out;
}

Result<void> Host::reset_counter(uint32_t index) {
  const Result<int> map = shared_map(TL_MAP_COUNTERS);
  if (!map) return std::unexpected(map.error());
  const tl_counter zero{};
  if (bpf_map_update_elem(*map, &index, &zero, BPF_ANY) != 0) return fail("reset counter", "", errno);
  return {};
}

Result<std::vector<ProgramFacts>> Host::life_facts() const {
  if (!life_programs_) return std::vector<ProgramFacts>{};
  return life_programs_->facts();
}

}  // namespace tripline
