#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""`tripline run` in a guest under stress: process storms, busy CPUs, slow readers.

usage: bad_days_test.py BUILD [TEST..]      (only in a guest: it attaches programs)"""

import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

import run_test
from run_test import WATCHED, Guest, are_preempted, command_line, of_kind, read_events, run, trigger


@contextlib.contextmanager
def busy(count: int):
    """`count` processes that keep the CPU busy."""
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def read_slowly(stream) -> list[dict]:
    """Its lines, read in small pieces with a pause after each."""
    data = bytearray()
    while piece := os.read(stream.fileno(), 16384):
        data += piece
        time.sleep(0.005)
    return [json.loads(line) for line in data.split(b"\n") if line]


class StormTest(Guest):
    def test_ten_thousand_processes(self):
        count = 10000
        done = run("--", *trigger("forks", count))
        self.assertEqual((done.status, done.err), (0, ""))
        exits = of_kind(done.events, "process_exit")
        self.assertEqual(len(exits), count + 1)
        self.assertEqual(len({body["process"]["exec_id"] for body in exits}), count + 1)
        # They run one after the other; the exit status of each is its number.
        self.assertEqual([body.get("status", 0) for body in exits], [*(i & 0x7F for i in range(count)), 0])
        self.assert_causal(done.events)

    def test_processes_that_execute(self):
        count = 3000
        done = run("--", *trigger("storm", count))
        self.assertEqual((done.status, done.err), (0, ""))
        self.assertEqual(len(of_kind(done.events, "process_exec")), count + 1)
        self.assertEqual(len(of_kind(done.events, "process_exit")), count + 1)
        self.assert_causal(done.events)

    def test_processes_while_others_want_the_cpu(self):
        count = 1000
        with busy(2):
            done = run("--", *trigger("storm", count))
        self.assertEqual((done.status, done.err), (0, ""))
        self.assertEqual(len(of_kind(done.events, "process_exit")), count + 1)
        self.assert_causal(done.events)


class ReaderTest(Guest):
    def account(self, calls: int, events: list[dict], err: str) -> int:
        """Every call is either an event or counted as lost. Returns how many were lost."""
        delivered = len(of_kind(events, "process_kprobe"))
        said = re.search(r"policy watch: (\d+) events were lost.* (\d+) were delivered", err)
        lost = int(said[1]) if said else 0
        if said:
            self.assertEqual(int(said[2]), delivered)
        self.assertEqual(delivered + lost, calls)
        self.assertEqual(err.count("\n"), 1 if said else 0, err)
        return lost

    def slow(self, calls: int, ring: str) -> int:
        command = command_line("--rb-size", ring, "-p", self.policy(), "--", *trigger("flood", WATCHED, calls))
        with tempfile.TemporaryFile() as err, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=err) as process:
            events = read_slowly(process.stdout)
            self.assertEqual(process.wait(), 0)
            err.seek(0)
            said = err.read().decode()
        self.assertEqual(len(of_kind(events, "process_exit")), 1)
        return self.account(calls, events, said)

    def test_a_slow_reader_and_no_cpu_to_spare(self):
        with busy(2):
            self.assertGreater(self.slow(10000, "64KB"), 0)

    def test_a_slow_reader_and_a_large_ring(self):
        with busy(1):
            self.assertEqual(self.slow(5000, "16MB"), 0)

    def test_a_burst_that_fits(self):
        done = run("--rb-size", "16MB", "-p", self.policy(), "--", *trigger("flood-stopped", WATCHED, 20000))
        self.assertEqual(done.status, 0)
        self.assertEqual(self.account(20000, done.events, done.err), 0)


RETURNS = """
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata:
  name: "returns"
spec:
  kprobes:
  - call: sys_read
    return: true
    args: [{index: 0, type: int}]
    returnArg: {index: 0, type: int}
    selectors:
    - matchArgs: [{index: 0, operator: Equal, values: ["200"]}]
"""

# Data in registers is read by a kprobe, and so is the return.
PROBED_RETURNS = RETURNS.replace("    returnArg", "    data: [{index: 0, type: uint64, source: pt_regs, resolve: rdi}]\n"
                                                  "    returnArg")

BUFFERS = """
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata:
  name: "buffers"
