// SPDX-License-Identifier: Apache-2.0
// `tripline run`: policies in force for as long as one command runs, and the events of that command's processes.
#include <fmt/format.h>
#include <malloc.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/agent.h"
#include "agent/users.h"
#include "base/program_pages.h"
#include "daemon/options.h"
#include "main/child.h"
#include "main/commands.h"
#include "main/output.h"
#include "main/pod.h"
#include "main/policies.h"
#include "render/compact.h"
#include "render/json.h"
#include "render/status.h"
#include "render/why.h"

namespace tripline {
namespace {

constexpr int kRefused = 1;          // a policy was refused, or the kernel would not have us
constexpr int kNotFound = 127;       // the command cannot be found
constexpr int kNotExecutable = 126;  // or not executed

// Longest wait between two rounds; signals and records end it sooner.
constexpr std::chrono::milliseconds kWait{200};

void complain(const std::string& message) { fmt::print(stderr, "tripline: {}\n", message); }

// --- output -----------------------------------------------------------------------------------------------------

// Colours on a terminal, unless the user wants none (https://no-color.org) or says which.
bool wants_colours(const std::string& when, bool terminal) {
  if (when != "auto") return when == "always";
  const char* none = std::getenv("NO_COLOR");
  return terminal && (none == nullptr || *none == '\0');
}

std::optional<Output::Format> format_named(const std::string& name, const RunFlags& flags, const Node& node,
                                           bool terminal) {
  if (name == "json") {
    const auto writer = std::make_shared<JsonWriter>(node);
    if (!flags.why) {
      return [writer](TextBuffer& out, const Event& event) {
        writer->write(out, event);
        out.add('\n');
      };
    }
    return [writer](TextBuffer& out, const Event& event) {
      TextBuffer line;
      writer->write(line, event);
      out.add(json_with_why(line.view(), event.why));
      out.add('\n');
    };
  }
  if (name != "compact") return {};
  const CompactOptions options{wants_colours(flags.color, terminal), flags.timestamps};
  return [node, options, why = flags.why](TextBuffer& out, const Event& event) {
    out.add(to_compact(event, node, options));
    if (why) out.add(why_text(event.why));
    out.add('\n');
  };
}

// One stream: `path` "-" is standard output.
Result<Output> open_output(const std::string& format, const std::string& path, const RunFlags& flags,
                           const Node& node) {
  const bool standard = path == "-";
  const auto formatter = format_named(format, flags, node, standard && isatty(STDOUT_FILENO) != 0);
  if (!formatter) return fail("write events as", format, 0, "expected json or compact");
  if (standard) return Output::to_stdout(*formatter);
  return Output::to_file(path, *formatter);
}

Result<std::vector<Output>> open_outputs(const RunFlags& flags, const Node& node) {
  std::vector<std::pair<std::string, std::string>> wanted;
  for (const std::string& spec : flags.events) {
    const size_t colon = spec.find(':');
    if (colon == std::string::npos)
      return fail("write events to", spec, 0, "expected json:FILE or compact:FILE");
    wanted.emplace_back(spec.substr(0, colon), spec.substr(colon + 1));
  }
  if (wanted.empty()) wanted.emplace_back(flags.format, "-");
  std::vector<Output> outputs;
  for (const auto& [format, path] : wanted) {
    Result<Output> output = open_output(format, path, flags, node);
    if (!output) return std::unexpected(output.error());
    outputs.push_back(std::move(*output));
  }
  return outputs;
}

// Where the counts of policies are to be written, opened before anything is done; "-" is standard error.
Result<std::optional<Output>> open_stats(const std::string& path) {
  if (path.empty()) return std::nullopt;
  if (path == "-") return Output::to_stderr();
  return Output::to_file(path, {});
}

// --- what was lost ----------------------------------------------------------------------------------------------

void report_losses(const Agent& agent) {
  const Result<Losses> losses = agent.losses();
  if (!losses) return complain(losses.error().text());
  if (losses->life_lost > 0) {
    complain(
        fmt::format("{} records of forks, execs and exits were lost: the ring was full", losses->life_lost));
  }
  if (losses->unjudged > 0) {
    complain(fmt::format("{} calls were not judged: no free scratch slot, programs nested too deeply",
                         losses->unjudged));
  }
  if (losses->damaged > 0) complain(fmt::format("{} records could not be decoded", losses->damaged));
  if (losses->unknown > 0) {
    complain(fmt::format("up to {} processes could not be tracked for process filters: the table is full",
                         losses->unknown));
  }
  if (losses->shortened > 0) {
    complain(fmt::format(
        "{} processes were shown with their full arguments and environment only when they started: too long",
        losses->shortened));
  }
  for (const SkippedCalls& skipped : losses->skipped) {
    complain(fmt::format("up to {} calls of {} were not seen: the kernel skipped the program", skipped.calls,
                         skipped.function));
  }
  for (const std::string& function : losses->unloaded) {
    complain(fmt::format("{} is no longer hooked: its module was unloaded", function));
  }
  const NetworkCounts& network = losses->network;
  if (network.failed > 0)
    complain(fmt::format("{} GetUrl or DnsLookup requests were not answered", network.failed));
  if (network.dropped > 0) {
    complain(
        fmt::format("{} GetUrl or DnsLookup requests were not performed: too many at once", network.dropped));
  }
  for (const PolicyLosses& policy : losses->policies) {
    const tl_counter& counter = policy.counter;
    const std::string name = policy.id.generation == 0 ? "(gone)" : policy.id.name.name;
    if (counter.lost > 0) {
      complain(fmt::format("policy {}: {} events were lost: the ring was full (--rb-size); {} were delivered",
                           name, counter.lost, policy.delivered));
    }
    if (policy.alone > 0) {
      complain(fmt::format("policy {}: {} events were lost: too many calls waited for their return", name,
                           policy.alone));
    }
    if (policy.forgotten > 0) {
      complain(fmt::format("policy {}: up to {} events were lost: too many calls were in progress at once",
                           name, policy.forgotten));
    }
    if (policy.cut > 0) {
      complain(fmt::format(
          "policy {}: {} buffers were cut short: the ring was full (--rb-size), or they could not be read",
          name, policy.cut));
    }
    if (counter.posted != policy.delivered + policy.alone) {
      complain(fmt::format("policy {}: {} events were posted and {} delivered", name,
                           static_cast<uint64_t>(counter.posted), policy.delivered));
    }
  }
}

// --- running ----------------------------------------------------------------------------------------------------

// Signals that are read from a descriptor instead of ending us. `before` is the mask to give back.
Fd take_signals(sigset_t& before) {
  sigset_t taken;
  sigemptyset(&taken);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD}) sigaddset(&taken, signal);
  sigprocmask(SIG_BLOCK, &taken, &before);
  signal(SIGPIPE, SIG_IGN);
  return Fd(signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK));
}

