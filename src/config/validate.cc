// SPDX-License-Identifier: Apache-2.0
#include "config/validate.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <string_view>
#include <utility>

#include "base/go_text.h"
#include "flags/number.h"

namespace tripline::config {
namespace {

using Outcome = std::expected<void, LogLine>;

std::unexpected<LogLine> refuse(std::string message) {
  return std::unexpected(LogLine{LogLevel::kError, std::move(message)});
}
std::unexpected<LogLine> refuse_flag(std::string error) {
  return std::unexpected(
      LogLine{LogLevel::kError, "Failed to parse command line flags", {{"error", std::move(error)}}});
}

void warn(std::vector<LogLine>& warnings, std::string message, std::string_view value = {}) {
  LogLine line{LogLevel::kWarning, std::move(message)};
  if (!value.empty()) line.fields.emplace_back("value", value);
  warnings.push_back(std::move(line));
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    std::string_view part = text.substr(0, comma);
    part.remove_prefix(std::min(part.find_first_not_of(' '), part.size()));
    part = part.substr(0, part.find_last_not_of(' ') + 1);
    if (!part.empty()) parts.push_back(part);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

void read_log(const Settings& settings, Meaning& meaning, std::vector<LogLine>& warnings) {
  constexpr std::pair<std::string_view, LogLevel> kLevels[] = {
      {"trace", LogLevel::kTrace},  {"debug", LogLevel::kDebug},     {"info", LogLevel::kInfo},
      {"warn", LogLevel::kWarning}, {"warning", LogLevel::kWarning}, {"error", LogLevel::kError},
      {"fatal", LogLevel::kFatal},  {"panic", LogLevel::kPanic},
  };
  const auto* level =
      std::ranges::find(kLevels, settings.log_level.value, &std::pair<std::string_view, LogLevel>::first);
  if (level != std::end(kLevels))
    meaning.log_level = level->second;
  else
    warn(warnings, "Unknown log-level, info is used", settings.log_level.value);
  if (settings.debug.value) meaning.log_level = LogLevel::kDebug;
  meaning.log_json = settings.log_format.value == "json";
  if (!meaning.log_json && settings.log_format.value != "text")
    warn(warnings, "Unknown log-format, text is used", settings.log_format.value);
}

Outcome read_size(std::string_view key, const std::string& text, uint64_t& size) {
  if (text.empty()) return {};
  auto parsed = parse_size(text);
  if (!parsed) return refuse_flag(fmt::format("failed to parse {} value: {}", key, parsed.error()));
  size = *parsed;
  return {};
}

Outcome read_sizes(const Settings& settings, Meaning& meaning) {
  uint64_t queue = 0;
  if (auto read = read_size("rb-size", settings.rb_size.value, meaning.ring_size); !read) return read;
  if (auto read = read_size("rb-size-total", settings.rb_size_total.value, meaning.ring_size_total); !read)
    return read;
  if (auto read = read_size("rb-queue-size", settings.rb_queue_size.value, queue); !read) return read;
  if (auto read = read_size("execve-map-size", settings.execve_map_size.value, meaning.execve_map_size);
      !read)
    return read;
  return read_size("parents-map-size", settings.parents_map_size.value, meaning.parents_map_size);
}

Outcome read_processes(const Settings& settings, Meaning& meaning, std::vector<LogLine>& warnings) {
  if (settings.process_cache_gc_interval.value <= flags::Duration::zero())
    return refuse_flag("failed to parse process-cache-gc-interval value. Must be >= 0");
  const std::string& users = settings.username_metadata.value;
  if (users != "disabled" && users != "unix")
    return refuse_flag("unknown option for username-metadata: " + go_quoted(users));
  meaning.unix_users = users == "unix";

  AncestorKinds& kinds = meaning.ancestors;
  const std::pair<std::string_view, bool*> names[] = {
      {"base", &kinds.base},     {"kprobe", &kinds.kprobe}, {"tracepoint", &kinds.tracepoint},
      {"loader", &kinds.loader}, {"uprobe", &kinds.uprobe}, {"lsm", &kinds.lsm},
      {"usdt", &kinds.usdt},
  };
  for (const std::string& kind : settings.enable_ancestors.value) {
    const auto* known = std::ranges::find(names, kind, &std::pair<std::string_view, bool*>::first);
    if (known == std::end(names))
      return refuse_flag("unknown option for enable-ancestors: " + go_quoted(kind));
    *known->second = true;
  }
  if (!settings.enable_ancestors.value.empty() && !kinds.base)
    warn(warnings, "--enable-ancestors has no effect without \"base\"");
  if (settings.disable_process_cache.value) {
    if (!settings.enable_ancestors.value.empty())
      return refuse_flag("--enable-ancestors cannot be used together with --disable-process-cache");
    if (settings.process_cache_size.is_set())
      warn(warnings, "--process-cache-size has no effect when --disable-process-cache is set");
  }
  meaning.track_cgroups = settings.enable_cgtrackerid.is_set() ? settings.enable_cgtrackerid.value
                                                               : settings.enable_cgidmap.value;
  return {};
}

std::optional<CgroupRate> parse_cgroup_rate(std::string_view text) {
  const size_t comma = text.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  const auto events = flags::parse_uint(text.substr(0, comma));
  const auto interval = flags::parse_duration(text.substr(comma + 1));
  if (!events || *events == 0 || !interval || *interval <= flags::Duration::zero()) return std::nullopt;
  return CgroupRate{*events, *interval};
}

Outcome read_tls(const Settings& settings, Meaning& meaning) {
  const std::string& certificate = settings.server_tls_cert_file.value;
  const std::string& address = settings.server_address.value;
  if (certificate.empty() != settings.server_tls_key_file.value.empty())
    return refuse_flag("--server-tls-cert-file and --server-tls-key-file must be set together");
  meaning.tls = !certificate.empty();
  const bool clients = settings.server_tls_require_client_cert.value;
  if (!settings.server_tls_client_ca_files.value.empty() && !clients) {
    return refuse_flag(
        "--server-tls-client-ca-files only takes effect when --server-tls-require-client-cert is true");
  }
  if (clients && !meaning.tls)
    return refuse_flag(
        "--server-tls-require-client-cert needs --server-tls-cert-file and --server-tls-key-file");
  if (clients && settings.server_tls_client_ca_files.value.empty())
    return refuse_flag("--server-tls-require-client-cert needs --server-tls-client-ca-files");
  if (meaning.tls && (address.empty() || address.starts_with("unix://")))
    return refuse_flag("TLS needs a TCP address in --server-address, not " + go_quoted(address));
  return {};
}

Outcome read_export(const Settings& settings, Meaning& meaning) {
  const std::string& format = settings.export_format.value;
  if (format != "json" && format != "compact-json")
    return refuse_flag("unknown option for export-format: " + go_quoted(format) +
                       "; expected json or compact-json");
  meaning.export_compact = format == "compact-json";
  const std::string& mode = settings.export_file_perm.value;
  const char* end = mode.data() + mode.size();
  const auto [stopped, fault] = std::from_chars(mode.data(), end, meaning.export_mode, 8);
  if (fault != std::errc() || stopped != end || meaning.export_mode > 07777)
    return refuse_flag("failed to parse export-file-perm value: " + go_quoted(mode) +
                       " is not an octal mode");
  if (settings.export_file_rotation_interval.value < flags::Duration::zero())
    return refuse_flag("failed to parse export-file-rotation-interval value. Must be >= 0");
  return {};
}

void read_metrics(const Settings& settings, Meaning& meaning, std::vector<LogLine>& warnings) {
  MetricLabels& labels = meaning.metric_labels;
  const std::pair<std::string_view, bool*> names[] = {
      {"namespace", &labels.namespace_name},
      {"workload", &labels.workload},
      {"pod", &labels.pod},
      {"binary", &labels.binary},
      {"node_name", &labels.node_name},
  };
  for (const std::string_view label : split(settings.metrics_label_filter.value)) {
    const auto* known = std::ranges::find(names, label, &std::pair<std::string_view, bool*>::first);
    if (known == std::end(names))
      warn(warnings, "Unknown label in metrics-label-filter, it is ignored", label);
    else
      *known->second = true;
  }
}

// Keys that exclude each other, and the folder of policies.
Outcome check_together(const Settings& settings, const Meaning& meaning) {
  const auto both = [](std::string_view one, std::string_view other) {
    return refuse(fmt::format("Can't specify --{} and --{} together", one, other));
  };
  if (meaning.ring_size != 0 && meaning.ring_size_total != 0) return both("rb-size", "rb-size-total");
  if (settings.execve_map_entries.value != 0 && meaning.execve_map_size != 0)
    return both("execve-map-entries", "execve-map-size");
  if (settings.parents_map_entries.value != 0 && meaning.parents_map_size != 0)
    return both("parents-map-entries", "parents-map-size");
  if (settings.force_small_progs.value && settings.force_large_progs.value)
    return both("force-small-progs", "force-large-progs");
  const std::string& folder = settings.tracing_policy_dir.value;
  if (!folder.empty() && !folder.starts_with('/')) {
    return refuse("Failed path specified by --tracing-policy-dir '" + go_quoted(folder) +
                  "' is not absolute");
  }
  if (settings.k8s_controlplane_retry.value == 0) return refuse("--k8s-controlplane-retry must not be 0");
  return {};
}

// Numbers of things of which there cannot be fewer than none.
Outcome check_counts(const Settings& settings) {
  const std::pair<std::string_view, int64_t> counts[] = {
      {"data-cache-size", settings.data_cache_size.value},
      {"deleted-pod-cache-size", settings.deleted_pod_cache_size.value},
      {"event-cache-retries", settings.event_cache_retries.value},
      {"event-cache-retry-delay", settings.event_cache_retry_delay.value},
      {"execve-map-entries", settings.execve_map_entries.value},
      {"parents-map-entries", settings.parents_map_entries.value},
      {"process-cache-size", settings.process_cache_size.value},
      {"retprobes-cache-size", settings.retprobes_cache_size.value},
      {"sleepable-preload-size", settings.sleepable_preload_size.value},
  };
  for (const auto& [key, count] : counts)
    if (count < 0) return refuse_flag(fmt::format("failed to parse {} value. Must be >= 0", key));
  return {};
}

}  // namespace

std::expected<uint64_t, std::string> parse_size(std::string_view text) {
  unsigned shift = 0;
  if (text.ends_with('K')) shift = 10;
  if (text.ends_with('M')) shift = 20;
  if (text.ends_with('G')) shift = 30;
  if (shift != 0) text.remove_suffix(1);
  const auto number = flags::decimal(text);
  if (!number) return std::unexpected(number.error());
  if (*number < 0) return std::unexpected("a size cannot be negative");
  if (*number > (std::numeric_limits<int64_t>::max() >> shift))
    return std::unexpected("the size is too large");
  return static_cast<uint64_t>(*number) << shift;
}

std::expected<Meaning, LogLine> validate(const Settings& settings, std::vector<LogLine>& warnings) {
  Meaning meaning;
  read_log(settings, meaning, warnings);
  if (auto read = read_sizes(settings, meaning); !read) return std::unexpected(std::move(read.error()));
  if (auto read = read_processes(settings, meaning, warnings); !read)
    return std::unexpected(std::move(read.error()));
  if (auto read = read_tls(settings, meaning); !read) return std::unexpected(std::move(read.error()));
  if (auto read = read_export(settings, meaning); !read) return std::unexpected(std::move(read.error()));
  if (auto counts = check_counts(settings); !counts) return std::unexpected(std::move(counts.error()));
  read_metrics(settings, meaning, warnings);
  if (const std::string& rate = settings.cgroup_rate.value; !rate.empty()) {
    meaning.cgroup_rate = parse_cgroup_rate(rate);
    if (!meaning.cgroup_rate) warn(warnings, "Failed to parse cgroup-rate, using no limit", rate);
  }
  if (auto fits = check_together(settings, meaning); !fits) return std::unexpected(std::move(fits.error()));
  return meaning;
}

}  // namespace tripline::config
