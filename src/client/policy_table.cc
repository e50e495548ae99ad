// SPDX-License-Identifier: Apache-2.0
#include "client/policy_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "tetragon/sensors.pb.h"

namespace tripline {
namespace {

constexpr size_t kGap = 3;

// The enumerator without its prefix, in lower case.
std::string word_of(const std::string& enumerator, std::string_view prefix) {
  std::string word = enumerator.starts_with(prefix) ? enumerator.substr(prefix.size()) : enumerator;
  std::ranges::transform(word, word.begin(), [](unsigned char byte) { return std::tolower(byte); });
  return word;
}

std::vector<std::string> row_of(const tetragon::TracingPolicyStatus& policy) {
  const tetragon::TracingPolicyActionCounters& counts = policy.stats().action_counters();
  const uint64_t enforced = counts.signal() + counts.override() + counts.notify_enforcer() + counts.set();
  const uint64_t monitored = counts.monitor_signal() + counts.monitor_override() +
                             counts.monitor_notify_enforcer() + counts.monitor_set();
  return {std::to_string(policy.id()),
          policy.name(),
          policy.domain(),
          word_of(tetragon::TracingPolicyState_Name(policy.state()), "TP_STATE_"),
          std::to_string(policy.filter_id()),
          policy.namespace_().empty() ? "(global)" : policy.namespace_(),
          fmt::format("{}", fmt::join(policy.sensors(), ",")),
          bytes_text(policy.kernel_memory_bytes()),
          word_of(tetragon::TracingPolicyMode_Name(policy.mode()), "TP_MODE_"),
          std::to_string(counts.post()),
          std::to_string(enforced),
          std::to_string(monitored)};
}

std::string hooks_of(const tetragon::TracingPolicyStatus& policy) {
  std::vector<std::vector<std::string>> rows = {{"SECTION", "CFGIDX", "DESCRIPTION", "STATUS"}};
  for (const tetragon::HookStatus& hook : policy.hook_statuses()) {
    rows.push_back({hook.section(), std::to_string(hook.hook_idx()), hook.hook_description(),
                    word_of(tetragon::HookState_Name(hook.state()), "STATUS_")});
  }
  return table_text(rows, "     ");
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  size_t at = 0;
  while (at < text.size()) {
    const size_t end = text.find('\n', at);
    out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

}  // namespace

std::string table_text(const std::vector<std::vector<std::string>>& rows, const std::string& indent) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t n = 0; n < row.size(); ++n) widths[n] = std::max(widths[n], row[n].size());
  }
  std::string out;
  for (const auto& row : rows) {
    out += indent;
    for (size_t n = 0; n < row.size(); ++n) {
      out += row[n];
      if (n + 1 < row.size()) out.append(widths[n] - row[n].size() + kGap, ' ');
    }
    out += '\n';
  }
  return out;
}

std::string policy_table(const tetragon::ListTracingPoliciesResponse& list) {
  std::vector<std::vector<std::string>> rows = {{"ID", "NAME", "DOMAIN", "STATE", "FILTERID", "NAMESPACE",
                                                 "SENSORS", "KERNELMEMORY", "MODE", "NPOST", "NENFORCE",
                                                 "NMONITOR"}};
  for (const tetragon::TracingPolicyStatus& policy : list.policies()) rows.push_back(row_of(policy));
  const std::vector<std::string> lines = lines_of(table_text(rows));
  std::string out = lines.front() + '\n';
  for (int n = 0; n < list.policies_size(); ++n) {
    out += lines[static_cast<size_t>(n) + 1] + '\n';
    if (list.policies(n).state() == tetragon::TP_STATE_PARTIALLY_ENABLED) out += hooks_of(list.policies(n));
  }
  return out;
}

std::string bytes_text(uint64_t bytes) {
  constexpr std::array kUnits = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  if (bytes < 1000) return fmt::format("{} B", bytes);
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1000 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.2f} {}", value, kUnits[unit]);
}

}  // namespace tripline