spec:
  kprobes:
  - call: sys_write
    args:
    - {index: 1, type: char_buf, sizeArgIndex: 3, maxData: true}
    - {index: 2, type: size_t}
    selectors:
    - matchArgs: [{index: 2, operator: Equal, values: ["200000"]}]
"""

BINARIES = """
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata:
  name: "binaries"
spec:
  kprobes:
  - call: sys_umask
    selectors:
    - matchBinaries: [{operator: In, values: [/no/such]}]
"""


class CrowdTest(Guest):
    """More at once than there is room for: losses are reported."""

    def written(self, text: str) -> str:
        file = self.folder / "crowd.yaml"
        file.write_text(text)
        return str(file)

    def told(self, pattern: str, err: str) -> int:
        """The sum of the numbers in all lines that match."""
        return sum(map(int, re.findall(pattern, err)))

    def between(self, number: int, most: int, err: str):
        """While a program is preempted, the kernel skips it on that CPU: a call, or its return, goes unseen."""
        skipped = self.told(r"up to (\d+) calls of __x64_sys_read were not seen", err)
        self.assertTrue(most - skipped <= number <= most, f"{number} of {most}: {err}")

    def test_calls_that_wait_for_their_return(self):
        count = 5000
        stats = self.folder / "stats"
        done = run("--stats", stats, "-p", self.written(RETURNS), "--", *trigger("waiting", count))
        self.assertEqual(done.status, 0)
        self.between(int(json.loads(stats.read_text())["stats"]["action_counters"]["post"]), count, done.err)
        forgotten = self.told(r"policy returns: up to (\d+) events were lost: too many calls were in progress", done.err)
        alone = self.told(r"policy returns: (\d+) events were lost: too many calls waited for their return", done.err)
        self.assertGreater(forgotten, (count - 4096) // 2, done.err)
        self.between(len(of_kind(done.events, "process_kprobe")) + forgotten + alone, count, done.err)

    def test_calls_that_all_have_room(self):
        done = run("-p", self.written(RETURNS), "--", *trigger("waiting", 500))
        self.assertEqual(done.status, 0)
        self.assertNotIn("lost", done.err)
        self.between(len(of_kind(done.events, "process_kprobe")), 500, done.err)

    def test_kretprobes_that_the_kernel_passes_over(self):
        """A kretprobe has a limited number of instances; since 6.7 the kernel says how many calls had none."""
        count = 500
        done = run("-p", self.written(PROBED_RETURNS), "--", *trigger("waiting", count))
        self.assertEqual(done.status, 0)
        seen = len(of_kind(done.events, "process_kprobe"))
        self.assertLess(seen, count)
        tells = tuple(map(int, os.uname().release.split(".")[:2])) >= (6, 7)
        skipped = self.told(r"up to (\d+) calls of __x64_sys_read were not seen", done.err)
        if tells:
            self.assertGreaterEqual(skipped + seen, count, done.err)

    def test_buffers_that_do_not_fit(self):
        done = run("--rb-size", 65536, "-p", self.written(BUFFERS), "--", "dd", "if=/dev/zero", "of=/dev/null",
                   "bs=200000", "count=5", "status=none")
        self.assertEqual(done.status, 0)
        events = of_kind(done.events, "process_kprobe")
        cut = [event for event in events if "truncated_bytes_arg" in event["args"][0]]
        self.assertGreater(len(cut), 0)
        self.assertEqual(self.told(r"policy buffers: (\d+) buffers were cut short", done.err), len(cut), done.err)
        whole = run("--rb-size", "4MB", "-p", self.written(BUFFERS), "--", "dd", "if=/dev/zero", "of=/dev/null",
                    "bs=200000", "count=5", "status=none")
        self.assertEqual((whole.err, len(of_kind(whole.events, "process_kprobe"))), ("", 5))

    def test_processes_that_are_not_known(self):
        pathlib.Path("/proc/sys/kernel/pid_max").write_text(str(1 << 22))
        pathlib.Path("/proc/sys/kernel/threads-max").write_text(str(1 << 16))
        numbers = 34  # of 128 processes each: all but one of each have their element taken
        done = run("-p", self.written(BINARIES), "--", *trigger("crowd", numbers))
        self.assertEqual(done.status, 0)
        said = re.search(r"up to (\d+) processes could not be tracked for process filters", done.err)
        self.assertTrue(said and int(said[1]) >= numbers * 127 - 4096, done.err)
        self.assertEqual(len(of_kind(done.events, "process_exit")), numbers * 128 + 1)


ODD_ARGUMENTS = """
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata:
  name: "odd"
