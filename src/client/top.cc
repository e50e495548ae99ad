// SPDX-License-Identifier: Apache-2.0
#include "client/top.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <expected>
#include <map>
#include <string_view>
#include <thread>
#include <utility>

#include "client/exit_status.h"
#include "client/policy_table.h"
#include "tetragon/sensors.pb.h"
#include "tripline/agent.pb.h"

namespace tripline {
namespace {

// Of programs at the entry of a hook, and at its return.
constexpr auto kPrefixes = std::to_array<std::string_view>({"tl_", "tlr_"});
constexpr size_t kLongestName = 15;  // bytes of a program's name

int complain(const std::string& message) {
  fmt::print(stderr, "Error: {}\n", message);
  return kFailed;
}

bool is_ours(const BpfProgram& program) {
  return std::ranges::any_of(kPrefixes,
                             [&](std::string_view prefix) { return program.name.starts_with(prefix); });
}

uint64_t actions_of(const tetragon::TracingPolicyActionCounters& counts) {
  return counts.signal() + counts.override() + counts.notify_enforcer() + counts.set() +
         counts.monitor_signal() + counts.monitor_override() + counts.monitor_notify_enforcer() +
         counts.monitor_set();
}

// As a C identifier.
std::string identifier(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) c = '_';
  return out;
}

std::expected<Look, std::string> take_look(Channel& channel) {
  Look out;
  tetragon::ListTracingPoliciesResponse policies;
  const auto asked = channel.call("ListTracingPolicies", tetragon::ListTracingPoliciesRequest(), policies);
  if (!asked) return std::unexpected("failed to list tracing policies: " + asked.error());
  take_policies(policies, out);
  api::GetLossesResponse losses;
  if (channel.call("tripline.api.Agent/GetLosses", api::GetLossesRequest(), losses)) take_losses(losses, out);
  auto programs = all_programs();
  if (!programs) return std::unexpected(programs.error().text());
  std::erase_if(*programs, [](const BpfProgram& program) { return !is_ours(program); });
  out.programs = *std::move(programs);
  return out;
}

// What a program did between two looks.
struct Cost {
  uint64_t runs = 0, missed = 0;
  std::chrono::nanoseconds time{};
  void add(const BpfProgram& before, const BpfProgram& now) {
    runs += now.runs - before.runs;
    missed += now.missed - before.missed;
    time += now.time - before.time;
  }
};

// Since the look before; what began anew counts from 0.
uint64_t since(uint64_t before, uint64_t now) { return now >= before ? now - before : now; }

std::string lost_of(const Look& before, const Look& now, const std::string& policy) {
  if (!now.lost) return "-";
  const auto count = [&policy](const Look& look) {
    const auto found =
        look.lost ? look.lost->find(policy) : std::map<std::string, uint64_t>::const_iterator{};
    return look.lost && found != look.lost->end() ? found->second : 0;
  };
  return std::to_string(since(count(before), count(now)));
}

std::vector<std::string> row_of(const std::vector<std::string>& names, std::pair<uint64_t, uint64_t> counts,
                                const std::string& lost, const Cost& cost, double seconds) {
  const auto rate = [seconds](uint64_t count) {
    return fmt::format("{:.0f}", static_cast<double>(count) / seconds);
  };
  const double share = static_cast<double>(cost.time.count()) / 1e9 / seconds * 100;
  std::vector<std::string> row = names;
  row.push_back(rate(cost.runs));
  row.push_back(rate(counts.first));
  row.push_back(rate(counts.second));
  row.push_back(lost);
  row.push_back(std::to_string(cost.missed));
  row.push_back(cost.runs == 0 ? "-"
                               : fmt::format("{}", cost.time.count() / static_cast<int64_t>(cost.runs)));
  row.push_back(fmt::format("{:.2f}", share));
  return row;
}

}  // namespace

bool is_program_of(const std::string& program, const std::string& hook) {
  std::string name = hook.substr(hook.find(':') + 1);
  if (hook.starts_with("tracepoint:")) name = name.substr(name.rfind('/') + 1);
  if (constexpr std::string_view kWrapper = "__x64_"; name.starts_with(kWrapper))
    name.erase(0, kWrapper.size());
  return std::ranges::any_of(kPrefixes, [&](std::string_view prefix) {
    return program.substr(0, kLongestName) ==
           (std::string(prefix) + identifier(name)).substr(0, kLongestName);
  });
}

void take_losses(const api::GetLossesResponse& losses, Look& look) {
  look.lost.emplace();
  for (const api::PolicyLosses& policy : losses.policies())
    (*look.lost)[policy.name()] += policy.ring() + policy.alone() + policy.forgotten() + policy.cut();
  look.life_lost = losses.life();
  look.reader_lost = losses.readers();
}