// A hook takes a dozen descriptors, and a policy can have hundreds of hooks. `before` is the limit to give back.
void raise_file_limit(rlimit& before) {
  getrlimit(RLIMIT_NOFILE, &before);
  const rlimit most{before.rlim_max, before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &most);
}

// Passes on what was sent to us alone. What the terminal sends, the command, being in our process group, has too.
void forward_signals(int signals, pid_t to) {
  signalfd_siginfo info{};
  while (read(signals, &info, sizeof(info)) == sizeof(info)) {
    const auto signal = static_cast<int>(info.ssi_signo);
    if (signal != SIGCHLD && info.ssi_code != SI_KERNEL) kill(to, signal);
  }
}

class Runner {
 public:
  Runner(const RunFlags& flags, std::vector<Output> outputs, std::optional<Output> stats)
      : flags_(flags), outputs_(std::move(outputs)), stats_(std::move(stats)) {}

  int run(std::shared_ptr<const Kernel> kernel, const std::vector<PolicyPtr>& policies,
          ProcessOptions process, std::shared_ptr<const Pod> pod) {
    Inherited inherited{};
    const Fd signals = take_signals(inherited.mask);
    raise_file_limit(inherited.files);
    AgentOptions options;
    options.host.events = static_cast<uint32_t>(std::min<uint64_t>(flags_.ring_size, 1U << 30));
    options.host.changed_privileges = process.process_cred;
    options.process = std::move(process);
    options.stack_addresses = flags_.stack_addresses;
    options.network_actions = flags_.network_actions;
    Result<std::unique_ptr<Agent>> agent =
        Agent::start(std::move(kernel), std::move(options), [this](const Event& event) { show(event); });
    if (!agent) return refuse(agent.error());
    std::optional<PodCgroup> cgroup;
    if (pod) {
      Result<PodCgroup> made = PodCgroup::make((*agent)->workloads().cgroups());
      if (!made) return refuse(made.error());
      cgroup.emplace(*std::move(made));
      if (const auto put = put_pod((*agent)->workloads(), std::move(pod), *cgroup); !put)
        return refuse(put.error());
    }
    if (const auto added = (*agent)->add(policies); !added) return refuse(added.error());
    (*agent)->settle();
    give_back_program_pages();  // of a compiler, a loader and parsers that have done their work
    Result<Child> child = Child::fork_waiting(flags_.command, inherited);
    if (!child) return refuse(child.error());
    if (cgroup) {
      if (const auto taken = cgroup->take(child->pid()); !taken) return refuse(taken.error());
    }
    child_ = static_cast<uint32_t>(child->pid());
    (*agent)->mark_root(child_);
    const int exec_error = child->let_go();
    if (exec_error != 0) complain(fmt::format("{}: {}", flags_.command.front(), std::strerror(exec_error)));
    const int status = follow(**agent, *child, signals.get());
    report_losses(**agent);
    write_stats(**agent);
    const bool failed = report_failures();
    if (exec_error != 0) return exec_error == ENOENT ? kNotFound : kNotExecutable;
    return failed && status == 0 ? kRefused : status;
  }

