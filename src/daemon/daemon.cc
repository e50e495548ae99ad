// SPDX-License-Identifier: Apache-2.0
#include "daemon/daemon.h"

#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "agent/agent.h"
#include "agent/file_watch.h"
#include "agent/hub.h"
#include "agent/node_pods.h"
#include "agent/policy_store.h"
#include "agent/registry.h"
#include "base/go_text.h"
#include "daemon/followed_store.h"
#include "daemon/kube.h"
#include "daemon/kube_policies.h"
#include "daemon/mounts.h"
#include "daemon/notify.h"
#include "daemon/options.h"
#include "daemon/policy_folder.h"
#include "daemon/policy_reporter.h"
#include "daemon/run_folder.h"
#include "daemon/static_policies.h"
#include "export/export.h"
#include "filter/parse_lists.h"
#include "filter/redact.h"
#include "metrics/server.h"
#include "serve/server.h"

namespace tripline {
namespace {

constexpr int kFailed = 255;
constexpr std::chrono::milliseconds kWait{1000};  // longest time between two rounds
constexpr std::string_view kStaticDomain = "static";
constexpr const char* kFollowedFolder = "/followed";  // in the run folder
// What the last daemon was told of the pods is looked for so long before policies come into force.
constexpr std::chrono::seconds kLookForPods{5};
constexpr std::chrono::seconds kKeepPods{1};  // between two times that they are kept

void note(const Log& log, std::string message) {
  log.write({.level = LogLevel::kInfo, .message = std::move(message)});
}

int refuse(const Log& log, const std::string& why) {
  log.write({.level = LogLevel::kError, .message = "Failed to execute tetragon", .fields = {{"error", why}}});
  return kFailed;
}

// Signals that are read from a descriptor instead of ending us; threads that are made later do not take them either.
Fd take_signals() {
  sigset_t taken;
  sigemptyset(&taken);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&taken, signal);
  pthread_sigmask(SIG_BLOCK, &taken, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);  // a limit on files is met by those who write them
  return Fd(signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK));
}

// Hooks take descriptors, and so do clients.
void raise_file_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// What a burst took goes back to the system, and threads share what they free.
void keep_memory_small() {
  constexpr int kLargest = 256 << 10;
  mallopt(M_MMAP_THRESHOLD, kLargest);
  mallopt(M_TRIM_THRESHOLD, kLargest);
  mallopt(M_ARENA_MAX, 2);
}

// What runs, in the order in which it is taken down: from the last to the first.
class Daemon {
 public:
  Daemon(const config::Config& config, const Log& log)
      : config_(config), settings_(config.settings), log_(log) {}

  int run() {
    const Fd signals = take_signals();
    warn_of_idle_settings();
    Started started = start();
    if (started) started = load_policies();
    if (!started) {
      give_up();
      return refuse(log_, started.error());
    }
    tell_what_was_left();
    follow_api_server();
    note(log_, "Listening for events...");
    notifier_.ready();
    while (!ends(signals)) round(signals);
    notifier_.stopping();
    stop();
    return 0;
  }

 private:
  using Started = std::expected<void, std::string>;

  // Whoever set them expects something of them.
  void warn_of_idle_settings() const {
    config::for_each_setting(settings_, [&](const config::Key& key, const auto& setting) {
      if (!setting.is_set() || key.no_effect.empty()) return;
      log_.write(
          {.level = LogLevel::kWarning,
           .message = "This setting has no effect",
           .fields = {{"setting", std::string(key.flag.name)}, {"reason", std::string(key.no_effect)}}});
    });
  }