void take_policies(const tetragon::ListTracingPoliciesResponse& policies, Look& look) {
  std::map<std::vector<std::string>, std::pair<uint64_t, uint64_t>> hooks;
  for (const tetragon::TracingPolicyStatus& policy : policies.policies()) {
    for (const tetragon::HookStatus& hook : policy.hook_statuses()) {
      const std::string_view kind = hook.section() == "fentries" ? "fentry" : "kprobe";
      hooks[{policy.name(), fmt::format("{}:{}", kind, hook.hook_description())}];
    }
    for (const auto& selector : policy.stats().selector_action_counters()) {
      auto& counts = hooks[{policy.name(), selector.hook()}];
      counts.first += selector.action_counters().post();
      counts.second += actions_of(selector.action_counters());
    }
  }
  for (auto& [names, counts] : hooks) {
    look.names.push_back(names);
    look.counts.push_back(counts);
  }
}

std::string top_text(const Look& before, const Look& now, std::chrono::nanoseconds interval) {
  const double seconds = static_cast<double>(interval.count()) / 1e9;
  std::map<uint32_t, Cost> costs;
  Cost whole;
  for (const BpfProgram& program : now.programs) {
    const auto old = std::ranges::find(before.programs, program.id, &BpfProgram::id);
    if (old == before.programs.end()) continue;  // its first look
    costs[program.id].add(*old, program);
    whole.add(*old, program);
  }
  std::vector<std::vector<std::string>> rows = {
      {"POLICY", "HOOK", "CALLS/S", "POSTS/S", "ACTIONS/S", "LOST", "MISSED", "NS/CALL", "CPU%"}};
  std::vector<bool> shown(now.programs.size());
  for (size_t n = 0; n < now.names.size(); ++n) {
    const auto old = std::ranges::find(before.names, now.names[n]);
    std::pair<uint64_t, uint64_t> counts{};
    if (old != before.names.end()) {
      const auto& then = before.counts[static_cast<size_t>(old - before.names.begin())];
      // A policy that was enabled again counts from 0.
      if (now.counts[n].first >= then.first && now.counts[n].second >= then.second)
        counts = {now.counts[n].first - then.first, now.counts[n].second - then.second};
    }
    Cost cost;
    for (size_t at = 0; at < now.programs.size(); ++at) {
      if (!is_program_of(now.programs[at].name, now.names[n][1])) continue;
      shown[at] = true;
      const Cost& one = costs[now.programs[at].id];
      cost.runs += one.runs;
      cost.missed += one.missed;
      cost.time += one.time;
    }
    rows.push_back(row_of(now.names[n], counts, lost_of(before, now, now.names[n][0]), cost, seconds));
  }
  for (size_t at = 0; at < now.programs.size(); ++at) {
    if (!shown[at])
      rows.push_back(row_of({"-", now.programs[at].name}, {}, "-", costs[now.programs[at].id], seconds));
  }
  std::string others;
  if (const uint64_t life = since(before.life_lost, now.life_lost); life > 0)
    others += fmt::format("{} forks, execs and exits lost\n", life);
  if (const uint64_t readers = since(before.reader_lost, now.reader_lost); readers > 0)
    others += fmt::format("{} events missed by slow readers\n", readers);
  return fmt::format("{:.2f}% of a CPU in {} programs, {:.0f} calls/s\n{}\n{}",
                     static_cast<double>(whole.time.count()) / 1e9 / seconds * 100, now.programs.size(),
                     static_cast<double>(whole.runs) / seconds, others, table_text(rows));
}

int show_top(const flags::Parsed& parsed, Channel& channel) {
  const auto counting = count_runs();
  if (!counting) return complain(counting.error().text());
  const auto interval =
      std::max<std::chrono::nanoseconds>(parsed.duration("interval"), std::chrono::milliseconds(100));
  auto before = take_look(channel);
  if (!before) return complain(before.error());
  for (;;) {
    const auto begin = std::chrono::steady_clock::now();
    std::this_thread::sleep_for(interval);
    auto now = take_look(channel);
    if (!now) return complain(now.error());
    fmt::print("{}{:%Y-%m-%d %H:%M:%S}  {}", parsed.is("once") ? "" : "\x1b[2J\x1b[H",
               fmt::localtime(std::time(nullptr)),
               top_text(*before, *now, std::chrono::steady_clock::now() - begin));
    std::fflush(stdout);
    if (parsed.is("once")) return 0;
    before = std::move(now);
  }
}

}  // namespace tripline
