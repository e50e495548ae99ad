#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Hooks on code of user space in a guest: programs and libraries as Debian ships them, and functions that end in unusual
ways.

usage: user_test.py BUILD [TEST..]      (only in a guest: it attaches programs)"""

import base64
import contextlib
import os
import pathlib
import platform
import pty
import shutil
import signal
import socket
import subprocess
import sys
import time
import unittest

import bpf_ids
import run_test
from run_test import Guest, command_line, of_kind, read_events, run

LIBC = "/lib/x86_64-linux-gnu/libc.so.6"
SSL = "/lib/x86_64-linux-gnu/libssl.so.3"
PYTHON = "/usr/bin/python3.11"
SECONDS = 60
VERSION = tuple(map(int, platform.release().split(".")[:2]))
# Before 6.0 a program cannot wait for memory that is not present; before 6.18 it cannot change registers.
WAITS, WRITES = VERSION >= (6, 0), VERSION >= (6, 18)


def number_of(argument: dict):
    [(kind, value)] = [pair for pair in argument.items() if pair[0] != "label"]
    return int(value) if kind in ("int_arg", "uint_arg", "long_arg", "size_arg") else value


def numbers(events: list[dict], kind="process_uprobe") -> list[list]:
    return [[number_of(argument) for argument in event.get("args", [])] for event in of_kind(events, kind)]


class User(Guest):
    """Each test hooks a copy of the target of its own."""

    def setUp(self):
        super().setUp()
        self.target = self.folder / "target"
        shutil.copy(run_test.BUILD / "tests/guest/user_target", self.target)

    def uprobe(self, body: str, path=None, kind="uprobes", name="user") -> str:
        file = self.folder / f"{name}.yaml"
        file.write_text(f"apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {{name: {name}}}\n"
                        f"spec:\n  {kind}:\n  - path: {path or self.target}\n{body}")
        return str(file)

    def works(self, more="") -> str:
        return self.uprobe("    symbols: [work]\n    args:\n    - {index: 0, type: int64}\n" + more)

    def returns(self, symbol: str) -> str:
        return self.uprobe(f"    symbols: [{symbol}]\n    return: true\n    returnArg: {{index: 0, type: int64}}\n"
                           "    args:\n    - {index: 0, type: int64}\n", name=symbol.replace("_", "-"))

    def done(self, *arguments):
        done = run(*arguments)
        self.assertEqual((done.status, done.err), (0, ""))
        return done.events


class ProgramsTest(User):
    """What Debian ships."""

    def test_lines_that_bash_reads(self):
        policy = self.uprobe("    symbols: [readline]\n    return: true\n    returnArg: {index: 0, type: string}\n"
                             "    args:\n    - {index: 0, type: nop}\n", "/usr/bin/bash")
        events = self.folder / "events"
        child, terminal = pty.fork()
        if child == 0:
            os.execv(command_line()[0], command_line("--events", f"json:{events}", "-p", policy, "--", "bash", "--norc",
                                                     "--noprofile"))
        time.sleep(2)
        os.write(terminal, b"echo never$((1+1))mind\nexit 7\n")
        with contextlib.suppress(OSError):
            while os.read(terminal, 4096):
                pass
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 7)
        self.assertEqual(numbers(read_events(events)), [["echo never$((1+1))mind"], ["exit 7"]])

    def test_what_tls_hides(self):
        key, certificate = self.folder / "key", self.folder / "certificate"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-keyout", key, "-out", certificate, "-subj", "/CN=here"], check=True, capture_output=True)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        policy = self.uprobe(
            "    symbols: [SSL_write]\n    args:\n    - {index: 1, type: char_buf, sizeArgIndex: 3}\n"
            f"  - path: {SSL}\n    symbols: [SSL_read]\n    return: true\n    returnArg: {{index: 0, type: int}}\n"
            "    args:\n    - {index: 1, type: char_buf, returnCopy: true}\n", SSL)
        code = f"""
