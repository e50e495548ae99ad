// SPDX-License-Identifier: Apache-2.0
// Tables from the leaves up: what a table names stands above it.
#include "client/commands.h"

#include <algorithm>
#include <array>
#include <span>

#include "flags/standard.h"

namespace tripline {
namespace {

using flags::Arguments;
using flags::Command;
using flags::Flag;
using flags::Type;
using Rule = flags::Arguments::Rule;

constexpr Arguments kNothing{.rule = Rule::kCount, .count = 0};
constexpr Arguments kNoWord{.rule = Rule::kNone};
constexpr Arguments kOne{.rule = Rule::kCount, .count = 1};
constexpr Arguments kTwo{.rule = Rule::kCount, .count = 2};

constexpr std::string_view kTextOrJson[] = {"text", "json"};
constexpr std::string_view kRawOrJson[] = {"raw", "json"};
constexpr std::string_view kTabOrJson[] = {"tab", "json"};

// --- events ---------------------------------------------------------------------------------------------------------

constexpr std::string_view kEventForms[] = {"json", "compact"};
constexpr std::string_view kColours[] = {"auto", "always", "never"};
constexpr std::string_view kEventTypes[] = {"PROCESS_EXEC",       "PROCESS_EXIT",   "PROCESS_KPROBE",
                                            "PROCESS_LOADER",     "PROCESS_LSM",    "PROCESS_THROTTLE",
                                            "PROCESS_TRACEPOINT", "PROCESS_UPROBE", "PROCESS_USDT",
                                            "RATE_LIMIT_INFO",    "TEST",           "UNDEF"};

constexpr Flag kEventFlags[] = {
    {.name = "output",
     .letter = 'o',
     .type = Type::kChoice,
     .fallback = "json",
     .help = "Output format. json or compact",
     .choices = kEventForms},
    {.name = "color",
     .type = Type::kChoice,
     .fallback = "auto",
     .help = "Colorize compact output. auto, always, or never",
     .choices = kColours},
    {.name = "include-fields", .letter = 'f', .type = Type::kStrings, .help = "Include fields in events"},
    {.name = "exclude-fields", .letter = 'F', .type = Type::kStrings, .help = "Exclude fields from events"},
    {.name = "event-types",
     .letter = 'e',
     .type = Type::kChoices,
     .help = "Include only events of given types",
     .choices = kEventTypes},
    {.name = "namespace",
     .letter = 'n',
     .type = Type::kStrings,
     .help = "Get events by Kubernetes namespaces",
     .also = "namespaces"},
    {.name = "process",
     .type = Type::kStrings,
     .help = "Get events by process name regex",
     .also = "processes"},
    {.name = "pod", .type = Type::kStrings, .help = "Get events by pod name regex", .also = "pods"},
    {.name = "containers",
     .type = Type::kStrings,
     .help = "Get events by container name regex",
     .hidden = true},
    {.name = "host", .type = Type::kBool, .help = "Get host events"},
    {.name = "policy-names", .type = Type::kStrings, .help = "Get events by tracing policy names"},
    {.name = "namespace-regex", .type = Type::kStrings, .help = "Get events by Kubernetes namespace regex"},
    {.name = "cel-expression", .type = Type::kStrings, .help = "Get events satisfying the CEL expression"},
    {.name = "timestamps", .type = Type::kBool, .help = "Include timestamps in compact output"},
    {.name = "tty-encode",
     .letter = 't',
     .help = "Encode terminal data by file path (all other events are ignored)"},
    {.name = "stack-traces",
     .type = Type::kBool,
     .fallback = "true",
     .help = "Include stack traces in compact output"},
    {.name = "ima-hash",
     .type = Type::kBool,
     .fallback = "true",
     .help = "Include IMA hashes in compact output"},
    {.name = "reconnect", .type = Type::kBool, .help = "Keep trying to connect even if an error occurred"},
    {.name = "reconnect-wait",
     .type = Type::kDuration,
     .fallback = "2s",
     .help = "Wait before attempting to reconnect"},
};

// Beyond those of `tetra`.
constexpr auto kOwnEventFlags = [] {
  std::array<Flag, std::size(kEventFlags) + 1> all;
  std::ranges::copy(kEventFlags, all.begin());
  all.back() = {.name = "why",
                .type = Type::kBool,
                .help =
                    "Show with each event of a policy which selector let it through and the filters that "
                    "held, with file and line"};
  return all;
}();

// --- policies -------------------------------------------------------------------------------------------------------

constexpr Flag kNamespace{
    .name = "namespace", .letter = 'n', .help = "Namespace of the tracing policy, if it is namespaced"};
constexpr Flag kDomain{.name = "domain", .fallback = "grpc", .help = "Domain of the tracing policy"};
constexpr Flag kMode{.name = "mode", .letter = 'm', .help = "Tracing policy mode (enforce|monitor)"};
constexpr Flag kOutput{.name = "output",
                       .letter = 'o',
                       .type = Type::kChoice,
                       .fallback = "text",
                       .help = "Output format. text or json",
                       .choices = kTextOrJson};

constexpr Flag kAddFlags[] = {kMode, kDomain};
constexpr Flag kNamedFlags[] = {kNamespace, kDomain};
constexpr Flag kListFlags[] = {kOutput,
                               {.name = "domain", .help = "Domain of the tracing policies; all if empty"}};
constexpr Flag kDomainsFlags[] = {kOutput};
constexpr Flag kModifyFlags[] = {kMode};

constexpr Flag kGenerateFlags[] = {
    {.name = "match-binary", .letter = 'm', .help = "Add a binary to the matchBinaries selector"}};
constexpr Flag kRegexFlags[] = {
    {.name = "regex", .letter = 'r', .help = "Select the functions of the list with a regex"}};
constexpr Flag kBinaryFlags[] = {{.name = "binary", .letter = 'b', .help = "Binary path"}};

constexpr Command kGenerateCommands[] = {
    {.usage = "all-syscalls", .summary = "all system calls", .arguments = kNothing},
    {.usage = "all-syscalls-list", .summary = "all system calls using a list", .arguments = kNothing},
    {.usage = "empty", .summary = "empty", .arguments = kNothing},
    {.usage = "ftrace-list",
     .summary = "all traceable functions, as a list",
     .flags = kRegexFlags,
     .arguments = kNothing},
    {.usage = "uprobes", .summary = "all symbols of a binary", .flags = kBinaryFlags, .arguments = kNothing},
    {.usage = "usdts",
     .summary = "all USDT probes of a binary",
     .flags = kBinaryFlags,
     .arguments = kNothing},
};

constexpr std::string_view kPolicyAliases[] = {"tp"};
constexpr Command kPolicyCommands[] = {
    {.usage = "add <yaml_file>",
     .summary = "add a tracing policy",
     .description = "Loads a tracing policy from a YAML file.",
     .flags = kAddFlags,
     .arguments = kOne},
    {.usage = "delete <name>",
     .summary = "delete a tracing policy",
     .description = "Deletes a tracing policy and unloads it from the kernel.",
     .flags = kNamedFlags,
     .arguments = kOne},
    {.usage = "disable <name>",
     .summary = "disable a tracing policy",
     .description = "Disables a tracing policy: unloads it from the kernel until it is enabled again.",
     .flags = kNamedFlags,
     .arguments = kOne},
    {.usage = "domains",
     .summary = "list loaded tracing policies domains",
     .flags = kDomainsFlags,
     .arguments = kNothing},
    {.usage = "enable <name>",
     .summary = "enable a tracing policy",
     .description = "Enables a tracing policy that was disabled.",
     .flags = kNamedFlags,
     .arguments = kOne},
    {.usage = "generate",
     .summary = "generate tracing policies",
     .shared = kGenerateFlags,
     .commands = kGenerateCommands,
     .runs = false},
    {.usage = "list", .summary = "list loaded tracing policies", .flags = kListFlags, .arguments = kNothing},
    {.usage = "modify <yaml_file>",
     .summary = "modify a tracing policy YAML file",
     .description = "Prints a tracing policy with changes applied. The file itself is not changed.",
     .flags = kModifyFlags,
     .arguments = kOne},
    {.usage = "set-mode <name> <mode>",
     .summary = "set the mode of a tracing policy",
     .description = "Sets the mode of a tracing policy: enforce or monitor.",
     .flags = kNamedFlags,
     .arguments = kTwo},
};

// --- policy tests ---------------------------------------------------------------------------------------------------

constexpr std::string_view kTestAliases[] = {"pt"};
constexpr Flag kTestListFlags[] = {
    {.name = "list-params", .type = Type::kBool, .help = "list test parameters"},
};
constexpr Flag kBinaries{.name = "bindir", .help = "directory of the test programs"};
constexpr Flag kDumpPath{.name = "dump-policy-path", .help = "directory to write the policies to"};
constexpr Flag kMonitorMode{
    .name = "monitor-mode", .type = Type::kBool, .help = "run the policies in monitor mode"};
constexpr Flag kParameter{
    .name = "set-param", .type = Type::kStrings, .help = "set a parameter of the tests (`name=value`)"};
constexpr Flag kTestRunFlags[] = {
    kBinaries,
    kDumpPath,
    kMonitorMode,
    kParameter,
    {.name = "all-params", .type = Type::kBool, .help = "run with all values of the parameters"},
    {.name = "all-tests", .type = Type::kBool, .help = "run all tests"},
    {.name = "output",
     .type = Type::kChoice,
     .fallback = "text",
     .help = "Output format. text or json",
     .choices = kTextOrJson},
    {.name = "output-file", .help = "file to write the results to"},
};
constexpr Flag kTestDumpFlags[] = {kBinaries, kDumpPath, kMonitorMode, kParameter};
constexpr Command kTestCommands[] = {
    {.usage = "dump-policy",
     .summary = "Dump policies from Tetragon policy test(s)",
     .flags = kTestDumpFlags},
    {.usage = "list", .summary = "list Tetragon policy tests", .flags = kTestListFlags, .arguments = kNoWord},
    {.usage = "run", .summary = "Run Tetragon policy test(s)", .flags = kTestRunFlags},
    {.usage = "trigger <deed> <token>",
     .summary = "Perform the action of a test scenario",
     .arguments = kTwo,
     .hidden = true},
};

// --- the agent ------------------------------------------------------------------------------------------------------

constexpr Flag kVersionFlags[] = {
    {.name = "server", .letter = 's', .type = Type::kBool, .help = "Connect to server to get its version"},
    {.name = "build", .letter = 'b', .type = Type::kBool, .help = "Show build information"},
};

constexpr Flag kEventLogFlags[] = {
    {.name = "max-size", .type = Type::kInt, .help = "Size in MB for rotating the event log"},
    {.name = "max-backups", .type = Type::kInt, .help = "Number of rotated event logs to keep"},
    {.name = "rotation-interval",
     .type = Type::kDuration,
     .help = "Interval at which to rotate the event log"},
};
constexpr Command kEventLogCommands[] = {
    {.usage = "get", .summary = "Get the current event log parameters", .arguments = kNoWord},
    {.usage = "set",
     .summary = "Set the event log parameters",
     .flags = kEventLogFlags,
     .arguments = kNoWord},
};

constexpr std::string_view kLevelAliases[] = {"log"};
constexpr Command kLevelCommands[] = {
    {.usage = "get", .summary = "Get the current log level"},
    {.usage = "set", .summary = "Set the log level"},
};

constexpr Flag kBugtoolFlags[] = {
    {.name = "out",
     .letter = 'o',
     .fallback = "tetragon-bugtool.tar.gz",
     .help = "Output filename, - for standard output"},
    {.name = "bpftool", .help = "Path to bpftool binary"},
    {.name = "gops", .help = "Path to gops binary"},
};

constexpr Command kSensorCommands[] = {
    {.usage = "disable <sensor>", .summary = "disable a sensor", .arguments = kOne},
    {.usage = "enable <sensor>", .summary = "enable a sensor", .arguments = kOne},
    {.usage = "list", .summary = "list available sensors", .arguments = kNoWord},
    {.usage = "rm <sensor>", .summary = "remove a sensor", .arguments = kOne},
};

constexpr Flag kCreateContainerFlags[] = {
    {.name = "container-id", .help = "cgroup path of the container"},
    {.name = "root-dir", .help = "root directory of the container"},
    {.name = "annotations", .type = Type::kStrings, .help = "annotations of the container (`name=value`)"},
};
constexpr Command kRuntimeHookCommands[] = {
    {.usage = "create-container",
     .summary = "Trigger the create-container hook",
     .flags = kCreateContainerFlags},
};

// --- this machine ---------------------------------------------------------------------------------------------------

constexpr std::string_view kExplainForms[] = {"text", "json", "yaml"};
constexpr Flag kExplainFlags[] = {
    {.name = "output",
     .letter = 'o',
     .type = Type::kChoice,
     .fallback = "text",
     .help = "Output format. text, json or yaml",
     .choices = kExplainForms},
    {.name = "recursive", .letter = 'R', .type = Type::kBool, .help = "Show the fields of fields too"},
    {.name = "example", .type = Type::kBool, .help = "Show an example"},
    {.name = "list", .type = Type::kBool, .help = "List the resources"},
    {.name = "api-version", .help = "Version of the resource"},
};

constexpr Command kProbeCommands[] = {
    {.usage = "config", .summary = "Probe for kernel configuration options", .arguments = kNoWord},
};

constexpr Flag kCriFlags[] = {
    {.name = "output",
     .letter = 'o',
     .type = Type::kChoice,
     .fallback = "raw",
     .help = "Output format. raw or json",
     .choices = kRawOrJson},
    {.name = "runtime-endpoint", .letter = 'r', .help = "CRI endpoint"},
};
constexpr Command kCriCommands[] = {
    {.usage = "cgroup_path <container_id>",
     .summary = "Retrieve the cgroup path of a container",
     .arguments = kOne},
    {.usage = "version", .summary = "Retrieve the version of the CRI", .arguments = kNothing},
};

constexpr Flag kMapFile{.name = "map-fname", .help = "file of the map"};
constexpr Flag kExecveFlags[] = {kMapFile};
constexpr Flag kCacheFlags[] = {
    {.name = "skip-zero-refcnt", .type = Type::kBool, .help = "skip entries that are not referenced"},
    {.name = "exclude-execve-map-processes",
     .type = Type::kBool,
     .help = "skip processes that are also in the execve map"},
};
constexpr Flag kMetricsFlags[] = {kMapFile,
                                  {.name = "output",
                                   .letter = 'o',
                                   .type = Type::kChoice,
                                   .fallback = "tab",
                                   .help = "Output format. tab or json",
                                   .choices = kTabOrJson}};
constexpr Command kDumpCommands[] = {
    {.usage = "errmetrics",
     .summary = "dump the error counters",
     .flags = kMetricsFlags,
     .arguments = kNoWord},
    {.usage = "execve", .summary = "dump the execve map", .flags = kExecveFlags, .arguments = kNoWord},
    {.usage = "policyfilter",
     .summary = "dump the state of the policy filter",
     .flags = kExecveFlags,
     .arguments = kNoWord},
    {.usage = "processcache",
     .summary = "dump the process cache",
     .flags = kCacheFlags,
     .arguments = kNothing},
};

constexpr Flag kMapsFlags[] = {
    {.name = "lines",
     .letter = 'n',
     .type = Type::kInt,
     .fallback = "10",
     .help = "Number of lines, 0 for all"},
    {.name = "output",
     .letter = 'o',
     .type = Type::kChoice,
     .fallback = "tab",
     .help = "Output format. tab or json",
     .choices = kTabOrJson},
    {.name = "path", .help = "folder of the pinned maps"},
};
constexpr std::string_view kProgsAliases[] = {"top"};
constexpr Flag kProgsFlags[] = {
    {.name = "all", .type = Type::kBool, .help = "Get all programs"},
    {.name = "bpf-lib", .fallback = "/var/lib/tetragon/", .help = "Location of BPF objects"},
    {.name = "bpf-dir", .fallback = "/sys/fs/bpf/tetragon", .help = "Location of the pinned programs"},
    {.name = "timeout", .type = Type::kInt, .fallback = "1", .help = "Interval in seconds"},
    {.name = "once", .type = Type::kBool, .help = "Run in one shot mode"},
    {.name = "no-clear", .type = Type::kBool, .help = "Do not clear the screen between rounds"},
};
constexpr Command kDebugCommands[] = {
    {.usage = "dump", .summary = "dump information", .commands = kDumpCommands, .runs = false},
    {.usage = "enable-stats", .summary = "Enable BPF statistics", .arguments = kNoWord},
    {.usage = "maps",
     .summary = "Display information on BPF maps",
     .flags = kMapsFlags,
     .arguments = kNoWord},
    {.usage = "progs",
     .summary = "Retrieve information about BPF programs on the host",
     .aliases = kProgsAliases,
     .flags = kProgsFlags,
     .arguments = kNoWord},
};

constexpr Flag kFilterAddFlags[] = {
    kMapFile, {.name = "arg-type", .fallback = "file", .help = "how the cgroup is given (file|id)"}};
constexpr Flag kFilterListFlags[] = {
    kMapFile,
    {.name = "runtime-endpoint", .letter = 'r', .help = "CRI endpoint"},
    {.name = "cgroup-mount", .help = "mount point of cgroups"},
};
constexpr Command kFilterCommands[] = {
    {.usage = "add <policy_id> <cgroup>",
     .summary = "add a cgroup to a policy",
     .flags = kFilterAddFlags,
     .arguments = kTwo},
    {.usage = "cgroupid <cgroup_path>", .summary = "show the id of a cgroup", .arguments = kOne},
    {.usage = "dump",
     .summary = "dump the state of the policy filter",
     .flags = kExecveFlags,
     .arguments = kNoWord},
    {.usage = "listpolicies <container_id>",
     .summary = "list the policies that cover a container",
     .flags = kFilterListFlags,
     .arguments = kOne},
};
constexpr Command kTrackerCommands[] = {
    {.usage = "add <tracked_cgroup> <tracker_cgroup>",
     .summary = "make one cgroup track another",
     .flags = kExecveFlags,
     .arguments = kTwo},
    {.usage = "dump",
     .summary = "dump tracked cgroups and trackers",
     .flags = kExecveFlags,
     .arguments = kNoWord},
};

// --- the whole ------------------------------------------------------------------------------------------------------

constexpr Flag kGlobalFlags[] = {
    {.name = "debug", .letter = 'd', .type = Type::kBool, .help = "Enable debug messages"},
    {.name = "server-address", .help = "gRPC server address"},
    {.name = "timeout", .type = Type::kDuration, .fallback = "30s", .help = "Connection timeout"},
    {.name = "retries",
     .type = Type::kInt,
     .fallback = "1",
     .help = "Connection retries with exponential backoff"},
    {.name = "max-recv-size",
     .type = Type::kInt,
     .fallback = "10485760",
     .help = "Maximum gRPC message size in bytes the client can receive"},
    {.name = "tls-cert-file", .help = "Path to client certificate (PEM) for mTLS"},
    {.name = "tls-key-file", .help = "Path to client private key (PEM) for mTLS"},
    {.name = "tls-ca-cert-files",
     .type = Type::kStrings,
     .help = "Paths to PEM CA bundles used to verify the server certificate"},
    {.name = "tls-server-name", .help = "Override SNI / certificate hostname when dialing the server"},
    {.name = "tls-skip-verify",
     .type = Type::kBool,
     .help = "Disable server certificate verification (development only)"},
};

constexpr std::array kShared = std::to_array<Command>({
    {.usage = "bugtool",
     .summary = "Produce a tar archive with debug information",
     .flags = kBugtoolFlags,
     .arguments = kNoWord},
    {.usage = "cgtracker",
     .summary = "manage the cgroup tracker",
     .commands = kTrackerCommands,
     .runs = false,
     .hidden = true},
    flags::kCompletionCommand,
    {.usage = "cri",
     .summary = "connect to CRI",
     .shared = kCriFlags,
     .commands = kCriCommands,
     .runs = false},
    {.usage = "debug",
     .summary = "Debug commands",
     .commands = kDebugCommands,
     .runs = false,
     .hidden = true},
    {.usage = "dump",
     .summary = "dump information",
     .commands = kDumpCommands,
     .runs = false,
     .hidden = true},
    {.usage = "eventlog",
     .summary = "Get and dynamically change the event log parameters",
     .commands = kEventLogCommands,
     .runs = false},
    {.usage = "explain [resource][.field]",
     .summary = "Get documentation for a resource and its fields",
     .flags = kExplainFlags},
    {.usage = "getevents",
     .summary = "Print events",
     .description =
         "Prints an agent's events as they occur, or events from standard input if it is not a terminal.",
     .flags = kEventFlags},
    flags::kHelpCommand,
    {.usage = "info", .summary = "Print information about the agent", .arguments = kNoWord},
    {.usage = "loglevel",
     .summary = "Get and dynamically change the log level",
     .description = "This command allows it to dynamically change the log level without restarting Tetragon",
     .aliases = kLevelAliases,
     .commands = kLevelCommands,
     .runs = false},
    {.usage = "policyfilter",
     .summary = "manage the policy filter",
     .commands = kFilterCommands,
     .runs = false,
     .hidden = true},
    {.usage = "policytest",
     .summary = "Tetragon policy tests",
     .aliases = kTestAliases,
     .commands = kTestCommands,
     .runs = false},
    {.usage = "probe", .summary = "Probe for eBPF system features availability", .commands = kProbeCommands},
    {.usage = "rthooks",
     .summary = "trigger runtime hooks",
     .commands = kRuntimeHookCommands,
     .runs = false,
     .hidden = true},
    {.usage = "sensors",
     .summary = "Manage sensors (deprecated)",
     .commands = kSensorCommands,
     .runs = false,
     .hidden = true},
    {.usage = "status", .summary = "Print health status"},
    {.usage = "tracingpolicy",
     .summary = "Manage tracing policies",
     .aliases = kPolicyAliases,
     .commands = kPolicyCommands,
     .runs = false},
    {.usage = "version",
     .summary = "Print version from CLI and server",
     .flags = kVersionFlags,
     .arguments = kNoWord},
});

constexpr std::array kOwn = std::to_array<Command>({
    {.usage = "agent", .summary = "Run the daemon"},
    {.usage = "cel", .summary = "Evaluate a CEL expression"},
    {.usage = "check", .summary = "Check policies and report errors and likely mistakes"},
    {.usage = "compile", .summary = "Compile policies into eBPF objects"},
    {.usage = "crds", .summary = "Print the custom resource definitions for Kubernetes"},
    {.usage = "expand", .summary = "Expand events exported with --export-format compact-json to full JSON"},
    {.usage = "kernel", .summary = "Show or save what a kernel offers to policies"},
    {.usage = "man", .summary = "Write the manual pages into a folder"},
    {.usage = "operator",
     .summary =
         "Create the Kubernetes custom resource definitions, maintain PodInfo objects and policy status"},
    {.usage = "run", .summary = "Run a command under policies and print its events"},
    {.usage = "webhook", .summary = "Refuse policies in Kubernetes that its nodes could not load"},
});

// Beyond those of `tetra`, but asked of an agent as they are.
constexpr Flag kTopFlags[] = {
    {.name = "interval", .type = Type::kDuration, .fallback = "1s", .help = "Time between updates"},
    {.name = "once", .type = Type::kBool, .help = "Show one interval and exit"},
};
constexpr std::array kMore = std::to_array<Command>({
    {.usage = "top",
     .summary = "Show live what policies and their hooks do and cost",
     .description =
         "Shows, for each policy and hook of an agent on this machine, the calls, posts and losses "
         "since the last update, and the cost of each of tripline's BPF programs, as the kernel "
         "counts it.",
     .flags = kTopFlags,
     .arguments = kNoWord},
});

constexpr auto kAll = [] {
  std::array<Command, kOwn.size() + kShared.size() + kMore.size()> all;
  std::ranges::copy(kMore, std::ranges::copy(kShared, std::ranges::copy(kOwn, all.begin()).out).out);
  for (Command& command : all)
    if (command.name() == "getevents") command.flags = kOwnEventFlags;
  return all;
}();

constexpr Command kTetra{
    .usage = "tetra", .summary = "Tetragon CLI", .shared = kGlobalFlags, .commands = kShared, .runs = false};
constexpr Command kTripline{
    .usage = "tripline",
    .summary = "Compiles tracing policies into eBPF, runs them, and queries running agents",
    .shared = kGlobalFlags,
    .commands = kAll,
    .runs = false};

}  // namespace

const flags::Command& tetra_command() { return kTetra; }
const flags::Command& tripline_command() { return kTripline; }

bool is_own_command(const flags::Command& command) {
  return std::ranges::any_of(kOwn, [&](const Command& own) { return own.name() == command.name(); });
}

}  // namespace tripline
