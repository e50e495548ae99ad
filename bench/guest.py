# SPDX-License-Identifier: Apache-2.0
"""Measurements in a guest: one function for each class of cases.py. Each also proves that its answer is correct."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

import cases
import daemon
import policies
from outcome import Wrong, demand

TURNS = 3


class Bench:
    """The binaries of one build, on one of the guest's own file systems, and a folder to write to."""

    def __init__(self, build, directory):
        for name in ("tripline", *(f"bench/bench_{one}" for one in ("workload", "floor", "pause", "readers"))):
            shutil.copy(f"{build}/{name}", directory)
        self.events = os.path.join(directory, "events")
        self.directory = directory
        os.makedirs("/etc/tmp", exist_ok=True)
        for path in (cases.FILE, cases.PLAIN, cases.MATCH, "/tmp/secret-00003", "/etc/tetragon", "/etc/tmp/tetragon"):
            with open(path, "w", encoding="utf-8") as file:
                file.write("x")

    def workload(self, *words):
        return [f"{self.directory}/bench_workload", *map(str, words)]

    def made_by(self, binary, *words):
        """The workload, copied to an executable file of that name."""
        command = self.workload(*words)
        if not binary:
            return command
        shutil.copy(command[0], binary)
        return [binary, *command[1:]]

    def tripline(self, files, command, *flags):
        flags = [*flags, *(flag for file in files for flag in ("-p", file))]
        return [f"{self.directory}/tripline", "run", "--events", f"json:{self.events}", *flags, "--", *command]

    def seen(self):
        """The events of the last run."""
        with open(self.events, encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def count(self, kind):
        return sum(kind in event for event in self.seen())

    @staticmethod
    def run(command):
        """Its standard output and standard error."""
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                              text=True, check=False)
        if done.returncode != 0:
            raise Wrong(f"{' '.join(command[:3])}... ended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout, done.stderr

    @staticmethod
    @contextlib.contextmanager
    def counted_programs():
        """The kernel counts how long BPF programs run, which makes each run a little longer."""
        switch = pathlib.Path("/proc/sys/kernel/bpf_stats_enabled")
        switch.write_text("1", encoding="utf-8")
        try:
            yield
        finally:
            switch.write_text("0", encoding="utf-8")


def number(command):
    return float(Bench.run(command)[0])


def cpu_clock(pid):
    """The clock of a process's CPU time, without that of its children."""
    return ~pid << 3 | 2


# --- a function for each class ------------------------------------------------------------------------------------

def mount_cgroups():
    if not os.path.exists("/sys/fs/cgroup/cgroup.procs"):
        subprocess.run(["mount", "-t", "cgroup2", "cgroup2", "/sys/fs/cgroup"], check=True)


def call(bench, case):
    program = bench.workload()[0]
    files = [policies.named(case.policy, bench.directory, program)]
    if case.policies > 1:
        files = policies.copies(case.policy, case.policies, bench.directory, program)
    if case.pod:
        mount_cgroups()
    in_pod = ["--pod", case.match_pod] if case.pod else []
    bench.run(bench.tripline(files, bench.made_by(case.binary, "times", 1, *case.match), *in_pod))
    demand(bench.count(case.event), 1, "events of a matching call")
    alone = number(bench.workload("cost", *case.workload))
    kind, target = case.hook
    if kind in ("uprobe", "uretprobe"):
        target = bench.run(bench.workload("where", target))[0].strip()
    floor = number([f"{bench.directory}/bench_floor", kind, target, *bench.workload("cost", *case.workload)])
    watched = number(bench.tripline(files, bench.workload("cost", *case.workload),
                                    *(["--pod", case.pod] if case.pod else [])))
    demand(bench.count(case.event), 0, "events of the measured calls")
    return floor - alone, watched - alone


def spent(bench, files, flags, operation, times):
    """CPU time of tripline, and of its programs in whoever calls them, while an operation is done `times` times."""
    words = " ".join(bench.workload("times", times, *operation))
    command = bench.tripline(files, ["sh", "-c", f"{words}; cat /proc/$PPID/fdinfo/*"], *flags)
    pathlib.Path(bench.events).unlink(missing_ok=True)  # it would have to be emptied
    with bench.counted_programs(), subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                                    text=True) as process:
        said = process.stdout.read()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        own = time.clock_gettime_ns(cpu_clock(process.pid))
    demand(process.returncode, 0, "status")
    programs = dict(re.findall(r"prog_id:\s*(\d+)\nrun_time_ns:\s*(\d+)", said))
    return own + sum(map(int, programs.values()))


def added_cpu(bench, files, flags, operation, times):
    """CPU time that we take for each of `times` operations, without the cost of starting and stopping. What the operation
    itself takes is not in it: forks and execs cost twenty times what we add, and their cost drifts."""
    turns = [[spent(bench, files, flags, operation, count) for count in (0, times)] for _ in range(TURNS)]
    start_and_end, watched = map(min, zip(*turns))
    return (watched - start_and_end) / times


def life(bench, case):
    files = [policies.named(case.policy)] if case.policy else []
    added = added_cpu(bench, files, [], ("spawn", "-"), case.times)
    spawned = [[kind for kind, event in seen.items() if kind.startswith("process_")
                and event["process"].get("arguments") == "nop"] for seen in bench.seen()]
    kinds = [kind for kinds in spawned for kind in kinds]
    demand((kinds.count("process_exec"), kinds.count("process_exit")), (case.times, case.times), "execs and exits")
    demand(kinds.count(case.event), case.events * case.times, "events of the policy")
    return None, added