import subprocess, time
server = subprocess.Popen(["openssl", "s_server", "-quiet", "-rev", "-accept", "127.0.0.1:{port}", "-key", "{key}",
                           "-cert", "{certificate}"])
for _ in range(20):
    time.sleep(1)
    client = subprocess.Popen(["openssl", "s_client", "-quiet", "-connect", "127.0.0.1:{port}"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1)
    try:
        client.stdin.write("my secret\\n")
        answer = client.stdout.readline()
    except BrokenPipeError:
        continue
    client.kill()
    client.wait()
    if answer:
        break
server.kill()
server.wait()
"""
        events = run("-p", policy, "--", PYTHON, "-SE", "-c", code).events
        seen = [base64.b64decode(argument["bytes_arg"]) for event in of_kind(events, "process_uprobe")
                for argument in event["args"] if argument.get("bytes_arg")]
        self.assertIn(b"my secret\n", seen)
        self.assertIn(b"terces ym\n", seen)
        by = {event["symbol"] for event in of_kind(events, "process_uprobe")}
        self.assertEqual(by, {"SSL_write", "SSL_read"})

    def test_functions_of_libc(self):
        policy = self.uprobe(
            "    symbols: [malloc]\n    args:\n    - {index: 0, type: size_t}\n    selectors:\n"
            "    - matchArgs:\n      - {index: 0, operator: Equal, values: ['77777']}\n"
            f"  - path: {LIBC}\n    symbols: [getaddrinfo]\n    args:\n    - {{index: 0, type: string}}\n", LIBC)
        code = "import ctypes, socket; ctypes.CDLL(None).malloc(77777); socket.getaddrinfo('localhost', 1)"
        events = self.done("-p", policy, "--", PYTHON, "-SE", "-c", code)
        self.assertEqual(numbers(events), [[77777], ["localhost"]])

    def test_a_probe_that_python_has(self):
        policy = self.uprobe("    provider: python\n    name: import__find__load__start\n    args:\n"
                             "    - {index: 0, type: string}\n    selectors:\n"
                             "    - matchArgs:\n      - {index: 0, operator: Equal, values: [colorsys]}\n"
                             f"  - path: {PYTHON}\n    provider: python\n    name: gc__start\n    args:\n"
                             "    - {index: 0, type: int}\n    selectors:\n"
                             "    - matchArgs:\n      - {index: 0, operator: Equal, values: ['2']}\n", PYTHON, "usdts")
        code = "import colorsys, gc; gc.collect(1); gc.collect(2); gc.collect(2); import os; os._exit(0)"
        events = self.done("-p", policy, "--", PYTHON, "-SE", "-c", code)
        self.assertEqual(numbers(events, "process_usdt"), [["colorsys"], [2], [2]])
        probe = of_kind(events, "process_usdt")[0]
        self.assertEqual((probe["provider"], probe["name"], probe["path"]),
                         ("python", "import__find__load__start", PYTHON))

    def test_go(self):
        for name in ("go_target", "go_target_stripped"):
            program = run_test.BUILD / "tests/guest" / name
            if not program.exists():
                self.skipTest("there is no Go to build the program with")
            shutil.copy(program, self.folder)
            policy = self.uprobe("    symbols: [main.work]\n    data:\n"
                                 "    - {index: 0, type: int64, source: pt_regs, resolve: rax}\n", self.folder / name)
            [event] = of_kind(self.done("-p", policy, "--", self.folder / name, "7"), "process_uprobe")
            self.assertEqual((event["symbol"], event["data"]), ("main.work", [{"long_arg": "7"}]))


class EndsTest(User):
    """Functions that end in unusual ways."""

    def test_recursion(self):
        events = self.done("-p", self.returns("deep"), "--", self.target, "deep", 20)
        self.assertEqual(numbers(events), [[n, n] for n in range(21)])

    def test_more_recursion_than_the_kernel_follows(self):
        # It follows 64 returns of a thread; the calls below are not reported, and the program goes on.
        done = run("-p", self.returns("deep"), "--", self.target, "deep", 200)
        self.assertEqual(done.status, 0)
        self.assertEqual(numbers(done.events), [[n, n] for n in range(200 - 63, 201)])
        self.assertIn("up to 137 events were lost: too many calls were in progress at once", done.err)

    def test_longjmp(self):
        events = self.done("-p", self.returns("work_and_leave"), "-p", self.returns("work"), "--", self.target, "jump")
        self.assertEqual(numbers(events), [[1, 101], [3, 103]])

    def test_a_call_as_deep_as_one_that_left_by_longjmp(self):
        selector = ("    selectors:\n    - matchArgs:\n      - {index: 0, operator: Equal, values: ['2']}\n")
        policy = self.returns("work_and_leave")
        with open(policy, "a", encoding="ascii") as file:
            file.write(selector)
        self.assertEqual(numbers(self.done("-p", policy, "--", self.target, "jumps")), [])

    def test_exec(self):
        events = self.done("-p", self.returns("work_and_leave"), "-p", self.returns("work"), "--", self.target, "exec")
        self.assertEqual(numbers(events), [[5, 105]])

    def test_the_end_of_a_thread(self):
        events = self.done("-p", self.returns("work_and_leave"), "-p", self.returns("work"), "--", self.target, "thread")
        self.assertEqual(numbers(events), [[7, 107]])

    def test_a_signal_handler(self):
        events = self.done("-p", self.returns("work_and_wait"), "-p", self.returns("work"), "--", self.target, "signal")
        self.assertEqual(sorted(numbers(events)), [[8, 8], [9, 109]])

    def test_vfork(self):
        events = self.done("-p", self.returns("work"), "--", self.target, "vfork")
        self.assertEqual(numbers(events), [[10, 110], [11, 111]])

    def test_many_threads(self):
        events = self.done("-p", self.returns("work"), "--", self.target, "many", 16)
        self.assertEqual(numbers(events), [[12, 112]] * 1600)

    def test_memory_that_is_not_present(self):
        policy = self.uprobe("    symbols: [text]\n    args:\n    - {index: 0, type: string}\n")
        [[seen]] = numbers(self.done("-p", policy, "--", self.target, "cold"))
        self.assertEqual(seen, "out of reach" if WAITS else {"Message": "Bad address for basic type"})


class ActionsTest(User):
    def test_signals(self):
        selector = ("    selectors:\n    - matchArgs:\n      - {index: 0, operator: Equal, values: ['2']}\n"
                    "      matchActions:\n      - {action: Signal, argSig: 10}\n")
        done = run("-p", self.works(selector), "--", self.target, "number", 1, 2, 3)
        self.assertEqual((done.status, numbers(done.events)), (128 + 10, [[2]]))

    def test_rate_limit(self):
        selector = "    selectors:\n    - matchActions:\n      - {action: Post, rateLimit: 5m}\n"
        events = self.done("-p", self.works(selector), "--", self.target, "number", 1, 1, 2, 1, 2)
        self.assertEqual(numbers(events), [[1], [2]])

    def overridden(self, action: str) -> str:
        selector = ("    selectors:\n    - matchArgs:\n      - {index: 0, operator: Equal, values: ['2']}\n"
                    f"      matchActions:\n      - {{action: Override, {action}}}\n")
        policy = self.works(selector)
        if not WRITES:
            done = run("-p", policy, "--", "true")
            self.assertEqual(done.status, 1)
            self.assertIn("this kernel cannot override functions of user space", done.err)
            self.skipTest("this kernel cannot override functions of user space")
        done = subprocess.run(command_line("--events", f"json:{self.folder}/events", "-p", policy, "--", self.target,
                                           "number", 1, 2, 3), capture_output=True, text=True, timeout=SECONDS)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(numbers(read_events(f"{self.folder}/events")), [[2]])
        return done.stdout

    def test_override_returns(self):
        self.assertEqual(self.overridden("argError: -7"), "101\n-7\n103\n")

    def test_override_goes_on_elsewhere(self):
        self.assertEqual(self.overridden("argNewSymbol: instead"), "101\n5002\n103\n")

    def test_override_of_registers(self):
        self.assertEqual(self.overridden("argRegs: ['rdi=0x10%rdi']"), "101\n118\n103\n")
        self.assertEqual(self.overridden("argRegs: ['rax=77', 'rip=(%rsp)', 'rsp=8%rsp']"), "101\n77\n103\n")


class FilesTest(User):
    def agent(self, policy):
        """Runs the target's `wait` below tripline; both ends when the block is left."""
        return subprocess.Popen(command_line("--events", f"json:{self.folder}/events", "-p", policy, "--", self.target,
                                             "wait"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def asked(self, process, number) -> int:
        process.stdin.write(f"{number}\n")
        return int(process.stdout.readline())

    def test_a_file_that_is_replaced_or_gone(self):
        with self.agent(self.works()) as process:
            self.assertEqual(self.asked(process, 1), 101)
            self.target.unlink()
            self.assertEqual(self.asked(process, 2), 102)
            shutil.copy("/bin/true", self.target)
            self.assertEqual(self.asked(process, 3), 103)
            process.stdin.close()
        self.assertEqual(process.returncode, 0)
        self.assertEqual(numbers(read_events(f"{self.folder}/events")), [[1], [2], [3]])

    def test_the_file_that_was_verified_is_the_one_that_is_hooked(self):
        import hashlib
        digest = hashlib.sha256(self.target.read_bytes()).hexdigest()
        good = self.works(f"    binaryDigests: ['sha256:{digest}']\n")
        self.assertEqual(numbers(self.done("-p", good, "--", self.target, "number", 1)), [[1]])
        bad = self.works(f"    binaryDigests: ['sha256:{'0' * 64}']\n")
        refused = run("-p", bad, "--", "true")
        self.assertEqual(refused.status, 1)
        self.assertIn("has none of these digests", refused.err)

    def assert_nothing_is_left(self):
        """The kernel frees programs a while after their links."""
        deadline = time.monotonic() + SECONDS
        while any(self.attached().values()) and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertEqual(self.attached(), {"program": set(), "link": set()})

    @staticmethod
    def attached():
        return {kind: found for kind, found in bpf_ids.ids().items() if kind != "map"}

    def test_nothing_is_left(self):
        done = run("-p", self.returns("work"), "--", self.target, "number", 1)
        self.assertEqual(numbers(done.events), [[1, 101]])
        self.assert_nothing_is_left()
        process = self.agent(self.returns("work"))
        self.assertEqual(self.asked(process, 1), 101)
        self.assertTrue(all(self.attached().values()))
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.assert_nothing_is_left()
        process.stdin.close()
        process.stdout.close()
        self.assertEqual(subprocess.run([self.target, "number", "1"], capture_output=True, text=True, check=True).stdout,
                         "101\n")

    def test_policies_on_one_place(self):
        files = []
        for n in range(20):
            own = self.works(f"    selectors:\n    - matchArgs:\n      - {{index: 0, operator: Equal, values: ['{n}']}}\n")
            files += ["-p", shutil.move(own, self.folder / f"{n}.yaml")]
            text = (self.folder / f"{n}.yaml").read_text().replace("name: user", f"name: user-{n}")
            (self.folder / f"{n}.yaml").write_text(text)
        events = self.done(*files, "--", self.target, "number", 3, 30, 7)
        self.assertEqual([(event["policy_name"], number_of(event["args"][0])) for event in
                          of_kind(events, "process_uprobe")], [("user-3", 3), ("user-7", 7)])


if __name__ == "__main__":
    run_test.BUILD = pathlib.Path(sys.argv[1]).resolve()
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
