// SPDX-License-Identifier: Apache-2.0
#include "daemon/options.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <vector>

#include "agent/users.h"
#include "kernel/api_features.h"
#include "serve/expression.h"

namespace tripline {
namespace {

// Bytes of the ring of events, whatever was asked for.
constexpr uint64_t kLeastRing = 1 << 16;
constexpr uint64_t kMostRing = 1 << 30;

struct SettingOf {
  SettingValue operator()(bool value) const { return value; }
  SettingValue operator()(int64_t value) const { return value; }
  SettingValue operator()(uint64_t value) const { return std::to_string(value); }
  SettingValue operator()(config::Duration value) const { return flags::duration_text(value); }
  SettingValue operator()(const std::string& value) const { return value; }
  SettingValue operator()(const std::vector<std::string>& value) const { return value; }
};

std::string name_from(std::initializer_list<const char*> variables) {
  for (const char* variable : variables) {
    if (const char* value = std::getenv(variable); value != nullptr && *value != '\0') return value;
  }
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

}  // namespace

std::string node_name() { return name_from({"HUBBLE_NODE_NAME", "NODE_NAME"}); }
std::string kube_node_name() { return name_from({"NODE_NAME", "HUBBLE_NODE_NAME"}); }

std::string proc_of(const config::Settings& settings) {
  std::string out = settings.procfs.value;
  while (out.size() > 1 && out.ends_with('/')) out.pop_back();
  return out;
}

AgentOptions agent_options(const config::Config& config, const std::string& node) {
  const config::Settings& settings = config.settings;
  const config::Meaning& meaning = config.meaning;
  AgentOptions out;
  out.proc = proc_of(settings);
  ProcessOptions& process = out.process;
  process.node_name = node;
  process.process_cred = settings.enable_process_cred.value;
  process.process_ns = settings.enable_process_ns.value;
  process.environment = settings.enable_process_environment_variables.value;
  process.variables = settings.filter_environment_variables.value;
  process.capacity = static_cast<size_t>(std::max<int64_t>(settings.process_cache_size.value, 1));
  process.cache = !settings.disable_process_cache.value;
  // What nobody has asked for is kept as short as dying tasks allow; what was asked for is kept for two collections.
  if (const auto& interval = settings.process_cache_gc_interval; interval.is_set())
    process.linger =
        2 * static_cast<uint64_t>(std::min(interval.value, flags::Duration(std::chrono::hours(24))).count());
  process.entries = static_cast<size_t>(std::max<int64_t>(settings.retprobes_cache_size.value, 1));
  process.ancestors_base = meaning.ancestors.base;
  process.ancestors_kprobe = meaning.ancestors.kprobe;
  process.ancestors_tracepoint = meaning.ancestors.tracepoint;
  process.ancestors_lsm = meaning.ancestors.lsm;
  process.ancestors_uprobe = meaning.ancestors.uprobe;
  process.ancestors_usdt = meaning.ancestors.usdt;
  process.ancestors_loader = meaning.ancestors.loader;
  if (meaning.unix_users)
    process.user_name = [names = std::make_shared<UserNames>()](uint32_t uid) { return names->find(uid); };
  const uint64_t ring = std::max(meaning.ring_size_total, meaning.ring_size * sysconf(_SC_NPROCESSORS_ONLN));
  if (ring > 0) out.host.events = static_cast<uint32_t>(std::clamp<uint64_t>(ring, kLeastRing, kMostRing));
  if (meaning.cgroup_rate) {
    out.host.cgroup_events = meaning.cgroup_rate->events;
    out.host.cgroup_interval = static_cast<uint64_t>(meaning.cgroup_rate->interval.count());
  }
  out.host.changed_privileges = process.process_cred;
  out.stack_addresses = settings.expose_stack_addresses.value;
  out.network_actions = true;
  out.latency = settings.enable_msg_handling_latency.value;
  out.admission.check = {
      .parents_map = settings.parents_map_enabled.value,
      .kubernetes = settings.enable_k8s_api.value || !settings.k8s_kubeconfig_path.value.empty(),
      .policy_filter = settings.enable_policy_filter.value};
  return out;
}

NodePodsOptions pod_options(const config::Settings& settings) {
  NodePodsOptions out;
  out.store.annotations = settings.enable_pod_annotations.value;
  out.store.gone = static_cast<size_t>(std::max<int64_t>(settings.deleted_pod_cache_size.value, 0));
  out.is_followed = settings.enable_k8s_api.value;
  return out;
}

FilterOptions filter_options(const config::Config& config) {
  const config::AncestorKinds& kinds = config.meaning.ancestors;
  FilterOptions out;
  out.ancestors = {kinds.base,   kinds.kprobe, kinds.tracepoint, kinds.loader,
                   kinds.uprobe, kinds.lsm,    kinds.usdt};
  out.capabilities = config.settings.enable_process_cred.value;
  out.compile_cel = cel_compiler({node_name(), config.settings.cluster_name.value});
  return out;
}

Rotation rotation_of(const EventLog& log) {
  constexpr uint64_t kMiB = 1 << 20;
  constexpr uint64_t kUnsaid = 100;  // MiB that 0 stands for
  Rotation out;
  if (log.max_size >= 0) out.size = kMiB * (log.max_size > 0 ? static_cast<uint64_t>(log.max_size) : kUnsaid);
  out.backups = log.max_backups;
  out.interval = flags::parse_duration(log.rotation_interval).value_or(flags::Duration::zero());
  return out;
}

EventLog event_log_of(const config::Settings& settings) {
  return {.max_size = static_cast<int32_t>(settings.export_file_max_size_mb.value),
          .max_backups = static_cast<int32_t>(settings.export_file_max_backups.value),
          .rotation_interval = flags::duration_text(settings.export_file_rotation_interval.value)};
}

ExportOptions export_options(const config::Config& config) {
  const config::Settings& settings = config.settings;
  return {.target = settings.export_filename.value,
          .mode = config.meaning.export_mode,
          .compress = settings.export_file_compress.value,
          .compact = config.meaning.export_compact,
          .rotation = rotation_of(event_log_of(settings)),
          .rate_limit = settings.export_rate_limit.value};
}

AgentInfo info_of(const config::Settings& settings, const Kernel& kernel) {
  AgentInfo out;
  out.version = TRIPLINE_VERSION;
  out.probes = api_features(kernel);
  config::for_each_setting(settings, [&](const config::Key& key, const auto& setting) {
    if (!config::is_ours(key.flag.name)) out.settings.emplace_back(key.flag.name, SettingOf{}(setting.value));
  });
  return out;
}

ServerOptions server_options(const config::Settings& settings) {
  ServerOptions out;
  out.address = settings.server_address.value;
  if (!out.address.empty() && !out.address.starts_with(kUnix)) out.socket = kSocket;
  if (!settings.server_tls_cert_file.value.empty()) {
    out.tls = TlsFiles{settings.server_tls_cert_file.value, settings.server_tls_key_file.value, {}};
    if (settings.server_tls_require_client_cert.value)
      out.tls->client_ca = settings.server_tls_client_ca_files.value;
  }
  return out;
}

}  // namespace tripline
