# SPDX-License-Identifier: Apache-2.0
"""Measurements of the daemon in a guest: one function for each class of cases.Daemon, as in guest.py."""
import contextlib
import json
import os
import pathlib
import re
import select
import shutil
import subprocess
import time
import urllib.request

import cases
import policies
from outcome import Wrong, demand

ADDRESS = "unix:///var/run/tetragon/tetragon.sock"
READY = "Listening for events"
METRICS = "127.0.0.1:2112"


class Daemon:
    """A running daemon, with the policy that the workload's call matches."""

    def __init__(self, bench, *settings, policies_of=("equal",)):
        self.bench = bench
        self.log = pathlib.Path(bench.directory, "log")
        for name in ("tetra", "tetragon"):
            link = pathlib.Path(bench.directory, name)
            if not link.is_symlink():
                link.symlink_to("tripline")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([f"{bench.directory}/tetragon", *settings], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)
        self.wait(lambda: READY in self.log.read_text())
        self.ready = self.own()
        for name in policies_of:
            self.client("tracingpolicy", "add", policies.named(name))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def wait(self, is_so):
        for _ in range(2000):
            if is_so():
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise Wrong("the daemon: " + self.log.read_text()[-500:])

    def client(self, *words):
        done = subprocess.run([f"{self.bench.directory}/tetra", *words], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        demand(done.returncode, 0, f"tetra {words[0]}: {done.stdout.strip()}: status")
        return done.stdout

    def own(self):
        """CPU time of the daemon, in nanoseconds."""
        return time.clock_gettime_ns(~self.process.pid << 3 | 2)

    def programs(self):
        """CPU time of its programs, while the kernel counts it."""
        found = {}
        for file in os.scandir(f"/proc/{self.process.pid}/fdinfo"):
            with contextlib.suppress(OSError):
                text = pathlib.Path(file.path).read_text(encoding="utf-8")
                found |= dict(re.findall(r"prog_id:\s*(\d+)\nrun_time_ns:\s*(\d+)", text))
        return sum(map(int, found.values()))

    def memory(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1])

    def posts(self):
        listed = json.loads(self.client("tracingpolicy", "list", "-o", "json"))["policies"]
        return sum(int(one["stats"]["action_counters"].get("post", 0)) for one in listed)

    def settle(self):
        """Until it has nothing to do."""
        before = -1
        while self.own() - before > 3_000_000:
            before = self.own()
            time.sleep(1)

    def cost(self, times, operation):
        """CPU time of the daemon and of its programs for each of `times` operations."""
        self.settle()
        with self.bench.counted_programs():
            own, programs = self.own(), self.programs()
            operation()
            self.settle()
            return (self.own() - own) / times, (self.programs() - programs) / times


def mark(word):
    subprocess.run(["/bin/true", word], check=True)


@contextlib.contextmanager
def readers(bench, count):
    """That many readers, all of them reading. Gives a function that waits for their end: how many events each had."""
    command = [f"{bench.directory}/bench_readers", ADDRESS, str(count), "process_kprobe"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        try:
            mark("bench-ready")
            while not select.select([process.stdout], [], [], 0.2)[0]:
                mark("bench-ready")
            demand(process.stdout.readline(), "ready\n", "what the readers say first")
            yield lambda: process.stdout.read().split()
        finally:
            process.kill()  # or it would be waited for for ever when something went wrong


def matching(bench, times):
    return lambda: bench.run(bench.workload("times", times, "open", cases.MATCH))


def read_cost(bench, count, times):
    with Daemon(bench) as daemon, readers(bench, count) as ends:
        mark("bench-begin")
        own, programs = daemon.cost(times, matching(bench, times))
        mark("bench-end")
        demand(ends(), [str(times)] * 2, "the least and the most events of a reader")
        return own, programs


def unread(bench, case):
    with Daemon(bench) as daemon:
        own, _ = daemon.cost(case.times, matching(bench, case.times))
        demand(daemon.posts(), case.times, "posts")
        return None, own


def read(bench, case):
    return None, sum(read_cost(bench, case.readers, case.times))


def read_more(bench, case):
    one, many = (read_cost(bench, count, case.times)[0] for count in (1, case.readers))
    return None, (many - one) / (case.readers - 1)


def exported(bench, case):
    file = pathlib.Path(bench.events)
    file.unlink(missing_ok=True)
    # The events are counted in one file, and with their lines of a kilobyte they would fill more than one.
    with Daemon(bench, "--export-filename", str(file), "--export-file-max-size-mb", "1000", *case.settings) as daemon:
        cost = sum(daemon.cost(case.times, matching(bench, case.times)))
        demand(daemon.posts(), case.times, "posts")
    demand(bench.count("process_kprobe"), case.times if case.written else 0, "events")
    return None, cost


def ready(bench, _):
    with Daemon(bench, policies_of=()):
        pass  # from here on all files are in the page cache
    with Daemon(bench, policies_of=()) as daemon:
        return None, daemon.ready


def idle(bench, _):
    with Daemon(bench, policies_of=()) as daemon:
        daemon.settle()
        return None, daemon.memory()


def counted(kind):
    """Events of that kind, as the daemon's metrics count them."""
    with urllib.request.urlopen(f"http://{METRICS}/metrics") as page:
        found = re.findall(rf'^tetragon_events_total{{.*type="{kind}".*}} (\d+)$', page.read().decode(), re.MULTILINE)
    return sum(map(int, found))


def grown(bench, case):
    def processes(times):
        bench.run(bench.workload("times", times, "spawn", "-"))
        daemon.settle()

    with Daemon(bench, "--metrics-server", METRICS) as daemon:
        processes(case.times)
        exits = counted("PROCESS_EXIT")
        before = daemon.memory()
        processes(case.times)
        # And the workload itself.
        demand(counted("PROCESS_EXIT") - exits, case.times + 1, "processes that ended")
        return None, daemon.memory() - before


def added(bench, case):
    files = policies.copies("equal", case.there + case.times, bench.directory)
    folder = pathlib.Path(bench.directory, "first")
    folder.mkdir()
    for file in files[:case.there]:
        shutil.move(file, folder)
    with Daemon(bench, "--tracing-policy-dir", str(folder), policies_of=()) as daemon:
        daemon.settle()
        before = daemon.own()
        for file in files[case.there:]:
            daemon.client("tracingpolicy", "add", file)
        cost = (daemon.own() - before) / case.times
        demand(len(json.loads(daemon.client("tracingpolicy", "list", "-o", "json"))["policies"]), len(files),
               "policies")
        return None, cost


MEASURES = {cases.Unread: unread, cases.Read: read, cases.ReadMore: read_more, cases.Exported: exported,
            cases.Ready: ready, cases.Idle: idle, cases.Grown: grown, cases.Added: added}