  Started start() {
    auto pid = PidFile::take(kRunFolder);
    if (!pid) return std::unexpected(pid.error().detail.empty() ? pid.error().text() : pid.error().detail);
    pid_file_.emplace(*std::move(pid));
    for (const Error& problem : mount_missing(kRunFolder))
      log_.write({.level = LogLevel::kWarning, .message = problem.text()});
    if (auto found = find_api_server(); !found) return found;
    if (auto opened = open_store(); !opened) return opened;
    open_followed();
    if (settings_.keep_sensors_on_exit.value) note(log_, "Not unloading sensors on exit");
    start_bpf_folder();
    if (auto exported = start_export(); !exported) return exported;
    if (!settings_.metrics_server.value.empty() && settings_.enable_event_metrics.value) {
      const config::MetricLabels& labels = config_.meaning.metric_labels;
      event_counts_.emplace(ProcessLabels{.binary = labels.binary,
                                          .node_name = labels.node_name,
                                          .name_space = labels.namespace_name,
                                          .workload = labels.workload,
                                          .pod = labels.pod},
                            node_.name);
    }
    if (auto agent = start_agent(); !agent) return agent;
    if (auto served = start_servers(); !served) return served;
    if (auto served = start_metrics(); !served) return served;
    return write_facts();
  }

  // Without it everything works, but what the API server tells does not outlive us.
  void open_followed() {
    const std::string folder = std::string(kRunFolder) + kFollowedFolder;
    if (!access_) return FollowedStore::remove(folder);
    auto store = FollowedStore::open(folder);
    if (!store) return log_.write({.level = LogLevel::kWarning, .message = store.error().text()});
    followed_.emplace(*std::move(store));
    told_ = followed_->read();
    for (const LogLine& problem : std::exchange(told_.problems, {})) log_.write(problem);
    if (!settings_.enable_tracing_policy_crd.value) told_.policies.clear();
    if (!settings_.enable_k8s_api.value) told_.pods.clear();
    if (told_.policies.empty() && told_.pods.empty()) return;
    log_.write({.message = "Going on with what the API server told an earlier daemon",
                .fields = {{"policies", std::to_string(told_.policies.size())},
                           {"pods", std::to_string(told_.pods.size())}}});
  }

  void keep_policy(const PolicyName& name, const std::optional<std::string>& document) {
    if (!followed_) return;
    const auto kept = document ? followed_->put(name, *document) : followed_->remove(name);
    if (!kept) log_.write({.level = LogLevel::kWarning, .message = kept.error().text()});
  }

  void keep_pods(std::chrono::steady_clock::time_point now) {
    if (!followed_ || !pods_changed_ || now - pods_kept_ < kKeepPods) return;
    pods_changed_ = false;
    pods_kept_ = now;
    if (const auto kept = followed_->put_pods(pods_->store().pods()); !kept)
      log_.write({.level = LogLevel::kWarning, .message = kept.error().text()});
  }

  // Who we are to the API server is known before anything runs; whether it answers is not waited for.
  Started find_api_server() {
    const std::string& file = settings_.k8s_kubeconfig_path.value;
    if (!settings_.enable_k8s_api.value && file.empty()) return {};
    auto access = kube::find_access(file);
    if (!access) return std::unexpected(access.error().text());
    note(log_, "Following the API server at " + access->host + ":" + std::to_string(access->port));
    access_ = *std::move(access);
    return {};
  }

  void follow_api_server() {
    if (!access_) return;
    kube_policies_ = std::make_unique<KubePolicies>(PolicySteps{
        .update =
            [this](PolicyName name, Source document, Registry::Answer answer) {
              registry_->update(name, std::move(document), std::move(answer));
            },
        .skip = [this](PolicyName name,
                       Registry::Answer answer) { registry_->skip(name, std::move(answer)); },
        .remove = [this](PolicyName name,
                         Registry::Answer answer) { registry_->remove(name, std::move(answer)); },
        .log = [this](const LogLine& line) { log_.write(line); },
        .keep = [this](const PolicyName& name,
                       const std::optional<std::string>& document) { keep_policy(name, document); },
        .changed =
            [this] {
              if (reporter_) reporter_->changed();
            }});
    KubePolicies& policies = *kube_policies_;
    report_policies();
    for (auto& [name, document] : std::exchange(told_.policies, {}))
      policies.restore(name, std::move(document));
    kube_ = std::make_unique<Kube>(
        KubeOptions{.access = *access_,
                    .node = kube_node_name(),
                    .policies = settings_.enable_tracing_policy_crd.value,
                    .pods = settings_.enable_k8s_api.value},
        KubeEnds{
            .put_policy = [&policies](kube::PolicyObject object) { policies.put(std::move(object)); },
            .remove_policy = [&policies](const kube::ObjectKey& key) { policies.remove(key); },
            .policies_synced = [&policies](kube::PolicyScope scope) { policies.synced(scope); },
            .put_pod = [this](Pod pod) { put_pod(std::move(pod)); },
            .remove_pod = [this](const std::string& uid) { remove_pod(uid); },
            .pods_synced = [this] { pods_->synced(); },
            .set_node = [this](Labels labels, const std::string& uid) { set_node(std::move(labels), uid); },
            .node_unreadable = [&policies](const std::string& why) { policies.node_unreadable(why); }},
        backend_.post, [this](const LogLine& line) { log_.write(line); });
  }

