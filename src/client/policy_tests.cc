// SPDX-License-Identifier: Apache-2.0
#include "client/policy_tests.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if_alg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/fd.h"
#include "client/hooked_code.h"
#include "tetragon/events.pb.h"

namespace tripline {
namespace {

using Event = tetragon::GetEventsResponse;

constexpr int kMarkedWhence = 4444;
constexpr int kMarkedFlags = 4369;
constexpr const char* kKnownFile = "/etc/passwd";
constexpr int64_t kOtherNumber = 5555;
constexpr const char* kFirstText = "the first text";
constexpr const char* kSecondText = "the second text";

const tetragon::KprobeArgument& argument(const Event& event, int at) {
  static const tetragon::KprobeArgument kNone;
  const auto& args = event.has_process_tracepoint() ? event.process_tracepoint().args()
                     : event.has_process_lsm()      ? event.process_lsm().args()
                                                    : event.process_kprobe().args();
  return at < args.size() ? args[at] : kNone;
}

bool tells_of_seek(const Event& event) {
  return event.process_kprobe().function_name().ends_with("sys_lseek") &&
         argument(event, 1).int_arg() == kMarkedWhence;
}
bool tells_of_file_seek(const Event& event) {
  return tells_of_seek(event) && argument(event, 0).file_arg().path() == kKnownFile;
}
bool tells_of_unlink(const Event& event) {
  return event.process_kprobe().function_name().ends_with("sys_unlinkat") &&
         argument(event, 0).string_arg().empty() && argument(event, 1).int_arg() == kMarkedFlags;
}
bool tells_of_bind(const Event& event) { return argument(event, 0).string_arg() == "hash"; }
bool tells_of_program(const Event& event) {
  return argument(event, 0).linux_binprm_arg().path().ends_with("/true");
}
bool tells_of_file(const Event& event) {
  return argument(event, 0).file_arg().path().contains("tripline-policytest");
}
bool tells_of_path(const Event& event) {
  return argument(event, 0).path_arg().path().contains("tripline-policytest");
}
bool tells_of_exec(const Event& event) { return event.process_tracepoint().event() == "sched_process_exec"; }
bool tells_of_syscall(const Event& event) {
  return argument(event, 1).size_arg() == kMarkedWhence || argument(event, 1).long_arg() == kMarkedWhence ||
         argument(event, 1).uint_arg() == kMarkedWhence;
}

constexpr std::string_view kHooks[] = {"kprobes", "fentries"};
constexpr TestParameter kListedHook[] = {
    {.name = "Hook",
     .values = kHooks,
     .help = R"(type of hook to use in the policy (values:"kprobes,fentries" default:"kprobes"))"}};
constexpr TestParameter kHook[] = {
    {.name = "Hook", .values = kHooks, .help = "type of hook to use in the policy (default:kprobes)"}};

constexpr std::string_view kSeekPolicy = R"(spec:
  {Hook}:
  - call: "sys_lseek"
    syscall: true
    args:
    - index: 0
      type: "int"
    - index: 2
      type: "int"
    selectors:
    - matchArgs:
      - index: 2
        operator: "Equal"
        values: ["4444"]
)";
constexpr TestScenario kSeek[] = {{.name = "lseek", .deed = Deed::kSeek, .tells = tells_of_seek}};

constexpr std::string_view kNullPolicy = R"(spec:
  kprobes:
  - call: "sys_unlinkat"
    syscall: true
    args:
    - index: 1
      type: "string"
    - index: 2
      type: "int"
    selectors:
    - matchArgs:
      - index: 2
        operator: "Equal"
        values: ["4369"]
)";
constexpr TestScenario kNull[] = {
    {.name = "no string", .deed = Deed::kUnlinkNothing, .tells = tells_of_unlink}};