spec:
  lsmhooks:
  - hook: file_alloc_security
    args: [{index: 0, type: file}]
  tracepoints:
  - {subsystem: skb, event: kfree_skb, raw: true, args: [{index: 0, type: skb}, {index: 1, type: uint64}]}
  kprobes:
  - call: fd_install
    syscall: false
    args: [{index: 1, type: int32}, {index: 1, type: uint64}, {index: 0, type: int}]
    selectors:
    - matchArgs: [{index: 1, operator: NotEqual, values: ["0"]}]
"""


class OddArgumentsTest(Guest):
    def test_a_file_without_an_inode_and_pointers_as_numbers(self):
        """The first crashed a kernel that trusts the inode of a file; the verifier forbids arithmetic on pointers."""
        file = self.folder / "odd.yaml"
        file.write_text(ODD_ARGUMENTS)
        done = run("-p", str(file), "--", "cat", WATCHED)
        if '"file_alloc_security" cannot be hooked: this kernel does not allow BPF LSM programs there' in done.err:
            self.skipTest("this kernel does not let programs see files being made")
        self.assertEqual(done.status, 0, done.err)
        made = of_kind(done.events, "process_lsm")
        self.assertTrue(made)
        self.assertEqual({event["args"][0]["file_arg"].get("path", "") for event in made}, {""})
        installed = of_kind(done.events, "process_kprobe")
        self.assertTrue(installed)
        self.assertTrue(all(int(event["args"][1]["size_arg"]) >> 47 == 0x1ffff for event in installed), installed)


MODULE_HOOK = """
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata:
  name: "module"
spec:
  kprobes:
  - call: "dummy_get_stats64"
    syscall: false
{more}"""
REGISTER = """    data:
    - {index: 0, source: pt_regs, resolve: rdi, type: uint64}
"""
# Reading this file queries the statistics of every network device.
READ = "cat /proc/net/dev >/dev/null"


class ModuleTest(Guest):
    def setUp(self):
        super().setUp()
        subprocess.run(["modprobe", "dummy", "numdummies=1"], check=True)
        self.addCleanup(subprocess.run, ["rmmod", "dummy"], check=False, stderr=subprocess.DEVNULL)

    def watch(self, more: str, script: str):
        file = self.folder / "module.yaml"
        file.write_text(MODULE_HOOK.format(more=more))
        return run("-p", str(file), "--", "sh", "-c", script)

    def test_a_function_of_a_module_keeps_it(self):
        done = self.watch("", f"{READ}; rmmod dummy 2>/dev/null; echo $? >{self.folder}/status; {READ}")
        self.assertEqual((done.status, done.err), (0, ""))
        self.assertEqual(len(of_kind(done.events, "process_kprobe")), 2)
        self.assertNotEqual((self.folder / "status").read_text(), "0\n")
        subprocess.run(["rmmod", "dummy"], check=True)  # it can be unloaded once the hook is gone

    def test_a_module_that_is_unloaded_under_a_kprobe(self):
        done = self.watch(REGISTER, f"{READ}; rmmod dummy && modprobe dummy numdummies=1 && {READ}")
        self.assertEqual(done.status, 0)
        readers = [call for call in of_kind(done.events, "process_kprobe") if call["process"]["binary"] == "/usr/bin/cat"]
        self.assertEqual(len(readers), 1)
        self.assertEqual(done.err, "tripline: dummy:dummy_get_stats64 is no longer hooked: its module was unloaded\n")

    def test_a_module_that_is_not_loaded(self):
        subprocess.run(["rmmod", "dummy"], check=True)
        done = self.watch("", READ)
        self.assertEqual(done.status, 1)
        self.assertIn('error: this kernel has no function "dummy_get_stats64"', done.err)


ENFORCED = """
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: enforced}
spec:
  SECTION:
  - CALL
    args: [{index: ARG, type: TYPE}]
    selectors:
    - matchArgs: [{index: ARG, operator: Equal, values: ["VALUE"]}]
      matchActions: [{action: NoPost}, {action: ACTION}]
