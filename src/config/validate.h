// SPDX-License-Identifier: Apache-2.0
// What settings mean beyond their values: sizes in bytes, words, and keys that exclude each other. Checks that need
// the kernel or a file are left to the code that uses them.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "base/log_line.h"
#include "config/keys.h"

namespace tripline::config {

struct CgroupRate {
  uint64_t events = 0;
  flags::Duration interval{};
};

// Kinds of events that list all ancestors.
struct AncestorKinds {
  bool base = false;
  bool kprobe = false;
  bool tracepoint = false;
  bool loader = false;
  bool uprobe = false;
  bool lsm = false;
  bool usdt = false;
};

struct MetricLabels {
  bool namespace_name = false;
  bool workload = false;
  bool pod = false;
  bool binary = false;
  bool node_name = false;
};

struct Meaning {
  LogLevel log_level = LogLevel::kInfo;
  bool log_json = false;
  uint64_t ring_size = 0;        // bytes for each CPU; 0: not said
  uint64_t ring_size_total = 0;  // bytes for all; 0: not said
  uint64_t execve_map_size = 0;  // bytes; 0: not said
  uint64_t parents_map_size = 0;
  std::optional<CgroupRate> cgroup_rate;
  bool unix_users = false;
  AncestorKinds ancestors;
  MetricLabels metric_labels;
  uint32_t export_mode = 0600;
  bool export_compact = false;
  bool track_cgroups = false;  // enable-cgtrackerid, or enable-cgidmap where it is not set
  bool tls = false;
};

// The error is the line that ends the start.
[[nodiscard]] std::expected<Meaning, LogLine> validate(const Settings& settings,
                                                       std::vector<LogLine>& warnings);

// "64K" in bytes. The error is a sentence.
[[nodiscard]] std::expected<uint64_t, std::string> parse_size(std::string_view text);

}  // namespace tripline::config