constexpr std::string_view kFdPolicy = R"(spec:
  {Hook}:
  - call: "sys_lseek"
    syscall: true
    args:
    - index: 0
      type: "fd"
    - index: 2
      type: "int"
    selectors:
    - matchArgs:
      - index: 2
        operator: "Equal"
        values: ["4444"]
)";
constexpr TestScenario kFd[] = {
    {.name = "lseek of a file", .deed = Deed::kSeekInFile, .tells = tells_of_file_seek}};

constexpr std::string_view kBindPolicy = R"(spec:
  kprobes:
  - call: "alg_bind"
    syscall: false
    args:
    - index: 1
      type: "string"
      btfType: "sockaddr_alg"
      resolve: "salg_type"
)";
constexpr TestScenario kBind[] = {{.name = "bind", .deed = Deed::kBindHash, .tells = tells_of_bind}};

constexpr std::string_view kProgramPolicy = R"(spec:
  {Hook}:
  - call: "security_bprm_check"
    syscall: false
    args:
    - index: 0
      type: "linux_binprm"
    selectors:
    - matchArgs:
      - index: 0
        operator: "SubString"
        values: ["bin/tru"]
)";
constexpr TestScenario kProgram[] = {{.name = "exec", .deed = Deed::kExec, .tells = tells_of_program}};

constexpr std::string_view kFilePolicy = R"(spec:
  {Hook}:
  - call: "security_file_open"
    syscall: false
    args:
    - index: 0
      type: "file"
    selectors:
    - matchArgs:
      - index: 0
        operator: "SubString"
        values: ["line-policytest"]
)";
constexpr TestScenario kFile[] = {{.name = "open", .deed = Deed::kOpenFile, .tells = tells_of_file}};

constexpr std::string_view kPathPolicy = R"(spec:
  {Hook}:
  - call: "security_path_truncate"
    syscall: false
    args:
    - index: 0
      type: "path"
    selectors:
    - matchArgs:
      - index: 0
        operator: "SubString"
        values: ["line-policytest"]
)";
constexpr TestScenario kPath[] = {{.name = "truncate", .deed = Deed::kTruncateFile, .tells = tells_of_path}};

constexpr std::string_view kLsmPolicy = R"(spec:
  lsmhooks:
  - hook: "file_open"
    args:
    - index: 0
      type: "file"
    selectors:
    - matchArgs:
      - index: 0
        operator: "Prefix"
        values: ["/tmp/tripline-policytest"]
  - hook: "file_open"
    args:
    - index: 0
      type: "file"
    selectors:
    - matchArgs:
      - index: 0
        operator: "Prefix"
        values: ["/tmp/tripline-policytest"]
)";
constexpr TestScenario kLsm[] = {
    {.name = "open", .deed = Deed::kOpenFile, .tells = tells_of_file, .events = 2}};

constexpr std::string_view kExecPolicy = R"(spec:
  tracepoints:
  - subsystem: "sched"
    event: "sched_process_exec"
    args:
    - index: 4
      type: "string"
    selectors:
    - matchArgs:
      - index: 4
        operator: "Postfix"
        values: ["/true"]
)";
constexpr TestScenario kExec[] = {{.name = "exec", .deed = Deed::kExec, .tells = tells_of_exec}};

constexpr std::string_view kResolvePolicy = R"(spec:
  tracepoints:
  - subsystem: "raw_syscalls"
    event: "sys_enter"
    raw: true
    args:
    - index: 0
      type: "uint64"
      resolve: "orig_ax"
    - index: 0
      type: "uint64"
      resolve: "dx"
    selectors:
    - matchArgs:
      - args: [0]
        operator: "Equal"
        values: ["8"]
      - args: [1]
        operator: "Equal"
        values: ["4444"]
)";
constexpr TestScenario kResolve[] = {{.name = "lseek", .deed = Deed::kSeek, .tells = tells_of_syscall}};

// ---- code of user space

