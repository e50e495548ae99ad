# SPDX-License-Identifier: Apache-2.0
"""What is measured: one row for each case, with its limit. guest.py and native.py take the measurements, with one
function for each class below.

To add a hook, add a policy to bench/policies that no call of the workload matches, and a Call here with the kind and
target of its floor (hook/floor.cc), the workload's call (hook/workload.c) and a call that matches.
"""
import os
from dataclasses import dataclass, field

HERE = os.path.dirname(os.path.abspath(__file__))
# Opened by the measured calls: on the root file system, in a folder that some policies watch, but matched by no policy.
FILE = "/etc/bench-target"
MATCH = "/tmp/tetragon"
# Not on an overlay, whose lower file system would call the security modules again.
PLAIN = "/tmp/bench-target"


@dataclass(frozen=True)
class Factor:
    """A limit that is a multiple of the cost of another case."""
    case: str
    times: float


@dataclass(frozen=True)
class Above:
    """A limit that is so much more than the floor of the same run."""
    instructions: float


@dataclass(frozen=True)
class Case:
    name: str
    limit: float | Factor | Above
    reference: float | None = None  # Tetragon in the same guest under the same workload
    unit: str = "instructions"


@dataclass(frozen=True)
class Call(Case):
    """What the program adds to a call that a policy watches and that does not match."""
    hook: tuple[str, str] = ("fentry", "fd_install")  # of the empty program that sets the floor
    policy: str = "equal"
    policies: int = 1  # if more than 1: copies of the policy, each with its own name and path
    workload: tuple[str, str] = ("open", FILE)
    match: tuple[str, str] = ("open", MATCH)  # yields one event
    binary: str = ""  # must make the matching call; if empty, the workload itself
    event: str = "process_kprobe"
    judged: bool = False  # the filter lets the measured call through
    estimated: bool = True  # explain says what it costs
    pod: str = ""  # if not empty: the measured calls are made in a container of that pod
    match_pod: str = ""  # and the one that matches in one of this


@dataclass(frozen=True)
class Life(Case):
    """A process that forks, executes a file and exits: CPU time of tripline and of its programs. Without any policy, or
    with one that makes so many events of each."""
    policy: str = ""
    events: int = 0
    event: str = "process_loader"
    times: int = 1000


@dataclass(frozen=True)
class Posted(Case):
    """A call that matches while nobody reads: the cost of writing the record, in the kernel."""
    file: str = MATCH


@dataclass(frozen=True)
class Delivered(Case):
    """A call that matches, its event written to a file as JSON: CPU time of tripline and of its programs."""
    times: int = 20000


@dataclass(frozen=True)
class Burst(Case):
    """Matching calls on one CPU while nobody reads: how many were neither delivered nor reported as lost."""
    times: int = 20000
    ring: str = ""  # --rb-size; if empty, the default
    unit: str = "calls missing"


@dataclass(frozen=True)
class Start(Case):
    """CPU time from the start of `tripline run` to its first event."""
    policy: str = ""


@dataclass(frozen=True)
class StartPlaces(Case):
    """CPU time of `tripline run` until its first event with a policy on that many functions of libc. No call of them
    matches."""
    places: int = 1000


@dataclass(frozen=True)
class MemoryPlaces(Case):
    """Resident memory of `tripline run` with that policy."""
    places: int = 1000
    unit: str = "kB"


@dataclass(frozen=True)
class Memory(Case):
    """Resident memory of `tripline run` after a burst of events."""
    unit: str = "kB"


@dataclass(frozen=True)
class KernelMemory(Case):
    """Programs and maps of one policy, without those that all policies share."""
    unit: str = "kB"


@dataclass(frozen=True)
class Pause(Case):
    """Longest time between two rounds of the agent's loop while a thousand policies are added. The loop rests 10 ms
    after each round."""
    unit: str = "ms"


@dataclass(frozen=True)
class Daemon(Case):
    """The daemon, as `tripline agent` without settings; daemon.py has a function for each of these."""


@dataclass(frozen=True)
class Unread(Daemon):
    """A call that matches while there is neither a reader nor a file: CPU time of the daemon, without its programs."""
    times: int = 10000


@dataclass(frozen=True)
class Read(Daemon):
    """A call that matches, its event sent to as many readers: CPU time of the daemon and of its programs."""
    readers: int = 1
    times: int = 10000


@dataclass(frozen=True)
class ReadMore(Daemon):
    """What each reader beyond the first adds to an event."""
    readers: int = 100
    times: int = 1000


@dataclass(frozen=True)
class Exported(Daemon):
    """A call that matches, its event written to the export file: CPU time of the daemon and of its programs."""
    settings: tuple[str, ...] = ()
    times: int = 10000
    written: bool = True  # false: a filter keeps the events out of the file


