#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""`tripline run` in a guest: exit statuses, order of events, losses, and that it leaves nothing behind.

usage: run_test.py BUILD [TEST..]      (only in a guest: it attaches programs)"""

import base64
import collections
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import bpf_ids

BUILD = pathlib.Path("build")
WATCHED = "/tmp/watched"

FD_INSTALL = """
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata:
  name: "{name}"
spec:
  kprobes:
  - call: "fd_install"
    syscall: false
    args:
    - index: 0
      type: "int"
    - index: 1
      type: "file"
    selectors:
    - matchArgs:
      - index: 1
        operator: "Equal"
        values:
        - "{path}"
      matchActions:
      - action: {action}
"""

Ran = collections.namedtuple("Ran", "status events err")


def trigger(*words) -> list[str]:
    return [str(BUILD / "tests/guest/guest_trigger"), *map(str, words)]


def command_line(*arguments) -> list[str]:
    return [str(BUILD / "tripline"), "run", *map(str, arguments)]


def are_preempted():
    """Whether this kernel can preempt tasks in the middle of our programs."""
    modes = pathlib.Path("/sys/kernel/debug/sched/preempt")
    return modes.exists() and re.search(r"\((full|lazy)\)", modes.read_text()) is not None


def run(*arguments, **options) -> Ran:
    """Events go to a file, so that standard output belongs to the command. A kernel that lets tasks preempt programs can
    skip the calls of others meanwhile, and `run` says so (docs/decisions/006-preemption.md). The command is then run
    again, twice at most."""
    for attempt in range(3):
        with tempfile.NamedTemporaryFile() as file:
            done = subprocess.run(command_line("--events", f"json:{file.name}", *arguments), stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=300, **options)
            ran = Ran(done.returncode, read_events(file.name), done.stderr)
        if not are_preempted() or "the kernel skipped the program" not in ran.err:
            break
    return ran


@contextlib.contextmanager
def background(*words):
    """Other activity in the background."""
    process = subprocess.Popen(trigger(*words))
    try:
        yield
    finally:
        process.kill()
        process.wait()


def read_events(path: str) -> list[dict]:
    return [json.loads(line) for line in pathlib.Path(path).read_text().split("\n") if line]


def payload(event: dict) -> tuple[str, dict]:
    [kind] = [key for key in event if key.startswith("process_")]
    return kind, event[kind]


def of_kind(events: list[dict], kind: str) -> list[dict]:
    return [event[kind] for event in events if kind in event]


class Guest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        pathlib.Path(WATCHED).write_text("watched\n")

    def policy(self, name="watch", path=WATCHED, action="Post") -> str:
        file = self.folder / f"{name}.yaml"
        file.write_text(FD_INSTALL.format(name=name, path=path, action=action))
        return str(file)

    def assert_causal(self, events: list[dict]):
        """A process's exec comes first and its exit last among its events; a parent's exec comes before a child's."""
        begun, ended = set(), set()
        for event in events:
            kind, body = payload(event)
            image = body["process"]["exec_id"]
            self.assertNotIn(image, ended, f"{kind} after the end")
            if kind == "process_exec":
                parent = body["process"]["parent_exec_id"]
                self.assertNotIn(image, begun)
                if begun:
                    self.assertIn(parent, begun, "a child before its parent")
                begun.add(image)
            elif "clone" in body["process"]["flags"].split() or image in begun:
                self.assertIn(image, begun, f"{kind} before the beginning")
            if kind == "process_exit":
                ended.add(image)


class StatsTest(Guest):
    COUNTED = {"name": "watch", "state": "TP_STATE_ENABLED", "mode": "TP_MODE_MONITOR_ONLY", "stats": {
        "action_counters": {"post": "2"}, "selector_action_counters": [{
            "hook": "kprobe:fd_install", "hook_index": 0, "selector_index": 0, "action_counters": {"post": "2"}}]}}
    QUIET = {"name": "quiet", "state": "TP_STATE_ENABLED", "mode": "TP_MODE_ENFORCE", "stats": {"action_counters": {}}}

    def arguments(self) -> list[str]:
        return ["-p", self.policy(), "-p", self.policy("quiet", "/no/such", "Sigkill"), "--", "sh", "-c",
                f"exec 3<{WATCHED} 4<{WATCHED}"]

    def test_a_line_for_each_policy(self):
        file = self.folder / "stats"
        done = run("--stats", file, *self.arguments())
        self.assertEqual((done.status, done.err), (0, ""))
        self.assertEqual(list(map(json.loads, file.read_text().rstrip("\n").split("\n"))), [self.COUNTED, self.QUIET])

    def test_standard_error(self):
        done = run("--stats", "-", *self.arguments())
        self.assertEqual(list(map(json.loads, done.err.rstrip("\n").split("\n"))), [self.COUNTED, self.QUIET])

    def test_what_cannot_be_written(self):
        missing = run("--stats", "/no/such/file", *self.arguments())
        self.assertEqual((missing.status, missing.events), (1, []))
        self.assertEqual(missing.err, "tripline: open /no/such/file: No such file or directory\n")
        full = run("--stats", "/dev/full", *self.arguments())
        self.assertEqual((full.status, full.err), (1, "tripline: write /dev/full: No space left on device\n"))