bool is_call(const Event& event, int64_t number) {
  const auto& args = event.process_uprobe().args();
  return args.size() == 1 && args[0].long_arg() == number;
}
bool tells_of_number(const Event& event) { return is_call(event, kMarkedWhence); }
bool tells_of_other(const Event& event) { return is_call(event, kOtherNumber); }
bool tells_of_texts(const Event& event) {
  const auto& args = event.process_uprobe().args();
  return args.size() == 2 && args[0].string_arg() == kFirstText && args[1].string_arg() == kSecondText;
}
bool tells_of_override(const Event& event) {
  return tells_of_number(event) && event.process_uprobe().action() == tetragon::KPROBE_ACTION_OVERRIDE;
}
bool tells_of_probe(const Event& event) {
  const auto& args = event.process_usdt().args();
  return args.size() == 1 && args[0].int_arg() == kMarkedWhence;
}
bool tells_of_set(const Event& event) {
  return tells_of_probe(event) && event.process_usdt().action() == tetragon::KPROBE_ACTION_SET;
}

constexpr TestScenario kNumber[] = {{.name = "call", .deed = Deed::kCallFunctions, .tells = tells_of_number}};
constexpr TestScenario kBoth[] = {
    {.name = "call of one", .deed = Deed::kCallFunctions, .tells = tells_of_number},
    {.name = "call of the other", .deed = Deed::kCallFunctions, .tells = tells_of_other}};
constexpr TestScenario kTexts[] = {
    {.name = "call with texts", .deed = Deed::kCallFunctions, .tells = tells_of_texts}};
constexpr TestScenario kOverride[] = {
    {.name = "call", .deed = Deed::kCallFunctions, .tells = tells_of_override}};
constexpr TestScenario kProbe[] = {{.name = "probe", .deed = Deed::kPassProbe, .tells = tells_of_probe}};
constexpr TestScenario kSetProbe[] = {{.name = "probe", .deed = Deed::kPassProbe, .tells = tells_of_set}};

constexpr std::string_view kNumberPolicy = R"(spec:
  uprobes:
  - path: "{Program}"
    offsets: [{Number}]
    args:
    - index: 0
      type: "int64"
    selectors:
    - matchArgs:
      - index: 0
        operator: "Equal"
        values: ["4444"]
)";
constexpr std::string_view kTargetsPolicy = R"(spec:
  uprobes:
  - path: "{Program}"
    offsets: [{Number}, {Other}]
    args:
    - index: 0
      type: "int64"
)";
constexpr std::string_view kOneMatchesPolicy = R"(spec:
  uprobes:
  - path: "{Program}"
    offsets: [{Number}]
    args:
    - index: 0
      type: "int64"
    selectors:
    - matchArgs:
      - operator: "CelExpr"
        values: ["arg0 == 4444"]
  - path: "{Program}"
    offsets: [{Other}]
    args:
    - index: 0
      type: "int64"
    selectors:
    - matchArgs:
      - operator: "CelExpr"
        values: ["arg0 == 1"]
)";
constexpr std::string_view kBothMatchPolicy = R"(spec:
  uprobes:
  - path: "{Program}"
    offsets: [{Number}]
    args:
    - index: 0
      type: "int64"
    selectors:
    - matchArgs:
      - operator: "CelExpr"
        values: ["arg0 == 4444"]
  - path: "{Program}"
    offsets: [{Other}]
    args:
    - index: 0
      type: "int64"
    selectors:
    - matchArgs:
      - operator: "CelExpr"
        values: ["arg0 > 4444"]
)";
constexpr std::string_view kTextsPolicy = R"(spec:
  uprobes:
  - path: "{Program}"
    offsets: [{Texts}]
    args:
    - index: 0
      type: "string"
    - index: 1
      type: "string"
    selectors:
    - matchArgs:
      - index: 0
        operator: "Equal"
        values: ["the first text"]
      - index: 1
        operator: "Prefix"
        values: ["the second"]
)";
constexpr std::string_view kOverridePolicy = R"(spec:
  uprobes:
  - path: "{Program}"
    offsets: [{Number}]
    args:
    - index: 0
      type: "int64"
    selectors:
    - matchArgs:
      - index: 0
        operator: "Equal"
        values: ["4444"]
      matchActions:
      - action: "Override"
        argError: 17
)";
constexpr std::string_view kOverrideElsewherePolicy = R"(spec:
  uprobes:
  - path: "{Program}"
    offsets: [{Number}]
    args:
    - index: 0
      type: "int64"
    selectors:
    - matchArgs:
      - index: 0
        operator: "Equal"
        values: ["4444"]
      matchActions:
      - action: "Override"
        argNewOffset: {Other}
)";
constexpr std::string_view kOverrideSelectorsPolicy = R"(spec:
  uprobes:
  - path: "{Program}"
    offsets: [{Number}]
    args:
    - index: 0
      type: "int64"
    selectors:
    - matchArgs:
      - index: 0
        operator: "Equal"
        values: ["1"]
      matchActions:
      - action: "Override"
        argError: 1
    - matchArgs:
      - index: 0
        operator: "Equal"
        values: ["4444"]
      matchActions:
      - action: "Override"
        argError: 2
)";
constexpr std::string_view kSetPolicy = R"(spec:
  usdts:
  - path: "{Program}"
    provider: "tripline"
    name: "policytest"
    args:
    - index: 0
      type: "int32"
    selectors:
    - matchArgs:
      - index: 0
        operator: "Equal"
        values: ["4444"]
      matchActions:
      - action: "Set"
        argIndex: 0
        argValue: 17
)";
constexpr std::string_view kProbePolicy = R"(spec:
  usdts:
  - path: "{Program}"
    provider: "tripline"
    name: "policytest"
    args:
    - index: 0
      type: "int32"
    selectors:
    - matchArgs:
      - index: 0
        operator: "InMap"
        values: ["4443", "4444"]
)";