@dataclass(frozen=True)
class Ready(Daemon):
    """CPU time of the daemon until it says that it is ready."""


@dataclass(frozen=True)
class Idle(Daemon):
    """Resident memory when it has nothing to do."""
    unit: str = "kB"


@dataclass(frozen=True)
class Grown(Daemon):
    """By how much resident memory grew while as many processes came and went as before. A process takes the guest five million
    instructions, all in all."""
    unit: str = "kB"
    times: int = 5000


@dataclass(frozen=True)
class Added(Daemon):
    """CPU time of the daemon for each policy that is added by itself over the API, where there are others at its hook."""
    there: int = 100
    times: int = 20


@dataclass(frozen=True)
class Native(Case):
    """Counted on this machine."""
    kernel: str = "-"


@dataclass(frozen=True)
class Size(Native):
    """Of the program, without what debuggers read."""
    unit: str = "kB"


@dataclass(frozen=True)
class Compile(Native):
    """From policy text to programs: COUNT small policies, or the largest in the corpus."""
    count: int = 0
    kernel: str = "debian-6.12"  # in tests/corpus/kernels


@dataclass(frozen=True)
class Rendered(Native):
    """The user half of an operation: from records in a ring to lines of text (native/events.cc)."""
    what: str = "opened"
    times: int = 2000


def many(count, factor):
    return Call(f"equal-{count}-policies", Factor("equal", factor), REFERENCE_MANY.get(count), policies=count,
                match=("open", "/tmp/secret-00003"))


REFERENCE_MANY = {10: 95242, 50: 590431}