 private:
  void show(const Event& event) {
    if (!flags_.all && (!event.in_tree || is_ahead(event))) return;
    for (Output& output : outputs_) output.add(event);
  }

  // Of the command's program itself, and what it needs, its process is told before it executes that: it is ours then.
  bool is_ahead(const Event& event) {
    if (executed_ || event.process.process == nullptr || event.process.process->pid != child_) return false;
    executed_ = std::holds_alternative<ProcessExec>(event.payload);
    return std::holds_alternative<ProcessLoader>(event.payload);
  }

  void round(Agent& agent) {
    agent.round();
    for (Output& output : outputs_) output.flush();
  }

  // Until the command has ended and everything it did is out. Returns its status.
  int follow(Agent& agent, Child& child, int signals) {
    std::optional<int> status;
    while (!status) {
      const std::array others = {signals};
      if (agent.wait(kWait, others)) forward_signals(signals, child.pid());
      round(agent);
      status = child.ended();
    }
    // A round delivers what the one before held back. The command's exit was written to the ring before it could be
    // waited for; what others do goes on, and would be counted and not delivered.
    round(agent);
    agent.end();
    round(agent);
    round(agent);
    return *status;
  }

  int refuse(const Error& error) {
    complain(error.text());
    return kRefused;
  }

  void write_stats(const Agent& agent) {
    if (!stats_) return;
    const auto status = agent.status();
    if (!status) return complain(status.error().text());
    for (const PolicyStatus& policy : *status) stats_->add_line(to_json(policy));
    stats_->flush();
  }

  bool report_failures() {
    bool failed = false;
    const auto report = [&failed](const Output& output) {
      if (!output.failure()) return;
      complain(output.failure()->text());
      failed = true;
    };
    for (const Output& output : outputs_) report(output);
    if (stats_) report(*stats_);
    return failed;
  }

  const RunFlags& flags_;
  uint32_t child_ = 0;
  bool executed_ = false;  // the child is the command
  std::vector<Output> outputs_;
  std::optional<Output> stats_;
};