constexpr std::string_view kNoGo = "it needs a program in Go";
constexpr std::string_view kNoTypes = "it needs a file with the types of a program";

constexpr auto kTests = std::to_array<PolicyTest>({
    {"kprobe-lseek", "kprobes", kListedHook, kSeekPolicy, kSeek},
    {"kprobe-null-string", "kprobes", {}, kNullPolicy, kNull},
    {"kprobe-fd-arg", "kprobes", kHook, kFdPolicy, kFd},
    {"kprobe-btf-type-module-af-alg-bind", "kprobes", {}, kBindPolicy, kBind},
    {"kprobe-substring-linux-binprm", "kprobes", kHook, kProgramPolicy, kProgram},
    {"kprobe-substring-file", "kprobes", kHook, kFilePolicy, kFile},
    {"kprobe-substring-path", "kprobes", kHook, kPathPolicy, kPath},
    {"lsm-dup-hooks", "lsm", {}, kLsmPolicy, kLsm},
    {"tracepoint-exec", "tracepoint", {}, kExecPolicy, kExec},
    {"tracepoint-resolve", "tracepoint", {}, kResolvePolicy, kResolve},
    {.name = "uprobe-pclntab", .label = "uprobes", .skipped = kNoGo},
    {"uprobe-generic", "uprobes", {}, kNumberPolicy, kNumber},
    {"uprobe-override", "uprobes", {}, kOverridePolicy, kOverride, {}, true},
    {"cel-multi-uprobe-one-match", "uprobes", {}, kOneMatchesPolicy, kNumber},
    {"cel-multi-uprobe-both-match", "uprobes", {}, kBothMatchPolicy, kBoth},
    {.name = "resolve-nested-anon-struct", .label = "uprobes", .skipped = kNoTypes},
    {"uprobe-multiple-targets", "uprobes", {}, kTargetsPolicy, kBoth},
    {"uprobe-override-new-symbol", "uprobes", {}, kOverrideElsewherePolicy, kOverride, {}, true},
    {"uprobe-override-multiple-selectors", "uprobes", {}, kOverrideSelectorsPolicy, kOverride, {}, true},
    {"uprobe-multiple-string-preload", "uprobes", {}, kTextsPolicy, kTexts},
    {"usdt-set", "usdt", {}, kSetPolicy, kSetProbe},
    {"usdt-load-selector-maps", "usdt", {}, kProbePolicy, kProbe},
});