CASES = [
    Call("equal", 175, 9508),
    # The file name matches and the folder does not.
    Call("equal-judged", 400, workload=("open", "/etc/tetragon")),
    # Name and folder match, what is above them does not: only the judge can reject it.
    Call("judged", 1000, workload=("open", "/etc/tmp/tetragon"), judged=True),
    Call("prefix14", 270, 9784, policy="prefix14", match=("open", "/etc/profile")),
    many(10, 1.2),
    many(50, 1.3),
    many(100, 1.3),
    many(1000, 1.5),
    Call("permission", 150, 8560, policy="permission", hook=("fentry", "security_file_permission"),
         workload=("read", MATCH), match=("write", MATCH)),
    Call("permission-return", 340, policy="permission-return", hook=("fentry", "security_file_permission"),
         workload=("read", MATCH), match=("write", MATCH)),
    Call("lseek", 155, 5473, policy="lseek", hook=("fentry", "__x64_sys_lseek"), workload=("lseek", "0"),
         match=("lseek", "-1")),
    Call("sys-exit", 160, 4827, policy="sys-exit", hook=("tp_btf", "sys_exit"), workload=("lseek", "0"),
         match=("dup", "0"), event="process_tracepoint"),
    Call("file-open", 230, 9203, policy="file-open", hook=("lsm", "file_open"), workload=("open", PLAIN),
         event="process_lsm"),
    Call("binaries20", 200, 4296, policy="binaries20", binary="/usr/local/bin/bench-listed"),
    Call("workload-policy", 200, policy="workloads", binary="/usr/local/bin/tetragon-a"),
    Call("workload-300-policies", 300, policy="workloads", policies=300,
         match=("open", "/tmp/secret-00003"), binary="/usr/local/bin/secret-00003-a"),
    # All watch the path that is opened, each another binary.
    Call("path-binaries", 280, policy="path-binaries", workload=("open", FILE), match=("open", FILE),
         binary="/usr/local/bin/tetragon-a"),
    Call("path-1000-binaries", Factor("path-binaries", 5), policy="path-binaries", policies=1000,
         match=("open", FILE), binary="/usr/local/bin/secret-00003-a"),
    Call("uprobe", Above(40), policy="uprobe", hook=("uprobe", "bench_number"), workload=("number", "1"),
         match=("number", "7"), event="process_uprobe"),
    Call("uprobe-text", Above(250), policy="uprobe-text", hook=("uprobe", "bench_text"),
         workload=("text", "/tmp/other"), match=("text", MATCH), event="process_uprobe"),
    Call("uprobe-return", Above(2000), policy="uprobe-return", hook=("uretprobe", "bench_number"),
         workload=("number", "1"), match=("number", "7"), event="process_uprobe", estimated=False),
    Call("usdt", Above(40), policy="usdt", hook=("uprobe", "bench_marker"), workload=("marker", "1"),
         match=("marker", "7"), event="process_usdt"),
    *(Call(f"uprobe-{count}-policies", Factor("uprobe", 1.5), policy="uprobe", policies=count,
           hook=("uprobe", "bench_number"), workload=("number", "1"), match=("number", "7"), event="process_uprobe")
      for count in (10, 100, 1000)),
    # Of a perf event; the floor is that of newer ways.
    Call("uprobe-perf", Above(150), policy="uprobe-perf", hook=("uprobe", "bench_number"), workload=("number", "1"),
         match=("number", "7"), event="process_uprobe", estimated=False),
    # A call that is enforced where nobody notified; one that the notifying hook itself enforces; one that another notified.
    Call("enforcer", Above(50), policy="enforcer", hook=("fmod_ret", "security_task_prctl"), workload=("prctl", "4244"),
         match=("dup", "0"), estimated=False),
    Call("enforced", Above(200), policy="enforced", hook=("fmod_ret", "security_task_prctl"),
         workload=("prctl", "4242"), match=("prctl", "4243"), judged=True, estimated=False),
    Call("enforced-notice", Above(1800), policy="enforced-notice", hook=("fmod_ret", "security_task_prctl"),
         workload=("prctl", "4242"), match=("prctl", "4243"), judged=True, estimated=False),
    # Each policy has a namespace of its own, and the caller's pod is in one of them.
    Call("namespaced", Above(90), policy="namespaced", pod="tetragon/web", match_pod="tetragon/web"),
    *(Call(f"namespaced-{count}-policies", Factor(f"equal-{count}-policies", 1.05), policy="namespaced", policies=count,
           match=("open", "/tmp/secret-00003"), pod="secret-00003/web", match_pod="secret-00003/web")
      for count in (100, 1000)),
    # They are about every call in theirs, and the caller is in none: only who calls decides.
    Call("namespaces", Above(90), policy="namespaces", hook=("fentry", "__x64_sys_lseek"), workload=("lseek", "0"),
         match=("lseek", "0"), pod="other/web", match_pod="tetragon/web"),
    *(Call(f"namespaces-{count}-policies", Factor("namespaces", 1.2), policy="namespaces", policies=count,
           hook=("fentry", "__x64_sys_lseek"), workload=("lseek", "0"), match=("lseek", "0"), pod="other/web",
           match_pod="secret-00003/web") for count in (100, 1000)),
    Life("life", 25000, 184570),
    # Besides the process, the files that it maps to execute them: the program, its interpreter, the C library.
    Life("life-loader", Factor("life", 3), policy="loader", events=3),
    Posted("posted", 1100, file="/etc/tetragon"),
    # The path crosses a mount: docs/decisions/003-prices.md says what that costs.
    Posted("posted-mount", 1650),
    Delivered("delivered", 9000, 280000),
    Burst("burst", 0),
    Burst("burst-small-ring", 0, 8532, ring="64KB"),
    Burst("burst-large-ring", 0, ring="16MB"),
    Start("start", 150_000_000),
    Start("start-policy", 200_000_000, 6_500_000_000, policy="equal"),
    StartPlaces("start-1000-places", 500_000_000),
    MemoryPlaces("memory-1000-places", 16384),
    Memory("memory", 16384, 90000),
    KernelMemory("memory-policy", 32, 251),
    Pause("pause", 100),
    Unread("daemon-unread", 2000),
    # What gRPC's server costs by itself is most of it: docs/decisions/003-prices.md.
    Read("daemon-reader", 21600, 280000),
    ReadMore("daemon-more-readers", 11000),
    Exported("daemon-export", 10000),
    Exported("daemon-export-regex", 2500 + 1300, settings=("--export-denylist", '{"binary_regex":["bench_work"]}'),
             written=False),
    Exported("daemon-export-fields", 14000,
             settings=("--field-filters", '{"fields":"process.binary,args,function_name","action":"INCLUDE"}')),
    Ready("daemon-ready", 400_000_000, 6_500_000_000),
    Idle("daemon-memory", 40960, 90000),
    Grown("daemon-growth", 4096),
    # docs/decisions/003-prices.md says what it costs, and what 20 million would take.
    Added("daemon-policies", 176_000_000),
    Size("size", 32768),
    Rendered("event", 4000),
    Rendered("event-compact", 10000, what="opened-compact"),
    # Metrics may cost 1,500.
    Rendered("event-metrics", 5500, what="opened-counted"),
    Rendered("event-fields", 8000, what="opened-fields"),
    # Pods may cost 600.
    Rendered("event-pod", 4600, what="opened-pod"),
    Rendered("event-life", 12000, what="lived", times=1000),
    Rendered("event-life-pod", 15000, what="lived-pod", times=1000),
    Compile("compile-largest", 200_000_000),
    Compile("compile-1000-policies", 20_000_000_000, count=1000),
]