  void report_policies() {
    const std::string node = kube_node_name();
    if (!settings_.enable_tracing_policy_crd.value || !settings_.enable_policy_reports.value || node.empty())
      return;
    reporter_ = std::make_unique<PolicyReporter>(
        *access_, node, settings_.keep_sensors_on_exit.value, backend_.post,
        [this]() -> std::optional<std::vector<kube::PolicySaid>> {
          const auto listed = registry_->list(kKubeDomain);
          if (!listed) return {};
          return kube_policies_->said(*listed);
        },
        [this](const LogLine& line) { log_.write(line); });
  }

  void set_node(Labels labels, const std::string& uid) {
    if (reporter_) reporter_->set_node_uid(uid);
    if (export_) export_->set_labels(labels);
    if (server_) server_->set_labels(labels);
    kube_policies_->set_node(std::move(labels));
  }

  Started open_store() {
    if (!settings_.persist_grpc_policies.value) return {};
    const std::string& folder = settings_.persist_grpc_policies_dir.value;
    const auto failed = [&folder](const std::string& why) {
      return std::unexpected("open persistent policy store " + go_quoted(folder) + ": " + why);
    };
    auto store = PolicyStore::open(folder);
    if (!store) return failed(store.error().text());
    store_.emplace(*std::move(store));
    auto contents = store_->read();
    if (!contents) return failed(contents.error().text());
    for (const LogLine& stranger : contents->strangers) log_.write(stranger);
    // A policy that somebody relies on would be missing without a word.
    if (!contents->broken.empty()) return failed(contents->broken.front());
    stored_ = std::move(contents->policies);
    log_.write({.level = LogLevel::kInfo,
                .message = "Opened persistent policy store",
                .fields = {{"directory", folder}, {"policies", std::to_string(stored_.size())}}});
    return {};
  }

  // Without it everything works, but nothing outlives us.
  void start_bpf_folder() {
    bpf_folder_ = "/sys/fs/bpf/" + settings_.bpf_dir.value;
    const auto made = make_bpf_folder(bpf_folder_, base_folder(bpf_folder_));
    has_bpf_folder_ = made.has_value();
    has_left_ = made.value_or(false);
    if (!made) log_.write({.level = LogLevel::kWarning, .message = made.error().text()});
    if (has_left_ && !settings_.release_pinned_bpf.value)
      note(log_, "Found bpf instance: " + bpf_folder_ + ", moved to: " + bpf_folder_ + "_old");
  }

  // It was replaced in the step that brought our policies into force.
  void tell_what_was_left() {
    if (settings_.keep_sensors_on_exit.value && agent_->unpinned() > 0)
      log_.write({.level = LogLevel::kWarning,
                  .message = "This kernel cannot pin some programs: they end with the daemon",
                  .fields = {{"programs", std::to_string(agent_->unpinned())}}});
    if (!has_left_) return;
    const TakenOver& taken = agent_->taken_over();
    if (!taken.version.empty())
      log_.write({.level = LogLevel::kInfo,
                  .message = "Took over from an earlier daemon",
                  .fields = {{"version", taken.version},
                             {"programs", std::to_string(taken.hooks)},
                             {"policies_with_counts", std::to_string(agent_->heirs())}}});
    else
      log_.write(
          {.level = LogLevel::kInfo,
           .message = "The programs of an earlier daemon were in force until now; their counts are not kept",
           .fields = {{"reason", taken.refusal}}});
    remove_bpf_folder(bpf_folder_ + "_old");
    has_left_ = false;
    if (!settings_.release_pinned_bpf.value) note(log_, "Removed bpf instance: " + bpf_folder_ + "_old");
  }