bool set_ancestors(const std::vector<std::string>& kinds, ProcessOptions& options) {
  for (const std::string& kind : kinds) {
    if (kind == "base") options.ancestors_base = true;
    if (kind == "kprobe") options.ancestors_kprobe = true;
    if (kind == "tracepoint") options.ancestors_tracepoint = true;
    if (kind == "lsm") options.ancestors_lsm = true;
    if (kind == "uprobe") options.ancestors_uprobe = true;
    if (kind == "usdt") options.ancestors_usdt = true;
    if (kind == "loader") options.ancestors_loader = true;
    static constexpr std::array kKnown = {"base", "kprobe", "tracepoint", "loader", "uprobe", "lsm", "usdt"};
    if (std::ranges::find(kKnown, kind) == kKnown.end()) {
      complain(fmt::format("--enable-ancestors: unknown kind of event \"{}\"; expected {}", kind,
                           fmt::join(kKnown, ", ")));
      return false;
    }
  }
  if (!kinds.empty() && !options.ancestors_base)
    complain("--enable-ancestors: no event lists ancestors without \"base\"");
  return true;
}

// Names of users are those of the host only where we run as it does.
void set_users(const std::string& from, ProcessOptions& options) {
  if (from != "unix") return;
  const std::string cgroups = read_own_cgroups();
  if (!is_of_host(cgroups)) {
    complain(
        "--username-metadata: events do not name users: tripline runs neither in a systemd service nor in a "
        "user slice");
    return;
  }
  options.user_name = [names = std::make_shared<UserNames>()](uint32_t uid) { return names->find(uid); };
}

// What a burst of events took goes back to the system: left alone, the C library keeps what it had to give once.
void keep_memory_small() {
  constexpr int kLargest = 256 << 10;  // bytes that it may keep for later
  mallopt(M_MMAP_THRESHOLD, kLargest);
  mallopt(M_TRIM_THRESHOLD, kLargest);
  mallopt(M_ARENA_MAX, 1);  // a thread that has gone would leave what it freed in one of its own
}

}  // namespace

int run_command(const RunFlags& flags) {
  keep_memory_small();
  const Node node{node_name(), flags.cluster};
  ProcessOptions process;
  process.node_name = node.name;
  process.process_cred = flags.process_cred;
  process.process_ns = flags.process_ns;
  process.environment = flags.environment;
  process.variables = flags.variables;
  if (!flags.environment && !flags.variables.empty())
    complain("--filter-environment-variables has no effect without --enable-process-environment-variables");
  set_users(flags.users, process);
  if (!set_ancestors(flags.ancestors, process)) return kRefused;
  Result<std::vector<Output>> outputs = open_outputs(flags, node);
  if (!outputs) {
    complain(outputs.error().text());
    return kRefused;
  }
  Result<std::optional<Output>> stats = open_stats(flags.stats);
  if (!stats) {
    complain(stats.error().text());
    return kRefused;
  }
  std::shared_ptr<const Pod> pod;
  if (!flags.pod.empty()) {
    auto parsed = parse_pod(flags.pod);
    if (!parsed) {
      complain(parsed.error().text());
      return kRefused;
    }
    pod = *std::move(parsed);
  }
  auto documents = read_documents(flags.policies);
  if (!documents) return kRefused;
  // No more than the policies need: the kernel's lists would cost more than all the rest.
  Result<ProbeReport> probed = probe_kernel(scope_for(*documents));
  if (!probed) {
    complain(probed.error().text());
    return kRefused;
  }
  auto kernel = std::make_shared<const Kernel>(std::move(probed->kernel));
  const auto policies = admit_all(
      *std::move(documents), *kernel,
      {.check = {
           .parents_map = flags.parents_map, .kubernetes = pod != nullptr, .policy_filter = pod != nullptr}});
  if (!policies) return kRefused;
  return Runner(flags, std::move(*outputs), std::move(*stats))
      .run(std::move(kernel), *policies, std::move(process), std::move(pod));
}

}  // namespace tripline
