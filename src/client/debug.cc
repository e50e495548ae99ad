// SPDX-License-Identifier: Apache-2.0
#include "client/debug.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <ctime>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "client/bpf_objects.h"
#include "client/exit_status.h"
#include "client/policy_table.h"
#include "render/json_out.h"
#include "render/text_buffer.h"

namespace tripline {
namespace {

constexpr std::string_view kPins = "/sys/fs/bpf/tetragon";

int complain(const std::string& message) {
  fmt::print(stderr, "Error: {}\n", message);
  return kFailed;
}

// --- maps -----------------------------------------------------------------------------------------------------------

using MapIds = std::map<uint32_t, BpfMap>;

uint64_t memory_of(const MapIds& maps) {
  uint64_t sum = 0;
  for (const auto& [id, map] : maps) sum += map.memory;
  return sum;
}

struct MapsReport {
  MapIds all, of_programs, pinned;
  MapIds unused;  // pinned, but no pinned program has them
  size_t both = 0, either = 0;

  struct Sum {
    BpfMap map;  // the first one
    uint64_t count = 0, memory = 0;
  };
  std::vector<Sum> sums;  // by name, the largest first
};

Result<MapsReport> report_maps(const std::string& folder) {
  MapsReport out;
  const auto all = all_maps();
  if (!all) return std::unexpected(all.error());
  const auto pins = pinned_objects(folder);
  if (!pins) return std::unexpected(pins.error());
  for (const BpfMap& map : *all) out.all.emplace(map.id, map);
  for (const BpfMap& map : pins->maps) out.pinned.emplace(map.id, map);
  for (const BpfProgram& program : pins->programs)
    for (const uint32_t id : program.maps)
      if (const auto known = out.all.find(id); known != out.all.end()) out.of_programs.insert(*known);
  MapIds ours = out.of_programs;
  ours.insert(out.pinned.begin(), out.pinned.end());
  out.either = ours.size();
  for (const auto& [id, map] : out.pinned) {
    if (out.of_programs.contains(id))
      ++out.both;
    else
      out.unused.emplace(id, map);
  }
  std::map<std::string, MapsReport::Sum> by_name;
  for (const auto& [id, map] : ours) {
    MapsReport::Sum& sum = by_name.try_emplace(map.name, MapsReport::Sum{.map = map}).first->second;
    ++sum.count;
    sum.memory += map.memory;
  }
  for (auto& [name, sum] : by_name) out.sums.push_back(std::move(sum));
  std::ranges::stable_sort(out.sums, std::greater<>(), &MapsReport::Sum::memory);
  return out;
}

double percent(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

uint64_t total_of(const MapsReport& report) {
  uint64_t total = 0;
  for (const MapsReport::Sum& sum : report.sums) total += sum.memory;
  return total;
}

using Rows = std::vector<std::vector<std::string>>;

void print_maps(const MapsReport& report, size_t lines) {
  fmt::print("{}\n",
             table_text({{"AllMaps", "PinnedProgsMaps", "PinnedMaps"},
                         {bytes_text(memory_of(report.all)), bytes_text(memory_of(report.of_programs)),
                          bytes_text(memory_of(report.pinned))}}));
  Rows counts = {{"PinnedProgsMaps", "PinnedMaps", "Inter", "Exter", "Union", "Diff"}, {}};
  for (const size_t count : {report.of_programs.size(), report.pinned.size(), report.both,
                             report.either - report.both, report.either, report.unused.size()})
    counts[1].push_back(std::to_string(count));
  fmt::print("{}\n", table_text(counts));
  Rows unused = {{"ID", "Name", "Type", "KeySize", "ValueSize", "MaxEntries", "Memlock"}};
  for (const auto& [id, map] : report.unused) {
    unused.push_back({std::to_string(id), map.name, map_type_name(map.type), std::to_string(map.key_size),
                      std::to_string(map.value_size), std::to_string(map.max_entries),
                      bytes_text(map.memory)});
  }
  fmt::print("{}\n", unused.size() > 1 ? table_text(unused) : "Empty diff table\n");
  Rows sums = {{"Name", "Type", "KeySize", "ValueSize", "MaxEntries", "Count", "Memlock", "TotalMemlock",
                "PercentOfTotal"}};
  const uint64_t total = total_of(report);
  for (const MapsReport::Sum& sum : report.sums) {
    if (lines != 0 && sums.size() > lines) break;
    sums.push_back({sum.map.name, map_type_name(sum.map.type), std::to_string(sum.map.key_size),
                    std::to_string(sum.map.value_size), std::to_string(sum.map.max_entries),
                    std::to_string(sum.count), bytes_text(sum.map.memory), bytes_text(sum.memory),
                    fmt::format("{:.1f}%", percent(sum.memory, total))});
  }
  fmt::print("{}", sums.size() > 1 ? table_text(sums) : "Empty BPF memory consumption table\n");
}

void write_map(JsonOut& json, const BpfMap& map) {
  json.set_member("name", std::string_view(map.name));
  json.set_member("type", std::string_view(map_type_name(map.type)));
  json.set_member("key_size", map.key_size);
  json.set_member("value_size", map.value_size);
  json.set_member("max_entries", map.max_entries);
}

std::string maps_json(const MapsReport& report) {
  TextBuffer out;
  JsonOut json(out);
  const auto count = [&json](std::string_view name, size_t value) {
    json.set_member(name, static_cast<uint32_t>(value));
  };
  json.start();
  json.object("total_memlock_bytes");
  json.set_member64("all_maps", memory_of(report.all));
  json.set_member64("pinned_progs_maps", memory_of(report.of_programs));
  json.set_member64("pinned_maps", memory_of(report.pinned));
  json.end();
  json.object("maps_stats");
  count("pinned_progs_maps", report.of_programs.size());
  count("pinned_maps", report.pinned.size());
  count("inter", report.both);
  count("exter", report.either - report.both);
  count("union", report.either);
  count("diff", report.unused.size());
  json.end();
  json.array("diff_maps");
  for (const auto& [id, map] : report.unused) {
    json.start();
    json.set_member("id", id);
    write_map(json, map);
    json.set_member64("memlock_bytes", map.memory);
    json.end();
  }
  json.end_array();
  json.array("aggregated_maps");
  for (const MapsReport::Sum& sum : report.sums) {
    json.start();
    write_map(json, sum.map);
    json.set_member64("count", sum.count);
    json.set_member64("total_memlock_bytes", sum.memory);
    json.end();
  }
  json.end_array();
  json.end();
  return std::string(out.view());
}

// --- programs -------------------------------------------------------------------------------------------------------

Result<std::vector<BpfProgram>> wanted_programs(const flags::Parsed& parsed) {
  if (parsed.is("all")) return all_programs();
  auto pins = pinned_objects(parsed.text("bpf-dir"));
  if (!pins) return std::unexpected(pins.error());
  return std::move(pins->programs);
}

std::string right_aligned(const Rows& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t n = 0; n < row.size(); ++n) widths[n] = std::max(widths[n], row[n].size());
  }
  std::string out;
  for (const auto& row : rows) {
    for (size_t n = 0; n < row.size(); ++n) {
      if (n + 1 < row.size())
        out += fmt::format("{:>{}} ", row[n], widths[n]);
      else
        out += row[n];
    }
    out += '\n';
  }
  return out;
}

// What each program has cost since the round before; new ones show from the next round on.
Rows costs_of(const std::vector<BpfProgram>& before, const std::vector<BpfProgram>& now,
              std::chrono::nanoseconds interval) {
  struct Cost {
    double percent;
    std::vector<std::string> row;
  };
  std::vector<Cost> costs;
  const double whole = static_cast<double>(interval.count()) *
                       static_cast<double>(std::max<unsigned>(1, std::thread::hardware_concurrency()));
  for (const BpfProgram& program : now) {
    const auto old = std::ranges::find(before, program.id, &BpfProgram::id);
    if (old == before.end()) continue;
    const std::chrono::nanoseconds time = program.time - old->time;
    const double percent = static_cast<double>(time.count()) / whole * 100;
    costs.push_back({percent,
                     {fmt::format("{:6.2f}", percent), std::to_string(program.id),
                      std::to_string(program.runs - old->runs), std::to_string(time.count()), program.name,
                      program.pin.empty() ? "-" : program.pin}});
  }
  std::ranges::stable_sort(costs, std::greater<>(), &Cost::percent);
  Rows out = {{"Ovh(%)", "Id", "Cnt", "Time", "Name", "Pin"}};
  for (Cost& cost : costs) out.push_back(std::move(cost.row));
  return out;
}

size_t terminal_lines() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}