"""


class EnforcedTest(Guest):
    """No call escapes an enforcing policy because a task was preempted inside a program."""

    def enforced(self, counter: str, **words):
        pathlib.Path("/tmp/watched").write_text("x")
        file, stats = self.folder / "enforced.yaml", self.folder / "stats"
        text = ENFORCED
        for word, value in ({"SECTION": "kprobes", "ARG": "0", "TYPE": "file", "VALUE": "/tmp/watched"} | words).items():
            text = text.replace(word, value)
        file.write_text(text)
        done = run("--stats", stats, "-p", file, "--", *trigger("readers", "/tmp/watched", 8, 10000))
        self.assertEqual((done.status, done.err), (0, ""))
        self.assertEqual(json.loads(stats.read_text())["stats"]["action_counters"][counter], "80000")

    def test_signal_at_a_system_call(self):
        self.enforced("signal", CALL="call: sys_pread64\n    syscall: true", ARG="2", TYPE="uint64", VALUE="1",
                      ACTION="Signal, argSig: 23")

    def test_signal_at_a_function(self):
        self.enforced("signal", CALL="call: security_file_permission\n    syscall: false", ACTION="Signal, argSig: 23")

    def test_override_of_a_security_function(self):
        self.enforced("override", CALL="call: security_file_permission\n    syscall: false",
                      ACTION="Override, argError: -1")

    def test_override_of_an_lsm_hook(self):
        self.enforced("override", SECTION="lsmhooks", CALL="hook: file_permission", ACTION="Override, argError: -1")


class TwoTest(Guest):
    def skipped(self, said):
        """How many calls a run says it may have missed: none, except where programs can be preempted."""
        told = re.fullmatch(r"tripline: up to (\d+) calls of fd_install were not seen: the kernel skipped the program\n", said)
        if said == "" or not are_preempted():
            self.assertEqual(said, "")
            return 0
        self.assertIsNotNone(told, said)
        return int(told[1])

    def test_two_runs_with_policies_on_one_hook(self):
        """Each has its own programs, rings and counters."""
        paths = [f"/tmp/watched-{number}" for number in range(2)]
        with tempfile.NamedTemporaryFile() as one, tempfile.NamedTemporaryFile() as two:
            runs = []
            for path, file in zip(paths, (one, two)):
                pathlib.Path(path).write_text("watched\n")
                policy = self.policy(name=os.path.basename(path), path=path)
                script = f"{' '.join(trigger('flood', paths[0], 300))}; {' '.join(trigger('flood', paths[1], 200))}"
                runs.append(subprocess.Popen(
                    command_line("-p", policy, "--events", f"json:{file.name}", "--", "sh", "-c", script),
                    stderr=subprocess.PIPE, text=True))
            for process, path, file, count in zip(runs, paths, (one, two), (300, 200)):
                _, said = process.communicate()
                self.assertEqual(process.returncode, 0, said)
                skipped = self.skipped(said)
                events = read_events(file.name)
                calls = of_kind(events, "process_kprobe")
                self.assertLessEqual(len(calls), count)
                self.assertGreaterEqual(len(calls) + skipped, count)
                self.assertEqual({call["args"][1]["file_arg"]["path"] for call in calls}, {path})
                self.assert_causal(events)


if __name__ == "__main__":
    if not os.path.exists("/run/guest"):
        sys.exit("bad_days_test.py: only in a guest (tools/vm): it attaches programs to the kernel")
    run_test.BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