  Started start_export() {
    node_ = {node_name(), settings_.cluster_name.value};
    if (settings_.export_filename.value.empty()) return {};
    FilterOptions options = filter_options(config_);
    options.pid_set = settings_.enable_pid_set_filter.value;
    auto filters = compile_export_lists(
        {settings_.export_allowlist.value, settings_.export_denylist.value, settings_.field_filters.value},
        options);
    if (!filters) return std::unexpected(filters.error());
    for (const std::string& path : filters->fields.unknown())
      log_.write({.level = LogLevel::kWarning,
                  .message = "Unknown field in field-filters",
                  .fields = {{"path", path}}});
    if (settings_.export_rate_limit.value == 0) return {};
    auto started = Export::start(export_options(config_), node_, *std::move(filters));
    if (!started) return std::unexpected(started.error().text());
    export_.emplace(*std::move(started));
    return {};
  }

  Started start_agent() {
    // What a policy names is asked of the kernel when the policy comes.
    constexpr ProbeScope kNothing{.functions = false, .formats = false, .lsm_hooks = false, .modules = false};
    Result<ProbeReport> probed = probe_kernel(kNothing, proc_of(settings_));
    if (!probed) return std::unexpected(probed.error().text());
    const auto kernel = std::make_shared<const Kernel>(std::move(probed->kernel));
    AgentOptions options = agent_options(config_, node_.name);
    options.asked = kNothing;
    if (has_bpf_folder_) {
      options.keeping.folder = bpf_folder_;
      options.keeping.take_over = settings_.keep_sensors_on_exit.value;
      options.keeping.version = TRIPLINE_VERSION;
      if (has_left_) options.keeping.left = bpf_folder_ + "_old";
      options.keeping.report = [this](const Error& error) {
        log_.write({.level = LogLevel::kWarning, .message = error.text()});
      };
    }
    if (const auto redacts = add_redaction(options.process); !redacts) return redacts;
    pods_ = std::make_unique<NodePods>(pod_options(settings_));
    // Whoever does not follow pods shows none, and waits for none.
    if (settings_.enable_k8s_api.value) {
      options.process.pod_of = [this](std::string_view container) { return pods_->find(container); };
      options.told_pod_of = [this](std::string_view container) { return pods_->find_told(container); };
      options.wait.retries = settings_.event_cache_retries.value;
      options.wait.delay =
          std::chrono::seconds(std::max<int64_t>(settings_.event_cache_retry_delay.value, 0));
    }
    options.wanted = [this] { return event_counts_ || export_ || hub_.has_subscribers(); };
    if (export_ && export_->asks_early() && !event_counts_)
      options.passes = [this](const Event& begun) {
        return hub_.has_subscribers() || export_->passes(begun);
      };
    backend_.info = info_of(settings_, *kernel);
    Result<std::unique_ptr<Agent>> agent =
        Agent::start(kernel, std::move(options), [this](const Event& event) { publish(event); });
    if (!agent) return std::unexpected(agent.error().text());
    agent_ = *std::move(agent);
    start_pods();
    if (const auto& rate = config_.meaning.cgroup_rate) {
      note(log_, "Cgroup rate started (" + std::to_string(rate->events) + "/" +
                     flags::duration_text(rate->interval) + ")");
    }
    registry_ = std::make_unique<Registry>(*agent_, store_ ? &*store_ : nullptr);
    files_ = std::make_unique<FileWatch>(
        [this](std::vector<Renewal> renewals) {
          agent_->post([this, renewals = std::move(renewals)](Agent&) {
            for (const Renewal& renewal : renewals) renew(renewal);
          });
        },
        proc_of(settings_));
    registry_->on_warning([this](const LogLine& line) { log_.write(line); });
    return {};
  }