// --- maps that are pinned -------------------------------------------------------------------------------------------

std::string map_path(const flags::Parsed& parsed, std::string_view name) {
  const std::string& given = parsed.text("map-fname");
  return given.empty() ? fmt::format("{}/{}", kPins, name) : given;
}

uint32_t number_at(std::string_view bytes, size_t at) {
  uint32_t out = 0;
  if (at + sizeof(out) <= bytes.size()) std::memcpy(&out, bytes.data() + at, sizeof(out));
  return out;
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char byte : bytes)
    out += fmt::format("{}{:02x}", out.empty() ? "" : " ", static_cast<uint8_t>(byte));
  return out;
}

}  // namespace

int debug_maps(const flags::Parsed& parsed) {
  const std::string& folder = parsed.text("path");
  const auto report = report_maps(folder.empty() ? std::string(kPins) : folder);
  if (!report) return complain(report.error().text());
  if (parsed.text("output") == "json")
    fmt::print("{}\n", maps_json(*report));
  else
    print_maps(*report, static_cast<size_t>(std::max<int64_t>(0, parsed.number("lines"))));
  return 0;
}

int debug_programs(const flags::Parsed& parsed) {
  const auto counting = count_runs();
  if (!counting) return complain("failed to enable stats: " + counting.error().text());
  const auto interval = std::chrono::seconds(std::max<int64_t>(1, parsed.number("timeout")));
  const bool once = parsed.is("once");
  const bool clears = !once && !parsed.is("no-clear");
  auto before = wanted_programs(parsed);
  if (!before) return complain(before.error().text());
  for (;;) {
    std::this_thread::sleep_for(interval);
    auto now = wanted_programs(parsed);
    if (!now) return complain(now.error().text());
    Rows rows = costs_of(*before, *now, interval);
    // The date, an empty line and the head are above.
    if (const size_t lines = clears ? terminal_lines() : 0; lines > 4 && rows.size() > lines - 3)
      rows.resize(lines - 3);
    fmt::print("{}{:%Y-%m-%d %H:%M:%S}\n\n{}", clears ? "\x1b[2J\x1b[H" : "",
               fmt::localtime(std::time(nullptr)), right_aligned(rows));
    std::fflush(stdout);
    if (once) return 0;
    before = std::move(now);
  }
}

int debug_count_runs(const flags::Parsed&) {
  const auto counting = count_runs();
  if (!counting) return complain("failed to enable stats: " + counting.error().text());
  for (;;) pause();
}

int dump_execve(const flags::Parsed& parsed) {
  const auto table = BpfTable::open(map_path(parsed, "execve_map"));
  if (!table) return complain(table.error().text());
  const auto entries = table->entries();
  if (!entries) return complain(entries.error().text());
  if (entries->empty()) fmt::print("(empty)\n");
  for (const auto& [key, value] : *entries) fmt::print("{} {{{}}}\n", number_at(key, 0), hex(value));
  return 0;
}

// The helpers that fail are counted in the agent, which shows them among its metrics.
int dump_errors(const flags::Parsed& parsed) {
  const std::string path = map_path(parsed, "tg_errmetrics_map");
  const auto table = BpfTable::open(path);
  if (!table) return complain("failed to open the map of errors: " + table.error().text());
  return complain("the map " + path + " belongs to another agent; use that agent's own client");
}

}  // namespace tripline
