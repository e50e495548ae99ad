// SPDX-License-Identifier: Apache-2.0
#include "client/commands.h"

#include "flags/standard.h"

namespace tripline::client {
namespace {

using flags::Command;
using flags::Flag;
using flags::Type;
using Rule = flags::Arguments::Rule;

constexpr flags::Arguments kNone{.rule = Rule::kNone};
constexpr flags::Arguments exactly(size_t count) { return {.rule = Rule::kCount, .count = count}; }

constexpr std::string_view kTextJson[] = {"text", "json"};
constexpr std::string_view kTextJsonYaml[] = {"text", "json", "yaml"};
constexpr std::string_view kJsonCompact[] = {"json", "compact"};
constexpr std::string_view kTabJson[] = {"tab", "json"};
constexpr std::string_view kRawJson[] = {"raw", "json"};
constexpr std::string_view kColors[] = {"auto", "always", "never"};
constexpr std::string_view kEventTypes[] = {"PROCESS_EXEC",       "PROCESS_EXIT",   "PROCESS_KPROBE",
                                            "PROCESS_LOADER",     "PROCESS_LSM",    "PROCESS_THROTTLE",
                                            "PROCESS_TRACEPOINT", "PROCESS_UPROBE", "PROCESS_USDT",
                                            "RATE_LIMIT_INFO",    "TEST",           "UNDEF"};

// Flags of every command.
constexpr Flag kGlobal[] = {
    {.name = "debug", .letter = 'd', .type = Type::kBool, .help = "Enable debug messages"},
    {.name = "max-recv-size",
     .type = Type::kInt,
     .fallback = "10485760",
     .help = "Maximum gRPC message size in bytes the client can receive"},
    {.name = "retries",
     .type = Type::kInt,
     .fallback = "1",
     .help = "Connection retries with exponential backoff"},
    {.name = "server-address", .help = "gRPC server address"},
    {.name = "timeout", .type = Type::kDuration, .fallback = "30s", .help = "Connection timeout"},
    {.name = "tls-ca-cert-files",
     .type = Type::kStrings,
     .help = "Paths to PEM CA bundles used to verify the server certificate"},
    {.name = "tls-cert-file", .help = "Path to client certificate (PEM) for mTLS"},
    {.name = "tls-key-file", .help = "Path to client private key (PEM) for mTLS"},
    {.name = "tls-server-name", .help = "Override SNI / certificate hostname when dialing the server"},
    {.name = "tls-skip-verify",
     .type = Type::kBool,
     .help = "Disable server certificate verification (development only)"},
};

// Flags that several commands have.
constexpr Flag kMapFile = {.name = "map-fname", .help = "Pinned map to read instead of the usual one"};
constexpr Flag kNamespace = {.name = "namespace", .letter = 'n', .help = "Namespace of the policy"};
constexpr Flag kDomain = {.name = "domain", .fallback = "grpc", .help = "Domain of the policy"};
constexpr Flag kMode = {.name = "mode", .letter = 'm', .help = "Mode of the policy: enforce or monitor"};
constexpr Flag kOutputTextJson = {.name = "output",
                                  .letter = 'o',
                                  .type = Type::kChoice,
                                  .fallback = "text",
                                  .help = "Output format. text or json",
                                  .choices = kTextJson};
constexpr Flag kRuntime = {
    .name = "runtime-endpoint", .letter = 'r', .help = "Address of the container runtime (CRI)"};
constexpr Flag kBinary = {.name = "binary", .letter = 'b', .help = "Program to look into", .required = true};

constexpr Flag kGetEvents[] = {
    {.name = "cel-expression",
     .type = Type::kStrings,
     .help = "Get events that one of these CEL expressions holds for"},
    {.name = "color",
     .type = Type::kChoice,
     .fallback = "auto",
     .help = "Colorize compact output. auto, always, or never",
     .choices = kColors},
    {.name = "containers",
     .type = Type::kStrings,
     .help = "Get events of containers with these names (regex)",
     .hidden = true},
    {.name = "event-types",
     .letter = 'e',
     .type = Type::kChoices,
     .help = "Get events of this type only; can be repeated",
     .choices = kEventTypes},
    {.name = "exclude-fields",
     .letter = 'F',
     .type = Type::kStrings,
     .help = "Leave these fields out of events"},
    {.name = "host", .type = Type::kBool, .help = "Get events of processes outside of pods"},
    {.name = "ima-hash",
     .type = Type::kBool,
     .fallback = "true",
     .help = "Show IMA hashes in compact output"},
    {.name = "include-fields",
     .letter = 'f',
     .type = Type::kStrings,
     .help = "Show only these fields of events"},
    {.name = "namespace",
     .letter = 'n',
     .type = Type::kStrings,
     .help = "Get events of pods in these namespaces",
     .also = "namespaces"},
    {.name = "namespace-regex",
     .type = Type::kStrings,
     .help = "Get events of pods in matching namespaces (regex)"},
    {.name = "output",
     .letter = 'o',
     .type = Type::kChoice,
     .fallback = "json",
     .help = "Output format. json or compact",
     .choices = kJsonCompact},
    {.name = "pod",
     .type = Type::kStrings,
     .help = "Get events of pods with these names (regex)",
     .also = "pods"},
    {.name = "policy-names", .type = Type::kStrings, .help = "Get events of these policies"},
    {.name = "process",
     .type = Type::kStrings,
     .help = "Get events of processes with these binaries (regex)",
     .also = "processes"},
    {.name = "reconnect", .type = Type::kBool, .help = "Connect again whenever the connection is lost"},
    {.name = "reconnect-wait",
     .type = Type::kDuration,
     .fallback = "2s",
     .help = "How long to wait before connecting again"},
    {.name = "stack-traces",
     .type = Type::kBool,
     .fallback = "true",
     .help = "Show stack traces in compact output"},
    {.name = "timestamps", .type = Type::kBool, .help = "Start compact lines with the time"},
    {.name = "tty-encode", .letter = 't', .help = "Show what was written to the terminal at this `path`"},
};

constexpr Flag kVersion[] = {
    {.name = "build", .letter = 'b', .type = Type::kBool, .help = "Also print how the program was built"},
    {.name = "server", .letter = 's', .type = Type::kBool, .help = "Also print the version of the server"},
};

constexpr Flag kExplain[] = {
    {.name = "api-version", .help = "Version of the resource (default: the newest)"},
    {.name = "example", .type = Type::kBool, .help = "Print an example as well"},
    {.name = "list", .type = Type::kBool, .help = "List the resources"},
    {.name = "output",
     .letter = 'o',
     .type = Type::kChoice,
     .fallback = "text",
     .help = "Output format. text, json or yaml",
     .choices = kTextJsonYaml},
    {.name = "recursive",
     .letter = 'R',
     .type = Type::kBool,
     .help = "Print the fields of fields, without descriptions"},
};

constexpr Flag kEventLogSet[] = {
    {.name = "max-backups", .type = Type::kInt, .help = "How many rotated files are kept"},
    {.name = "max-size", .type = Type::kInt, .help = "Size at which a file is rotated, in MiB"},
    {.name = "rotation-interval", .type = Type::kDuration, .help = "Time after which a file is rotated"},
};
constexpr Command kEventLog[] = {
    {.usage = "get", .summary = "Print how events are exported", .arguments = kNone},
    {.usage = "set", .summary = "Change how events are exported", .flags = kEventLogSet, .arguments = kNone},
};

constexpr std::string_view kLogLevelAliases[] = {"log"};
constexpr Command kLogLevel[] = {
    {.usage = "get", .summary = "Print the log level of the server", .arguments = kNone},
    {.usage = "set [trace|debug|info|warning|error|fatal|panic]",
     .summary = "Change the log level of the server",
     .arguments = {.rule = Rule::kCount,
                   .count = 1,
                   .refusal = "usage: tetra loglevel set [trace|debug|info|warning|error|fatal|panic]"}},
};

constexpr Flag kAdd[] = {kDomain, kMode};
constexpr Flag kOnePolicy[] = {kDomain, kNamespace};
constexpr Flag kList[] = {{.name = "domain", .help = "List the policies of this domain only"},
                          kOutputTextJson};
constexpr Flag kDomains[] = {kOutputTextJson};
constexpr Flag kModify[] = {kMode};
constexpr Flag kMatchBinary[] = {
    {.name = "match-binary", .letter = 'm', .help = "Program that the policy is limited to (matchBinaries)"}};
constexpr Flag kFtrace[] = {{.name = "regex", .letter = 'r', .help = "Only functions with matching names"}};
constexpr Flag kBinaries[] = {kBinary};
constexpr std::string_view kPolicyAliases[] = {"tp"};
constexpr Command kGenerate[] = {
    {.usage = "all-syscalls", .summary = "all system calls", .arguments = kNone},
    {.usage = "all-syscalls-list", .summary = "all system calls, by a list", .arguments = kNone},
    {.usage = "empty", .summary = "empty", .arguments = kNone},
    {.usage = "ftrace-list",
     .summary = "a list of the functions that can be traced",
     .flags = kFtrace,
     .arguments = kNone},
    {.usage = "uprobes", .summary = "all functions of a program", .flags = kBinaries, .arguments = kNone},
    {.usage = "usdts", .summary = "all USDT probes of a program", .flags = kBinaries, .arguments = kNone},
};
constexpr Command kPolicies[] = {
    {.usage = "add <yaml_file>", .summary = "add a tracing policy", .flags = kAdd, .arguments = exactly(1)},
    {.usage = "delete <name>",
     .summary = "delete a tracing policy",
     .flags = kOnePolicy,
     .arguments = exactly(1)},
    {.usage = "disable <name>",
     .summary = "disable a tracing policy",
     .flags = kOnePolicy,
     .arguments = exactly(1)},
    {.usage = "domains",
     .summary = "list loaded tracing policies domains",
     .flags = kDomains,
     .arguments = exactly(0)},
    {.usage = "enable <name>",
     .summary = "enable a tracing policy",
     .flags = kOnePolicy,
     .arguments = exactly(1)},
    {.usage = "generate",
     .summary = "generate tracing policies",
     .shared = kMatchBinary,
     .commands = kGenerate,
     .runs = false},
    {.usage = "list", .summary = "list loaded tracing policies", .flags = kList, .arguments = exactly(0)},
    {.usage = "modify <yaml_file>",
     .summary = "modify a tracing policy YAML file",
     .flags = kModify,
     .arguments = exactly(1)},
    {.usage = "set-mode <name> <enforce|monitor>",
     .summary = "set the mode of a tracing policy",
     .flags = kOnePolicy,
     .arguments = exactly(2)},
};

constexpr Flag kBugtool[] = {
    {.name = "bpftool", .help = "Path to bpftool"},
    {.name = "gops", .help = "Path to gops"},
    {.name = "out", .letter = 'o', .fallback = "tetragon-bugtool.tar.gz", .help = "Archive to write"},
};

constexpr Command kProbe[] = {
    {.usage = "config", .summary = "Print the options that the kernel was built with", .arguments = kNone}};

constexpr Flag kCriFlags[] = {
    {.name = "output",
     .letter = 'o',
     .type = Type::kChoice,
     .fallback = "raw",
     .help = "Output format. raw or json",
     .choices = kRawJson},
    kRuntime,
};
constexpr Command kCri[] = {
    {.usage = "cgroup_path <container>",
     .summary = "Print the cgroup of a container",
     .arguments = exactly(1)},
    {.usage = "version", .summary = "Print the version of the container runtime", .arguments = kNone},
};

constexpr Flag kTestList[] = {
    {.name = "list-params", .type = Type::kBool, .help = "Also list the parameters of each test"}};
constexpr Flag kTestBindir = {.name = "bindir", .help = "Folder with the programs of the tests"};
constexpr Flag kTestPolicies = {.name = "dump-policy-path", .help = "Folder that policies are written to"};
constexpr Flag kTestMonitor = {
    .name = "monitor-mode", .type = Type::kBool, .help = "Load policies in monitor mode"};
constexpr Flag kTestParams = {
    .name = "set-param", .type = Type::kStrings, .help = "Set parameters: `name=value`"};
constexpr Flag kTestDump[] = {kTestBindir, kTestPolicies, kTestMonitor, kTestParams};
constexpr Flag kTestRun[] = {
    {.name = "all-params", .type = Type::kBool, .help = "Run each test with all values of its parameters"},
    {.name = "all-tests", .type = Type::kBool, .help = "Run all tests"},
    kTestBindir,
    kTestPolicies,
    kTestMonitor,
    {.name = "output",
     .type = Type::kChoice,
     .fallback = "text",
     .help = "Output format. text or json",
     .choices = kTextJson},
    {.name = "output-file", .help = "File for the results"},
    kTestParams,
};
constexpr std::string_view kTestAliases[] = {"pt"};
constexpr Command kTests[] = {
    {.usage = "dump-policy", .summary = "Dump policies from Tetragon policy test(s)", .flags = kTestDump},
    {.usage = "list", .summary = "list Tetragon policy tests", .flags = kTestList, .arguments = kNone},
    {.usage = "run", .summary = "Run Tetragon policy test(s)", .flags = kTestRun},
};

constexpr Command kSensors[] = {
    {.usage = "disable <name>", .summary = "Disable a sensor (deprecated)", .arguments = exactly(1)},
    {.usage = "enable <name>", .summary = "Enable a sensor (deprecated)", .arguments = exactly(1)},
    {.usage = "list", .summary = "List sensors (deprecated)", .arguments = exactly(0)},
    {.usage = "rm <name>", .summary = "Remove a sensor (deprecated)", .arguments = exactly(1)},
};

constexpr Flag kCreateContainer[] = {
    {.name = "annotations", .type = Type::kStrings, .help = "Annotations of the container: `key=value`"},
    {.name = "container-id", .help = "Cgroup path of the container"},
    {.name = "root-dir", .help = "Root folder of the container"},
};
constexpr Command kRuntimeHooks[] = {{.usage = "create-container",
                                      .summary = "Tell the server that a container is created",
                                      .flags = kCreateContainer,
                                      .arguments = kNone}};

constexpr Flag kDumpMap[] = {kMapFile};
constexpr Flag kDumpErrors[] = {
    kMapFile,
    {.name = "output",
     .letter = 'o',
     .type = Type::kChoice,
     .fallback = "tab",
     .help = "Output format. tab or json",
     .choices = kTabJson},
};
constexpr Flag kDumpProcesses[] = {
    {.name = "exclude-execve-map-processes",
     .type = Type::kBool,
     .help = "Leave out processes that the kernel knows"},
    {.name = "skip-zero-refcnt", .type = Type::kBool, .help = "Leave out processes that nothing refers to"},
};
constexpr Command kDump[] = {
    {.usage = "errmetrics",
     .summary = "Print errors that programs counted",
     .flags = kDumpErrors,
     .arguments = kNone},
    {.usage = "execve", .summary = "Print the map of processes", .flags = kDumpMap, .arguments = kNone},
    {.usage = "policyfilter",
     .summary = "Print which policies apply to which cgroups",
     .flags = kDumpMap,
     .arguments = kNone},
    {.usage = "processcache",
     .summary = "Print the processes that the server knows",
     .flags = kDumpProcesses,
     .arguments = kNone},
};
constexpr Flag kMaps[] = {
    {.name = "lines",
     .letter = 'n',
     .type = Type::kInt,
     .fallback = "10",
     .help = "Most rows of a table; 0 for all"},
    {.name = "output",
     .letter = 'o',
     .type = Type::kChoice,
     .fallback = "tab",
     .help = "Output format. tab or json",
     .choices = kTabJson},
    {.name = "path", .fallback = "/sys/fs/bpf/tetragon", .help = "Folder with pinned programs and maps"},
};
constexpr Flag kProgs[] = {
    {.name = "all", .type = Type::kBool, .help = "Show programs of others as well"},
    {.name = "bpf-dir", .fallback = "/sys/fs/bpf/tetragon", .help = "Folder with pinned programs"},
    {.name = "bpf-lib", .fallback = "/var/lib/tetragon/", .help = "Folder with BPF objects"},
    {.name = "no-clear", .type = Type::kBool, .help = "Do not clear the screen between two tables"},
    {.name = "once", .type = Type::kBool, .help = "Show one table and end"},
    {.name = "timeout", .type = Type::kInt, .fallback = "1", .help = "Seconds between two tables"},
};
constexpr std::string_view kProgsAliases[] = {"top"};
constexpr Command kDebug[] = {
    {.usage = "dump",
     .summary = "Print what the server and the kernel hold",
     .commands = kDump,
     .runs = false},
    {.usage = "enable-stats",
     .summary = "Keep the kernel's BPF statistics on until it is stopped",
     .arguments = kNone},
    {.usage = "maps", .summary = "Print maps and the memory they take", .flags = kMaps, .arguments = kNone},
    {.usage = "progs",
     .summary = "Print what programs cost, again and again",
     .aliases = kProgsAliases,
     .flags = kProgs,
     .arguments = kNone},
};

constexpr Flag kArgType[] = {
    kMapFile, {.name = "arg-type", .fallback = "file", .help = "What the cgroup is given as: file or id"}};
constexpr Flag kListPolicies[] = {
    kMapFile, {.name = "cgroup-mount", .help = "Where the cgroup file system is"}, kRuntime};
constexpr Command kPolicyFilter[] = {
    {.usage = "add <policy id> <cgroup>",
     .summary = "Apply a policy to a cgroup",
     .flags = kArgType,
     .arguments = exactly(2)},
    {.usage = "cgroupid <path>", .summary = "Print the id of a cgroup", .arguments = exactly(1)},
    {.usage = "dump",
     .summary = "Print which policies apply to which cgroups",
     .flags = kDumpMap,
     .arguments = kNone},
    {.usage = "listpolicies <container>",
     .summary = "List the policies that apply to a container",
     .flags = kListPolicies,
     .arguments = exactly(1)},
};
constexpr Command kTracker[] = {
    {.usage = "add <tracked> <tracker>",
     .summary = "Have a cgroup followed by another",
     .flags = kDumpMap,
     .arguments = exactly(2)},
    {.usage = "dump", .summary = "Print which cgroups are followed", .flags = kDumpMap, .arguments = kNone},
};

constexpr Command kTetraCommands[] = {
    {.usage = "bugtool",
     .summary = "Collect what is needed to look into a fault",
     .flags = kBugtool,
     .arguments = kNone},
    {.usage = "cgtracker",
     .summary = "Look at and change which cgroups are followed",
     .commands = kTracker,
     .runs = false,
     .hidden = true},
    flags::kCompletionCommand,
    {.usage = "cri",
     .summary = "Ask the container runtime",
     .shared = kCriFlags,
     .commands = kCri,
     .runs = false},
    {.usage = "debug",
     .summary = "Look into the server and the kernel",
     .commands = kDebug,
     .runs = false,
     .hidden = true},
    {.usage = "dump",
     .summary = "Print what the server and the kernel hold",
     .commands = kDump,
     .runs = false,
     .hidden = true},
    {.usage = "eventlog",
     .summary = "Show or change how events are exported",
     .commands = kEventLog,
     .runs = false},
    {.usage = "explain RESOURCE[.FIELD...]",
     .summary = "Describe the fields of a resource",
     .description =
         "Describes a resource or one of its fields. The path to a field is written with dots; [0] behind a "
         "list may be left out.",
     .example = "  tetra explain tracingpolicy.spec.kprobes\n  tetra explain --list",
     .flags = kExplain},
    {.usage = "getevents",
     .summary = "Print events",
     .description = "Prints events as they happen. When standard input is a file or a pipe, events are read "
                    "from there, one "
                    "JSON object a line, and filtered in the same way.",
     .flags = kGetEvents},
    flags::kHelpCommand,
    {.usage = "info", .summary = "Print how the server is set up", .arguments = kNone},
    {.usage = "loglevel",
     .summary = "Get and set the log level",
     .description = "This command allows it to dynamically change the log level without restarting Tetragon",
     .aliases = kLogLevelAliases,
     .commands = kLogLevel,
     .runs = false},
    {.usage = "policyfilter",
     .summary = "Look at and change which policies apply to which cgroups",
     .commands = kPolicyFilter,
     .runs = false,
     .hidden = true},
    {.usage = "policytest",
     .summary = "Tetragon policy tests",
     .aliases = kTestAliases,
     .commands = kTests,
     .runs = false},
    {.usage = "probe", .summary = "Print what the kernel can do", .commands = kProbe, .arguments = kNone},
    {.usage = "rthooks",
     .summary = "Call the server as a container runtime does",
     .commands = kRuntimeHooks,
     .runs = false,
     .hidden = true},
    {.usage = "sensors",
     .summary = "Manage sensors (deprecated)",
     .commands = kSensors,
     .runs = false,
     .hidden = true},
    {.usage = "status", .summary = "Print the health of the server"},
    {.usage = "tracingpolicy",
     .summary = "Manage tracing policies",
     .aliases = kPolicyAliases,
     .commands = kPolicies,
     .runs = false},
    {.usage = "version",
     .summary = "Print the version of the client and the server",
     .flags = kVersion,
     .arguments = kNone},
};

constexpr Command kTetra{.usage = "tetra",
                         .summary = "Tetragon CLI",
                         .shared = kGlobal,
                         .commands = kTetraCommands,
                         .runs = false};

}  // namespace

const Command& tetra_command() { return kTetra; }

}  // namespace tripline::client
