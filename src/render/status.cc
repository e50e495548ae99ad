// SPDX-License-Identifier: Apache-2.0
#include "render/status.h"

#include <string_view>
#include <utility>

#include "render/json_out.h"

namespace tripline {
namespace {

// In the order of the .proto file.
std::string_view name_of(PolicyState state) {
  switch (state) {
    case PolicyState::kEnabled:
      return "TP_STATE_ENABLED";
    case PolicyState::kPartiallyEnabled:
      return "TP_STATE_PARTIALLY_ENABLED";
    case PolicyState::kDisabled:
      return "TP_STATE_DISABLED";
    case PolicyState::kLoadError:
      return "TP_STATE_LOAD_ERROR";
    case PolicyState::kSkipped:
      return "TP_STATE_SKIPPED";
  }
  return {};
}

std::string_view name_of(PolicyMode mode) {
  switch (mode) {
    case PolicyMode::kEnforce:
      return "TP_MODE_ENFORCE";
    case PolicyMode::kMonitor:
      return "TP_MODE_MONITOR";
    case PolicyMode::kMonitorOnly:
      return "TP_MODE_MONITOR_ONLY";
  }
  return {};
}

void write_counts(JsonOut& json, const ActionCounts& counts) {
  json.object("action_counters");
  for (const auto& [name, count] : kActionCounts) json.member64(name, counts.*count);
  json.end();
}

void write_selectors(JsonOut& json, const std::vector<SelectorStatus>& selectors) {
  if (selectors.empty()) return;
  json.array("selector_action_counters");
  for (const SelectorStatus& selector : selectors) {
    json.start();
    json.member("hook", selector.hook);
    json.set_member("hook_index", selector.hook_index);
    json.set_member("selector_index", selector.selector_index);
    write_counts(json, selector.counts);
    json.member("selector_label", selector.label);
    json.end();
  }
  json.end_array();
}

ActionCounts sum_of(const PolicyStatus& status) {
  ActionCounts sum = status.unselected;
  for (const SelectorStatus& selector : status.selectors) {
    for (const auto& [name, count] : kActionCounts) sum.*count += selector.counts.*count;
  }
  return sum;
}

}  // namespace

std::string to_json(const PolicyStatus& status) {
  TextBuffer out;
  JsonOut json(out);
  json.start();
  json.member("name", status.name);
  json.member("namespace", status.namespace_name);
  json.set_member("state", name_of(status.state));
  if (status.mode) {
    json.set_member("mode", name_of(*status.mode));
    json.object("stats");
    write_counts(json, sum_of(status));
    write_selectors(json, status.selectors);
    json.end();
  }
  json.end();
  return std::string(out.view());
}

}  // namespace tripline