constexpr auto kDeeds = std::to_array<std::pair<Deed, std::string_view>>({
    {Deed::kSeek, "seek"},
    {Deed::kSeekInFile, "seek-in-file"},
    {Deed::kUnlinkNothing, "unlink-nothing"},
    {Deed::kBindHash, "bind-hash"},
    {Deed::kExec, "exec"},
    {Deed::kOpenFile, "open-file"},
    {Deed::kTruncateFile, "truncate-file"},
    {Deed::kCallFunctions, "call-functions"},
    {Deed::kPassProbe, "pass-probe"},
});

bool bind_hash() {
  const Fd socket(::socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!socket) return false;
  sockaddr_alg address{};
  address.salg_family = AF_ALG;
  std::memcpy(address.salg_type, "hash", 4);
  std::memcpy(address.salg_name, "sha256", 6);
  return bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

bool use_file(const std::string& token, bool truncates) {
  const std::string path = "/tmp/tripline-policytest-" + token;
  const Fd file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file) return false;
  const bool done = !truncates || truncate(path.c_str(), 0) == 0;
  unlink(path.c_str());
  return done;
}

}  // namespace

std::span<const PolicyTest> policy_tests() { return kTests; }

std::string policy_name_of(const PolicyTest& test) { return "policytest-" + std::string(test.name); }

std::string policy_of(const PolicyTest& test, const TestValues& values) {
  std::string out =
      fmt::format("apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: \"{}\"\n{}",
                  policy_name_of(test), test.policy);
  for (const TestParameter& parameter : test.parameters) {
    const auto given = values.find(parameter.name);
    const std::string value = given == values.end() ? std::string(parameter.values[0]) : given->second;
    const std::string place = "{" + std::string(parameter.name) + "}";
    for (size_t at = 0; (at = out.find(place, at)) != std::string::npos; at += value.size())
      out.replace(at, place.size(), value);
  }
  return with_places(std::move(out));
}

std::string_view deed_name(Deed deed) {
  return std::ranges::find(kDeeds, deed, &std::pair<Deed, std::string_view>::first)->second;
}

std::optional<Deed> deed_named(std::string_view name) {
  const auto* found = std::ranges::find(kDeeds, name, &std::pair<Deed, std::string_view>::second);
  if (found == kDeeds.end()) return {};
  return found->first;
}

bool do_deed(Deed deed, const std::string& token) {
  switch (deed) {
    case Deed::kSeek:
      syscall(SYS_lseek, -1, 0, kMarkedWhence);
      return true;
    case Deed::kSeekInFile: {
      const Fd file(open(kKnownFile, O_RDONLY | O_CLOEXEC));
      if (!file) return false;
      syscall(SYS_lseek, file.get(), 0, kMarkedWhence);
      return true;
    }
    case Deed::kUnlinkNothing:
      syscall(SYS_unlinkat, -1, nullptr, kMarkedFlags);
      return true;
    case Deed::kBindHash:
      return bind_hash();
    case Deed::kExec:
      execl("/bin/true", "/bin/true", token.c_str(), nullptr);
      return false;
    case Deed::kOpenFile:
      return use_file(token, false);
    case Deed::kTruncateFile:
      return use_file(token, true);
    case Deed::kCallFunctions:
      (void)call_number(kMarkedWhence);
      (void)call_other(kOtherNumber);
      (void)call_texts(kFirstText, kSecondText);
      return true;
    case Deed::kPassProbe:
      (void)pass_probe(kMarkedWhence);
      return true;
  }
  return false;
}

}  // namespace tripline