class StatusTest(Guest):
    def test_the_commands_status_is_ours(self):
        self.assertEqual(run("--", "sh", "-c", "exit 0").status, 0)
        self.assertEqual(run("--", "sh", "-c", "exit 3").status, 3)
        self.assertEqual(run("--", "sh", "-c", "kill -TERM $$").status, 128 + 15)
        self.assertEqual(run("--", "sh", "-c", "kill -KILL $$").status, 128 + 9)

    def test_a_command_that_cannot_be_executed(self):
        missing = run("--", "/no/such/command")
        self.assertEqual(missing.status, 127)
        self.assertIn("/no/such/command: No such file or directory", missing.err)
        refused = run("--", "/etc/passwd")
        self.assertEqual(refused.status, 126)
        self.assertIn("/etc/passwd: Permission denied", refused.err)

    def test_a_refused_policy_keeps_the_command_from_running(self):
        bad = self.folder / "bad.yaml"
        bad.write_text(FD_INSTALL.format(name="bad", path="/x", action="Pots"))
        mark = self.folder / "ran"
        done = run("-p", bad, "-p", self.policy(), "--", "touch", mark)
        self.assertEqual(done.status, 1)
        self.assertRegex(done.err, rf"{bad}:\d+:\d+: error: ")
        self.assertFalse(mark.exists())
        self.assertEqual(run("-p", self.folder / "missing.yaml", "--", "touch", mark).status, 1)
        self.assertFalse(mark.exists())

    def test_a_name_whose_first_function_cannot_be_traced(self):
        file = self.folder / "serial.yaml"
        file.write_text("kind: TracingPolicy\nmetadata: {name: serial}\nspec:\n  fentries:\n"
                        "  - call: io_serial_out\n    syscall: false\n")
        done = subprocess.run([str(BUILD / "tripline"), "check", file], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1, done.stdout)
        if 'this kernel has no function "io_serial_out"' in done.stdout + done.stderr:
            self.skipTest("the types of this kernel leave out names that several functions have")
        self.assertRegex(done.stdout + done.stderr, rf'{file}:5:\d+: error: the kernel function "io_serial_out" cannot be')
        done = run("-p", file, "--", "true")
        self.assertEqual(done.status, 1)
        self.assertIn("the function that the kernel finds by this name cannot be traced", done.err)

    def test_without_privileges_it_says_what_it_needs(self):
        # The build folder may be accessible only to root.
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            binary = shutil.copy(BUILD / "tripline", folder)
            done = subprocess.run([binary, "run", "--", "true"], capture_output=True, text=True, user=1000,
                                  group=1000, extra_groups=[], cwd="/")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("CAP_BPF", done.stderr)
        self.assertIn("root", done.stderr)

    def test_signals_reach_the_command(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with subprocess.Popen(command_line("--", "sleep", "100"), stdout=subprocess.PIPE, text=True) as process:
                line = process.stdout.readline()  # its exec
                self.assertIn("process_exec", line)
                process.send_signal(number)
                rest = process.stdout.read()
            self.assertEqual(process.returncode, 128 + number)
            self.assertIn(f'"signal":"{signal.Signals(number).name}"', rest)

    def test_a_reader_that_goes_does_not_hurt_the_command(self):
        mark = self.folder / "ran"
        process = subprocess.Popen(command_line("--", "sh", "-c", f"for i in 1 2 3; do /bin/true; done; touch {mark}; exit 5"),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.close()
        self.assertEqual(process.wait(), 5)
        self.assertTrue(mark.exists())
        self.assertEqual(process.stderr.read(), b"")
        process.stderr.close()

    def test_events_that_cannot_be_written_are_not_passed_over(self):
        done = subprocess.run(command_line("--events", "json:/dev/full", "--", "true"), capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("/dev/full", done.stderr)


class EventsTest(Guest):
    def test_the_last_event_is_the_commands_exit(self):
        for _ in range(15):
            done = run("--", *trigger("nop"))
            self.assertEqual([payload(event)[0] for event in done.events], ["process_exec", "process_exit"])
            self.assertEqual(done.err, "")

    def test_only_the_commands_processes_unless_all_are_wanted(self):
        with background("forks", 1000000):
            alone = run("--", "sh", "-c", "/bin/true; /bin/true")
            everything = run("--all", "--", "sh", "-c", "sleep 0.2; /bin/true")
        self.assertEqual(len(alone.events), 6)
        pids = {payload(event)[1]["process"]["pid"] for event in everything.events}
        self.assertIn(1, pids)
        self.assertGreater(len(of_kind(everything.events, "process_exit")), 10)

    def test_a_storm_of_processes(self):
        done = run("--", *trigger("storm", 2000))
        self.assertEqual(done.status, 0)
        self.assertEqual(done.err, "")
        self.assertEqual(len(of_kind(done.events, "process_exec")), 2001)
        self.assertEqual(len(of_kind(done.events, "process_exit")), 2001)
        self.assert_causal(done.events)
        arguments = [body["process"]["arguments"] for body in of_kind(done.events, "process_exec")[1:]]
        self.assertEqual(sorted(arguments), sorted(f"nop {i}" for i in range(2000)))

    def test_processes_that_only_fork(self):
        done = run("--", *trigger("forks", 300))
        exits = of_kind(done.events, "process_exit")
        self.assertEqual(len(exits), 301)
        self.assertEqual(sorted(body.get("status", 0) for body in exits), sorted([0] + [i & 0x7F for i in range(300)]))

    def test_threads_that_end_together_are_one_exit(self):
        done = run("--", *trigger("threads", 300))
        self.assertEqual(done.status, 0)
        self.assertEqual(len(of_kind(done.events, "process_exit")), 301)
        self.assertEqual(len({body["process"]["exec_id"] for body in of_kind(done.events, "process_exit")}), 301)

    def test_long_arguments_are_whole(self):
        for size in (10, 16000, 17000, 49000, 50000, 120000):
            done = run("--", *trigger("arguments", size))
            body = of_kind(done.events, "process_exec")[1]
            self.assertEqual(len(body["process"]["arguments"].removeprefix("nop ")), size - 1, size)
            self.assertEqual(body["process"]["binary"], "/proc/self/exe")
        done = run("--", *trigger("arguments", 1000000))
        body = of_kind(done.events, "process_exec")[1]
        self.assertGreater(len(body["process"]["arguments"]), 130000)
        self.assertIn("truncArgs", body["process"]["flags"].split())

    def test_arguments_without_bounds(self):
        """The arguments of a process that was already running are read as far as there is room."""
        with subprocess.Popen(trigger("huge"), stdout=subprocess.PIPE, text=True) as huge:
            try:
                self.assertEqual(huge.stdout.readline(), "ready\n")
                done = run("--all", "--", "true")
            finally:
                huge.kill()
        self.assertEqual((done.status, done.err), (0, ""))
        body, = [body for body in of_kind(done.events, "process_exec") if body["process"]["pid"] == huge.pid]
        self.assertIn("truncArgs", body["process"]["flags"].split())
        self.assertEqual(body["process"]["arguments"].split(), ["x"] * (131072 // 2 - 1))

    def environment(self, bytes_: int, *flags, arguments: int = 10) -> tuple[list[str], list[str]]:
        """Variables and flags of a process with `bytes_` bytes of variables, a thousand in each, and with `arguments`."""
        count = bytes_ // 1000
        given = {f"V{at}": "v" * (998 - len(f"V{at}")) for at in range(count)}
        done = run("--enable-process-environment-variables", *flags, "--", *trigger("arguments", arguments), env=given)
        self.assertEqual(done.err, "")
        bodies = of_kind(done.events, "process_exec")
        self.assertEqual(len(bodies), 2)
        for body in bodies:
            for one in body["process"].get("environment_variables", []):
                self.assertTrue(given[one["Key"]].startswith(one["Value"]))
        process = bodies[1]["process"]
        self.assertGreaterEqual(len(process["arguments"]), min(arguments, 131072) - 10)
        return [one["Key"] for one in process.get("environment_variables", [])], process["flags"].split()

    def test_environments(self):
        for size in (0, 1000, 16000, 17000, 49000, 50000, 120000):
            self.assertEqual(self.environment(size), ([f"V{at}" for at in range(size // 1000)], ["execve"]))
        names, flags = self.environment(120000, arguments=120000)
        self.assertEqual((len(names), flags), (120, ["execve", "dataArgs"]))
        names, flags = self.environment(400000)
        self.assertEqual((len(names), flags), (132, ["execve", "errorEnvs"]))
        names, flags = self.environment(3000, arguments=200000)
        self.assertEqual((names, flags), ([], ["execve", "errorEnvs", "truncArgs", "dataArgs"]))
        self.assertEqual(self.environment(9000, "--filter-environment-variables", "V3,V5"),
                         (["V3", "V5"], ["execve"]))

    def test_a_filter_of_variables_needs_them(self):
        done = run("--filter-environment-variables", "V3", "--", "true")
        self.assertIn("--filter-environment-variables has no effect without", done.err)
        self.assertNotIn("environment_variables", done.events[0]["process_exec"]["process"])

    def test_the_cluster_is_named(self):
        done = run("--cluster-name", "here", "--", "true")
        self.assertEqual({event["cluster_name"] for event in done.events}, {"here"})

    def test_ancestors_need_base(self):
        done = run("--enable-ancestors", "lsm", "--", "true")
        self.assertEqual(done.err, 'tripline: --enable-ancestors: no event lists ancestors without "base"\n')

    def test_deep_directories(self):
        for depth in (10, 200, 500):
            place = self.folder / f"deep{depth}"
            place.mkdir()
            done = run("--", *trigger("deep", depth), cwd=place)
            body = of_kind(done.events, "process_exec")[1]
            self.assertEqual(body["process"]["cwd"], str(place) + "/d" * depth)

    def test_two_runs_at_once(self):
        with tempfile.NamedTemporaryFile() as one, tempfile.NamedTemporaryFile() as two:
            both = [subprocess.Popen(command_line("--events", f"json:{file.name}", "--", *trigger("storm", 100)))
                    for file in (one, two)]
            self.assertEqual([process.wait() for process in both], [0, 0])
            for file in (one, two):
                events = read_events(file.name)
                self.assertEqual(len(of_kind(events, "process_exec")), 101)
                self.assert_causal(events)

    def test_processes_that_go_while_they_are_read(self):
        with background("forks", 1000000):
            for _ in range(10):
                done = run("--", "true")
                self.assertEqual((done.status, done.err, len(done.events)), (0, "", 2))


class PolicyTest(Guest):
    def test_calls_are_reported_in_order(self):
        done = run("-p", self.policy(), "--", "sh", "-c", f"cat {WATCHED}; cat {WATCHED}")
        self.assertEqual((done.status, done.err), (0, ""))
        calls = of_kind(done.events, "process_kprobe")
        self.assertEqual([call["args"][1]["file_arg"]["path"] for call in calls], [WATCHED] * 2)
        self.assert_causal(done.events)

    def test_a_killed_command(self):
        done = run("-p", self.policy(action="Sigkill"), "--", "cat", WATCHED)
        self.assertEqual(done.status, 128 + 9)
        self.assertEqual([payload(event)[0] for event in done.events],
                         ["process_exec", "process_kprobe", "process_exit"])

    def test_no_event_is_lost_at_the_end(self):
        for _ in range(10):
            done = run("-p", self.policy(), "--", *trigger("flood", WATCHED, 100))
            self.assertEqual(len(of_kind(done.events, "process_kprobe")), 100, done.err)
            self.assertEqual(payload(done.events[-1])[0], "process_exit")

    def test_what_does_not_fit_is_counted(self):
        done = run("--rb-size", 65536, "-p", self.policy(), "--", *trigger("flood-stopped", WATCHED, 3000))
        delivered = len(of_kind(done.events, "process_kprobe"))
        said = re.search(r"policy watch: (\d+) events were lost.* (\d+) were delivered", done.err)
        self.assertTrue(said, done.err)
        self.assertGreater(int(said[1]), 0)
        self.assertEqual(int(said[2]), delivered)
        self.assertEqual(int(said[1]) + delivered, 3000)
        self.assertEqual(done.err.count("\n"), 1, done.err)

    def test_life_cycle_records_survive_a_flood_of_others(self):
        script = f"{' '.join(trigger('flood', WATCHED, 5000))} & {' '.join(trigger('storm', 200))}; wait"
        done = run("--rb-size", 4096, "-p", self.policy(), "--", "sh", "-c", script)
        self.assertEqual(len(of_kind(done.events, "process_exec")), 203)
        self.assertEqual(len(of_kind(done.events, "process_exit")), 203)
        self.assertNotIn("forks, execs and exits", done.err)


WRITES = """
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {{name: writes}}
spec:
  {section}:
  - call: {call}
    syscall: false
    args: [{{index: 1, type: string}}]
    selectors: [{{matchArgs: [{{index: 1, operator: NotPrefix, values: [absent]}}]}}]
"""
WRITER = """
import ctypes, os
kernel = next(int(line.split()[0], 16) for line in open("/proc/kallsyms") if line.split()[2] == "linux_banner")
write = ctypes.CDLL(None).write
write.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t]
file = os.open("/tmp/written", os.O_CREAT | os.O_WRONLY)
write(file, ctypes.cast(ctypes.c_char_p(b"of the process"), ctypes.c_void_p), 14)
assert write(file, kernel, 16) == -1
"""


class ProcessAddressTest(Guest):
    """What a process passes as the address of its memory is never read as the kernel's."""

    def test_an_address_of_the_kernel_given_to_write(self):
        for section, call in (("kprobes", "ksys_write"), ("fentries", "vfs_write")):
            file = self.folder / "writes.yaml"
            file.write_text(WRITES.format(section=section, call=call))
            done = run("-p", str(file), "--", sys.executable, "-c", WRITER)
            self.assertEqual(done.status, 0, done.err)
            texts = [arg.get("string_arg", "") for call in of_kind(done.events, "process_kprobe")
                     for arg in call.get("args", [])]
            self.assertIn("of the process", texts)
            self.assertFalse([text for text in texts if "Linux version" in text])


SETXATTR = """
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {{name: xattr}}
spec:
  {hook}
    args: [{{index: {name}, type: string}}, {{index: {value}, type: char_buf, sizeArgIndex: {size}}}]
    selectors:
    - matchArgs: [{{index: {name}, operator: Equal, values: [trusted.tripline]}}]
      matchActions: [{{action: {action}}}]
"""


class SavedArgumentTest(Guest):
    """The value of an attribute is a const void *, which most kernels do not let typed programs load."""

    def called(self, hook: str, action: str = "Post") -> tuple[int, list[str]]:
        kernel = tuple(map(int, re.match(r"(\d+)\.(\d+)", os.uname().release).groups()))
        first = 1 if kernel < (5, 12) else 2  # from then on, after the user namespace or the mount's id mapping
        file = self.folder / "xattr.yaml"
        file.write_text(SETXATTR.format(hook=hook, action=action, name=first, value=first + 1, size=first + 3))
        script = f"import os; os.setxattr('{self.folder}/disk/file', 'trusted.tripline', b'what it is')"
        done = run("-p", str(file), "--", sys.executable, "-c", script)
        self.assertNotIn("cannot", done.err.split("Traceback")[0])
        return done.status, [base64.b64decode(event["args"][1]["bytes_arg"]).decode()
                             for kind in ("process_kprobe", "process_lsm") for event in of_kind(done.events, kind)]

    def test_it_is_read_by_every_kind_of_hook(self):
        disk = self.folder / "disk"
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "none", disk], check=True)
        (disk / "file").touch()
        function = "call: security_inode_setxattr, syscall: false".replace(", ", "\n    ")
        deny = "Override, argError: -1"
        self.assertEqual(self.called(f"kprobes:\n  - {function}"), (0, ["what it is"]))
        self.assertEqual(self.called(f"fentries:\n  - {function}"), (0, ["what it is"]))
        self.assertEqual(self.called(f"kprobes:\n  - {function}", deny), (1, ["what it is"]))
        self.assertEqual(self.called("lsmhooks:\n  - hook: inode_setxattr"), (0, ["what it is"]))
        self.assertEqual(self.called("lsmhooks:\n  - hook: inode_setxattr", deny), (1, ["what it is"]))
        subprocess.run(["umount", disk], check=True)


OPEN32 = """
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: open32}
spec:
  lists: [{name: opens, type: syscalls, values: [i386/sys_openat]}]
  kprobes:
  - call: "list:opens"
    args: [{index: 1, type: string}]
    selectors:
    - matchArgs: [{index: 1, operator: Equal, values: [/tmp/watched]}]
"""


class Syscall32Test(Guest):
    def test_files_opened_by_32_bit_calls_are_seen(self):
        file = self.folder / "open32.yaml"
        file.write_text(OPEN32)
        done = run("-p", str(file), "--", *trigger("open32", WATCHED))
        self.assertEqual((done.status, done.err), (0, ""))
        calls = of_kind(done.events, "process_kprobe")
        self.assertEqual([(call["function_name"], call["args"]) for call in calls],
                         [("__ia32_compat_sys_openat", [{"string_arg": WATCHED}])])


LSM_HOOK = """
  - hook: {name}
    selectors:
    - matchBinaries: [{{operator: In, values: [/no/such]}}]
      matchActions: [{{action: {action}}}]
"""


class LsmTest(Guest):
    def written(self, hooks: dict[str, str]) -> str:
        file = self.folder / "lsm.yaml"
        file.write_text("apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: all}\nspec:\n  lsmhooks:"
                        + "".join(LSM_HOOK.format(name=name, action=action) for name, action in hooks.items()))
        return str(file)

    @staticmethod
    def tripline(*words) -> list[str]:
        return [str(BUILD / "tripline"), *map(str, words)]

    def refused(self, hooks: dict[str, str]) -> dict[str, list[str]]:
        """Hooks that `check` refuses, and what it says of each."""
        done = subprocess.run([*self.tripline("check", "--kernel", self.folder / "kernel"), self.written(hooks)],
                              capture_output=True, text=True, timeout=300)
        said: dict[str, list[str]] = {}
        for line in (done.stdout + done.stderr).split("\n"):
            if " error: " in line:
                said.setdefault(re.search(r'LSM hook "(\w+)"', line)[1], []).append(line)
        return said

    def test_the_kernel_takes_what_check_accepts(self):
        names = sorted(set(re.findall(r" bpf_lsm_(\w+)$", pathlib.Path("/proc/kallsyms").read_text(), re.MULTILINE)))
        (self.folder / "kernel").write_bytes(subprocess.check_output(self.tripline("kernel", "dump"), timeout=300))
        hooks = dict.fromkeys(names, "Override, argError: -1")
        said = self.refused(hooks)
        for name in said:
            hooks[name] = "Post"  # it cannot be overridden, or not with that value
        said = self.refused(hooks)
        for name in said:
            del hooks[name]
        self.assertEqual(self.refused(hooks), {})
        self.assertGreater(len(hooks), 150)
        done = run("-p", self.written(hooks), "--", "true")
        self.assertEqual((done.status, done.err), (0, ""))
        if tuple(map(int, os.uname().release.split(".")[:2])) >= (6, 12):
            self.assertIn("does not allow BPF LSM programs there", said["vm_enough_memory"][0])
            told = self.refused({"inode_xattr_skipcap": "Override, argError: -1"})
            self.assertIn("returns true or false", told["inode_xattr_skipcap"][0])


class TraceTest(Guest):
    """Nothing of ours stays in the kernel after a run."""

    def assert_gone(self, before: dict[str, set[int]]):
        for _ in range(100):  # the kernel frees some objects a moment later
            left = {kind: found - before[kind] for kind, found in bpf_ids.ids().items()}
            if not any(left.values()):
                return
            time.sleep(0.1)
        self.fail(f"left behind: {left}")

    def test_after_a_run(self):
        before = bpf_ids.ids()
        run("-p", self.policy(), "--", "true")
        self.assert_gone(before)

    def test_after_a_refusal(self):
        before = bpf_ids.ids()
        self.assertEqual(run("-p", self.policy("a"), "-p", self.policy("b", path="/x", action="Nonsense"), "--", "true").status, 1)
        self.assert_gone(before)

    def test_after_kill_9(self):
        before = bpf_ids.ids()
        process = subprocess.Popen(command_line("-p", self.policy(), "--", "sleep", "100"), stdout=subprocess.PIPE, text=True)
        self.assertIn("process_exec", process.stdout.readline())
        during = bpf_ids.ids()
        for kind in ("program", "map", "link"):
            self.assertTrue(during[kind] - before[kind], f"{kind}: none, so the test proves nothing")
        process.kill()
        process.wait()
        process.stdout.close()
        self.assert_gone(before)
        subprocess.run(["pkill", "-x", "sleep"], check=False)


if __name__ == "__main__":
    if not os.path.exists("/run/guest"):
        sys.exit("run_test.py: only in a guest (tools/vm): it attaches programs to the kernel")
    BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