def posted(bench, case):
    file = policies.about("equal", case.file, bench.directory)
    alone = number(bench.workload("cost", "open", case.file))
    out, said = bench.run(bench.tripline([file], bench.workload("stopped", "open", case.file), "--rb-size", "16MB"))
    demand((bench.count("process_kprobe"), said), (6000, ""), "number of events, and standard error")
    return None, float(out) - alone


def delivered(bench, case):
    added = added_cpu(bench, [policies.named("equal")], ["--rb-size", "16MB"], ("open", cases.MATCH), case.times)
    demand(bench.count("process_kprobe"), case.times, "events")
    return None, added


def burst(bench, case):
    flags = ["--rb-size", case.ring] if case.ring else []
    workload = bench.workload("burst", case.times, "open", cases.MATCH)
    _, said = bench.run(bench.tripline([policies.named("equal")], workload, *flags))
    found = re.search(r"(\d+) events were lost.* (\d+) were delivered", said)
    lost = int(found[1]) if found else 0
    delivered_events = bench.count("process_kprobe")
    if case.ring == "64KB" and lost == 0:
        raise Wrong("nothing was lost, so the case proves nothing")
    if case.ring == "16MB":
        lost = 0  # none may be
    return None, case.times - delivered_events - lost


def start(bench, case):
    files = [policies.named(case.policy)] if case.policy else []
    flags = [flag for file in files for flag in ("-p", file)]
    command = bench.workload("start", f"{bench.directory}/tripline", "run", *flags, "--", "/bin/true")
    bench.run(bench.tripline(files, ["/bin/true"]))  # from here on all files are in the page cache
    demand(bench.count("process_exec"), 1, "events")
    return None, number(command)


LIBC = "/lib/x86_64-linux-gnu/libc.so.6"


def on_places(bench, count):
    """A policy on the first COUNT functions of libc."""
    made, _ = bench.run([f"{bench.directory}/tripline", "tracingpolicy", "generate", "uprobes", "-b", LIBC])
    # Those of pthread_spin begin with a locked instruction, on which the kernel puts no probe.
    symbols = re.findall(r"^    - (?!pthread_spin)(.*)$", made, re.M)[:count]
    demand(len(symbols), count, "functions of libc")
    file = os.path.join(bench.directory, "places.yaml")
    with open(file, "w", encoding="utf-8") as policy:
        policy.write("apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: places}\nspec:\n"
                     f"  uprobes:\n  - path: {LIBC}\n    symbols: [{', '.join(symbols)}]\n    args:\n"
                     "    - {index: 0, type: int64}\n    selectors:\n    - matchArgs:\n"
                     "      - {index: 0, operator: Equal, values: ['-4711471147114711']}\n")
    return file


def start_places(bench, case):
    file = on_places(bench, case.places)
    bench.run(bench.tripline([file], ["/bin/true"]))
    demand(bench.count("process_exec"), 1, "events")
    return None, number(bench.workload("start", f"{bench.directory}/tripline", "run", "-p", file, "--", "/bin/true"))


def memory_places(bench, case):
    out, _ = bench.run(bench.tripline([on_places(bench, case.places)], ["sh", "-c", "cat /proc/$PPID/status"]))
    return None, int(re.search(r"VmRSS:\s+(\d+) kB", out)[1])


def memory(bench, _):
    script = f"{' '.join(bench.workload('times', 20000, 'open', cases.MATCH))}; cat /proc/$PPID/status"
    out, _ = bench.run(bench.tripline([policies.named("equal")], ["sh", "-c", script]))
    demand(bench.count("process_kprobe"), 20000, "events")
    return None, int(re.search(r"VmRSS:\s+(\d+) kB", out)[1])


def kernel_memory(bench, _):
    def held(files):
        out, _ = bench.run(bench.tripline(files, [f"{cases.HERE}/bpf.py"]))
        return [json.loads(line) for line in out.split("\n") if line]
    bare = {(one["kind"], one["name"]) for one in held([])}
    # Maps that all policies share have names that begin like this (bpf/abi/maps.h).
    own = [one for one in held([policies.named("equal")]) if (one["kind"], one["name"]) not in bare
           and not (one["kind"] == "map" and re.search(r"^tl_|tl_control$", one["name"]))]
    demand([one["name"] for one in own if one["kind"] == "program"], ["tl_fd_install"], "programs of the policy")
    return None, sum(one["bytes"] for one in own) / 1024


def pause(bench, _):
    return None, number([f"{bench.directory}/bench_pause"])


MEASURES = {cases.Call: call, cases.Life: life, cases.Posted: posted, cases.Delivered: delivered, cases.Burst: burst,
            cases.Start: start, cases.StartPlaces: start_places, cases.MemoryPlaces: memory_places, cases.Memory: memory, cases.KernelMemory: kernel_memory,
            cases.Pause: pause, **daemon.MEASURES}


def measure(build, case, kernel):
    result = {"case": case.name, "kernel": kernel, "floor": None, "added": None, "wrong": None}
    with tempfile.TemporaryDirectory() as directory:
        try:
            floor, added = MEASURES[type(case)](Bench(build, directory), case)
            result["floor"] = None if floor is None else round(floor)
            result["added"] = round(added)
        except Wrong as wrong:
            result["wrong"] = str(wrong)
    return result