  void start_pods() {
    pods_->start(
        {.put =
             [this](const PodPtr& pod, const Container& container, const std::vector<uint64_t>& cgroups) {
               const auto done = agent_->workloads().put(pod, container, cgroups);
               if (!done) log_.write({.level = LogLevel::kWarning, .message = done.error().text()});
             },
         .remove = [this](const std::string& id) { (void)agent_->workloads().remove(id); },
         .post =
             [this](std::function<void()> command) {
               agent_->post([command = std::move(command)](Agent&) { command(); });
             },
         .changed =
             [this] {
               agent_->pods_changed();
               pods_changed_ = true;
             }},
        agent_->workloads().cgroups().mount);
    pods_->restore(std::exchange(told_.pods, {}));
    if (!pods_->wait_until_looked(kLookForPods))
      log_.write(
          {.level = LogLevel::kWarning, .message = "The containers of earlier pods are still looked for"});
  }

  // Both as the API server tells of them.
  void put_pod(Pod pod) {
    if (event_counts_) event_counts_->pod_is_there(pod.name_space, pod.name);
    pods_->put(std::move(pod));
  }
  void remove_pod(const std::string& uid) {
    const PodPtr pod = pods_->store().pod(uid);
    if (pod && event_counts_)
      event_counts_->pod_has_gone(pod->name_space, pod->name, EventCounts::Clock::now());
    pods_->remove(uid);
  }

  Started add_redaction(ProcessOptions& process) {
    const auto rules = parse_redaction_list(settings_.redaction_filters.value);
    if (!rules) return std::unexpected(rules.error());
    auto redactor = Redactor::compile(*rules);
    if (!redactor) return std::unexpected("failed to compile redaction filter list: " + redactor.error());
    if (redactor->empty()) return {};
    process.redact = [redactor = std::make_shared<const Redactor>(*std::move(redactor))](
                         std::string_view binary, std::string& arguments, std::string& environment) {
      redactor->redact(binary, arguments, environment);
    };
    return {};
  }

  Started start_servers() {
    backend_.registry = registry_.get();
    backend_.pods = pods_.get();
    backend_.hub = &hub_;
    backend_.node = node_;
    backend_.post = [this](std::function<void()> command) {
      agent_->post([command = std::move(command)](Agent&) { command(); });
    };
    backend_.processes = [this] { return agent_->cached(); };
    backend_.losses = [this] { return agent_->losses(); };
    backend_.log_level = [this] { return kLogTrace - static_cast<int>(log_.level()); };
    backend_.set_log_level = [this](int level) { log_.set_level(static_cast<LogLevel>(kLogTrace - level)); };
    backend_.hook_failed = [this](const std::string& id, const std::string& why) {
      log_.write(
          {LogLevel::kWarning, "A hook of a container runtime failed", {{"logid", id}, {"error", why}}});
    };
    if (export_) {
      event_log_ = event_log_of(settings_);
      backend_.event_log = &event_log_;
      backend_.event_log_changed = [this] { export_->set_rotation(rotation_of(event_log_)); };
    }
    backend_.filters = filter_options(config_);
    backend_.queue = settings_.event_queue_size.value;
    backend_.deprecated_policy_calls = settings_.enable_deprecated_tracingpolicy_grpc.value;
    const ServerOptions options = server_options(settings_);
    if (!options.address.empty()) {
      auto server = Server::start(backend_, options);
      if (!server) return std::unexpected(server.error().text());
      server_ = *std::move(server);
    }
    const std::string& health = settings_.health_server_address.value;
    if (health.empty()) return {};
    auto server = HealthServer::start(health.starts_with(':') ? "[::]" + health : health);
    if (!server) return std::unexpected(server.error().text());
    health_ = *std::move(server);
    return {};
  }

  Started start_metrics() {
    if (settings_.metrics_server.value.empty()) return {};
    const auto state = [this] {
      auto out = read_state(*agent_, *registry_, hub_);
      if (!out) return out;
      out->pods = pods_->counts();
      out->pod_lookups = pods_->store().counts();
      if (!export_) return out;
      const ExportCounts& counts = export_->counts();
      out->exported = {counts.events, counts.bytes, counts.lost, counts.rate_limited, counts.last};
      return out;
    };
    auto server = MetricsServer::start(settings_.metrics_server.value,
                                       {.events = event_counts_ ? &*event_counts_ : nullptr,
                                        .build = {.version = backend_.info.version},
                                        .state = state,
                                        .post = backend_.post});
    if (!server) return std::unexpected(server.error().text());
    metrics_ = *std::move(server);
    return {};
  }

  Started write_facts() {
    const std::string& address = settings_.server_address.value;
    DaemonFacts facts{.export_file = settings_.export_filename.value.empty()
                                         ? std::string()
                                         : absolute(settings_.export_filename.value),
                      .lib_folder = settings_.bpf_lib.value,
                      .btf = settings_.btf.value,
                      .metrics_address = settings_.metrics_server.value,
                      .map_folder = bpf_folder_,
                      .pid = getpid()};
    while (facts.lib_folder.size() > 1 && facts.lib_folder.ends_with('/')) facts.lib_folder.pop_back();
    if (!address.empty())
      facts.server_address = address.starts_with(kUnix) ? address : std::string(kUnix) + kSocket;
    const auto written = write_info(kRunFolder, facts);
    if (!written) return std::unexpected(written.error().text());
    return {};
  }

  // Those of the store and the static ones, in one step.
  Started load_policies() {
    const auto& folder = settings_.tracing_policy_dir;
    // Watched first: what comes while it is read is an event.
    if (const auto watched = watch_folder(); !watched) return watched;
    auto documents = read_static_policies({folder.value, !folder.is_set(), {}});
    if (!documents) return std::unexpected(documents.error().text());
    if (watch_) {
      // What is wrong with them is said where they are added.
      if (auto found = folder_change({}, *documents, std::string(kStaticDomain)))
        known_ = std::move(found->after);
    }
    auto file = read_static_policies({.file = settings_.tracing_policy.value});
    if (!file) return std::unexpected(file.error().text());
    std::ranges::move(*file, std::back_inserter(*documents));
    log_stored("Starting persisted gRPC policy restoration");
    for (const auto& [name, record] : stored_) log_stored("Loading persisted gRPC policy", name, record);
    for (;;) {
      auto [policies, names] = first_policies(*documents);
      std::optional<std::expected<void, Registry::FirstRefused>> begun;
      registry_->begin(std::move(policies), [&begun](auto outcome) { begun = std::move(outcome); });
      while (!begun || agent_->changes()) round(Fd());
      if (*begun) break;
      const Registry::FirstRefused& refused = begun->error();
      if (!leave_out_told(refused, names.size()))
        return std::unexpected((refused.which ? names[*refused.which] + ": " : "") + refused.why);
    }
    for (const auto& [name, record] : stored_) log_stored("Restored persisted gRPC policy", name, record);
    log_stored("Completed persisted gRPC policy restoration");
    stored_.clear();
    return {};
  }

  // And what they are called in messages. Those that the API server told of are the last.
  std::pair<std::vector<Registry::First>, std::vector<std::string>> first_policies(
      const std::vector<Source>& documents) const {
    std::vector<Registry::First> policies;
    std::vector<std::string> names;
    for (const auto& [name, record] : stored_) {
      names.push_back("restore persisted gRPC policy " + name.name);
      policies.push_back({{"<stored>", record.yaml}, name.domain, record.enabled, name});
    }
    for (const Source& document : documents) {
      names.push_back(document.name);
      policies.push_back({document, std::string(kStaticDomain), true});
    }
    for (const auto& [name, document] : told_.policies) {
      names.push_back(shown_of_kube(name));
      policies.push_back({{.name = names.back(), .text = document, .loose = true}, kKubeDomain, true});
    }
    return {std::move(policies), std::move(names)};
  }

  // A start does not fail for a policy that the API server will tell of again. False when it is none of those.
  bool leave_out_told(const Registry::FirstRefused& refused, size_t all) {
    std::vector<std::pair<PolicyName, std::string>>& told = told_.policies;
    const size_t first = all - told.size();
    if (told.empty() || refused.which.value_or(first) < first) return false;
    LogLine line{LogLevel::kWarning, "A policy that the API server sent earlier waits for it", {}};
    if (refused.which)
      line.fields.emplace_back("name", shown_of_kube(told[*refused.which - first].first));
    else
      line.message = "The policies that the API server sent earlier wait for it";
    line.fields.emplace_back("error", refused.why);
    log_.write(line);
    if (refused.which)
      told.erase(told.begin() + static_cast<ptrdiff_t>(*refused.which - first));
    else
      told.clear();
    return true;
  }

  void log_stored(std::string message) const {
    if (!store_) return;
    log_.write({.level = LogLevel::kInfo,
                .message = std::move(message),
                .fields = {{"policies", std::to_string(stored_.size())}}});
  }
  void log_stored(std::string message, const PolicyName& name, const PolicyRecord& record) const {
    log_.write({.level = LogLevel::kInfo,
                .message = std::move(message),
                .fields = {{"name", name.name},
                           {"namespace", name.namespace_name},
                           {"domain", name.domain},
                           {"enabled", record.enabled ? "true" : "false"}}});
  }

  Started watch_folder() {
    const std::string& folder = settings_.tracing_policy_dir.value;
    if (!settings_.tracing_policy_dir_watch.value || folder.empty()) return {};
    auto watch = FolderWatch::open(folder);
    if (!watch) return std::unexpected(watch.error().text());
    watch_.emplace(*std::move(watch));
    return {};
  }

  // One change at a time: what happens in the folder meanwhile is the next.
  void follow_folder() {
    watch_->hear(FolderWatch::Clock::now());
    if (changes_folder_ || !watch_->due(FolderWatch::Clock::now())) return;
    const std::string& folder = settings_.tracing_policy_dir.value;
    const auto refused = [this, folder](const std::string& why) {
      log_.write({.level = LogLevel::kError,
                  .message = "The policies in the folder were not changed",
                  .fields = {{"folder", folder}, {"error", why}}});
    };
    auto documents = read_static_policies({folder, true, {}});
    if (!documents) return refused(documents.error().text());
    auto change = folder_change(known_, *std::move(documents), std::string(kStaticDomain));
    if (!change) return refused(change.error());
    if (change->out.empty() && change->in.empty()) return;
    const std::string came = std::to_string(change->in.size());
    const std::string went = std::to_string(change->out.size());
    changes_folder_ = true;
    registry_->replace(
        std::move(change->out), std::move(change->in), std::string(kStaticDomain),
        [this, refused, folder, came, went,
         after = std::move(change->after)](const Registry::Outcome& outcome) mutable {
          changes_folder_ = false;
          if (!outcome) return refused(outcome.error());
          known_ = std::move(after);
          log_.write({.message = "The policies in the folder were changed",
                      .fields = {{"folder", folder}, {"taken-in", came}, {"taken-out", went}}});
        });
  }

  // Those that hook code of user space.
  static std::vector<WatchedPolicy> watched_policies(const std::vector<Member>& members) {
    std::vector<WatchedPolicy> out;
    for (const Member& member : members)
      if (member.source && member.enabled) out.push_back({member.id.name, hooked_files(*member.policy)});
    return out;
  }

  void renew(Renewal renewal) {
    const std::string policy = renewal.name.name;
    const std::string path = renewal.path;
    agent_->request({.renewed = {std::move(renewal)}}, [this, policy, path](const ChangeResult& result) {
      if (!result.status)
        log_.write({.level = LogLevel::kWarning,
                    .message = "A hooked file was replaced, and the new one is not hooked",
                    .fields = {{"policy", policy}, {"path", path}, {"error", result.status.error().text()}}});
      else if (!path.empty())
        log_.write({.message = "A hooked file was replaced, and the new one is hooked too",
                    .fields = {{"policy", policy}, {"path", path}}});
    });
  }

  void publish(const Event& event) {
    if (event_counts_) event_counts_->add(event);
    if (export_) export_->add(event);
    if (hub_.has_subscribers()) hub_.publish(event);
  }

  void round(const Fd& signals) {
    std::chrono::milliseconds time = kWait;
    if (notifier_.interval()) time = std::min(time, *notifier_.interval() / 2);
    if (signals && watch_) {
      if (const auto rest = watch_->rest(FolderWatch::Clock::now()))
        time = std::min(time, std::chrono::ceil<std::chrono::milliseconds>(*rest));
      (void)agent_->wait(time, std::array{signals.get(), watch_->bell()});
      follow_folder();
    } else if (signals) {
      (void)agent_->wait(time, std::array{signals.get()});
    } else {
      (void)agent_->wait(time);
    }
    agent_->round();
    hub_.wake();
    const auto now = std::chrono::steady_clock::now();
    if (files_ && files_->due(now)) files_->look(watched_policies(agent_->policies()), now);
    if (export_) {
      if (const auto said = export_->flush(now)) log_.write(*said);
    }
    if (event_counts_) event_counts_->forget_gone(now);
    keep_pods(now);
    notifier_.alive(now);
  }

  // Takes the signals that came; true when one of them is to end us.
  bool ends(const Fd& signals) {
    signalfd_siginfo info{};
    while (read(signals.get(), &info, sizeof(info)) == sizeof(info)) {
      if (info.ssi_signo != SIGHUP) return true;
      if (export_) export_->reopen();
    }
    return false;
  }

  void take_down() {
    files_.reset();
    kube_.reset();
    reporter_.reset();
    if (pods_) pods_->stop();
    if (kube_policies_) kube_policies_->end();
    server_.reset();
    health_.reset();
    metrics_.reset();
  }

  void end_agent() {
    if (agent_) agent_->end();
    registry_.reset();
    agent_.reset();
    if (has_bpf_folder_) remove_bpf_folder(bpf_folder_);
  }

  // When all events are there.
  void finish_export() {
    if (!export_) return;
    if (const auto said = export_->finish()) log_.write(*said);
  }

  // Before what an earlier daemon left was replaced it goes on.
  void give_up() {
    take_down();
    if (has_left_) {
      if (agent_) agent_->leave();
      registry_.reset();
      agent_.reset();
      put_back_bpf_folder(bpf_folder_);
    } else {
      end_agent();
    }
    finish_export();
  }

  void stop() {
    take_down();
    if (settings_.keep_sensors_on_exit.value) {
      agent_->leave();
      registry_.reset();
      agent_.reset();
    } else {
      end_agent();
    }
    finish_export();
  }

  static std::string absolute(const std::string& path) {
    std::error_code problem;
    return std::filesystem::absolute(path, problem).string();
  }

  const config::Config& config_;
  const config::Settings& settings_;
  const Log& log_;
  Notifier notifier_;
  std::optional<PidFile> pid_file_;
  std::optional<PolicyStore> store_;
  std::vector<PolicyStore::Stored> stored_;  // until they are loaded
  std::optional<FollowedStore> followed_;
  FollowedStore::Contents told_;  // until it is in force
  bool pods_changed_ = false;     // since they were kept
  std::chrono::steady_clock::time_point pods_kept_;
  std::string bpf_folder_;
  bool has_bpf_folder_ = false;
  bool has_left_ = false;  // another daemon's is at FOLDER_old
  Node node_;
  std::optional<Export> export_;
  Hub hub_;
  std::optional<EventCounts> event_counts_;
  std::unique_ptr<NodePods> pods_;
  std::unique_ptr<Agent> agent_;
  std::unique_ptr<Registry> registry_;
  std::optional<kube::Access> access_;  // absent: the API server is not followed
  std::unique_ptr<KubePolicies> kube_policies_;
  std::unique_ptr<Kube> kube_;
  std::unique_ptr<PolicyReporter> reporter_;  // null: nothing is reported
  std::unique_ptr<FileWatch> files_;
  std::optional<FolderWatch> watch_;
  KnownPolicies known_;          // of the folder, as they were last taken in
  bool changes_folder_ = false;  // a change waits for its answer
  EventLog event_log_;
  Backend backend_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<HealthServer> health_;
  std::unique_ptr<MetricsServer> metrics_;
};

}  // namespace

int run_daemon(const config::Config& config, const Log& log) {
  keep_memory_small();
  raise_file_limit();
  return Daemon(config, log).run();
}

}  // namespace tripline
