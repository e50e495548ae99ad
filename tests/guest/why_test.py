#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Why events came, in a guest: hooks of every kind, several policies on one hook, returns and macros; by `tripline run`, and
from a daemon by its client.

usage: why_test.py BUILD [TEST..]      (only in a guest: it attaches programs)"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

BUILD = pathlib.Path("build")
PYTHON = "/usr/bin/python3.11"
WATCHED = pathlib.Path("/tmp/watched")
# Lines that events are to name end with a word.
FIRST = f"""apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {{name: first}}
spec:
  selectorsMacros:
    python:
      matchBinaries:
      - operator: In  # MACRO
        values: [{PYTHON}]
  kprobes:
  - call: security_file_permission
    syscall: false
    args: [{{index: 0, type: file}}, {{index: 1, type: int}}]
    selectors:
    - matchArgs: [{{index: 0, operator: Equal, values: [/none]}}]
    - label: reads  # LABELLED
      macros: [python]
      matchArgs:
      - {{index: 0, operator: Equal, values: [/tmp/watched]}}  # PATH
      - {{index: 1, operator: Mask, values: ["4"]}}  # MASK
  - call: sys_lseek
    syscall: true
    return: true
    args: [{{index: 0, type: int}}, {{index: 2, type: int}}]
    returnArg: {{index: 0, type: int}}
    selectors:
    - matchArgs:  # SEEKS
      - {{index: 2, operator: Equal, values: ["1"]}}  # WHENCE
      matchReturnArgs:
      - {{index: 0, operator: LT, values: ["0"]}}  # FAILED
  tracepoints:
  - subsystem: syscalls  # TRACEPOINT
    event: sys_enter_dup2
  lsmhooks:
  - hook: file_open
    args: [{{index: 0, type: file}}]
    selectors:
    - matchArgs:  # OPENS
      - {{index: 0, operator: Postfix, values: [/watched]}}  # POSTFIX
  fentries:
  - call: vfs_fsync_range
    syscall: false
    args: [{{index: 0, type: file}}]
    selectors:
    - matchPIDs:  # SYNCS
      - {{operator: NotIn, values: [1]}}  # PIDS
  uprobes:
  - path: /lib/x86_64-linux-gnu/libc.so.6
    symbols: [setpriority]
    args: [{{index: 2, type: int}}]
    selectors:
    - matchArgs:  # NICES
      - {{index: 2, operator: Equal, values: ["5"]}}  # FIVE
  usdts:
  - path: {PYTHON}
    provider: python
    name: gc__start
    args: [{{index: 0, type: int}}]
    selectors:
    - matchArgs:  # COLLECTS
      - {{index: 0, operator: Equal, values: ["2"]}}  # TWO
"""
SECOND = """apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: second}
spec:
  kprobes:
  - call: security_file_permission
    syscall: false
    args: [{index: 0, type: file}]
    selectors:
    - matchArgs:  # OTHER
      - {index: 0, operator: Prefix, values: [/tmp/watch]}  # PREFIX
"""
TRIGGER = """
import gc, os
file = os.open("/tmp/watched", os.O_RDWR)
os.pread(file, 1, 0)
try: os.lseek(file, -5, 1)
except OSError: pass
os.dup2(file, 77)
os.fsync(file)
os.setpriority(os.PRIO_PROCESS, 0, 5)
gc.collect(2)
os._exit(0)
"""
TEXTS = {"first": FIRST, "second": SECOND}


def line_of(text: str, word: str) -> int:
    [found] = [number for number, line in enumerate(text.split("\n"), 1) if line.endswith(f"# {word}")]
    return found


class Why(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.tripline = self.folder / "tripline"
        shutil.copy(BUILD / "tripline", self.tripline)
        for name, text in TEXTS.items():
            (self.folder / f"{name}.yaml").write_text(text)
        WATCHED.write_text("x")
        self.policies = [word for name in TEXTS for word in ("-p", str(self.folder / f"{name}.yaml"))]

    def run_it(self, *flags) -> str:
        done = subprocess.run([self.tripline, "run", *self.policies, *flags, "--", PYTHON, "-SE", "-c", TRIGGER],
                              capture_output=True, text=True, timeout=150, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def place(self, policy: str, word: str) -> str:
        return f"{self.folder}/{policy}.yaml:{line_of(TEXTS[policy], word)}"

    def reason(self, policy: str, selector: int, word: str, *held, **more) -> dict:
        out = {"file": f"{self.folder}/{policy}.yaml", "line": line_of(TEXTS[policy], word), "selector": selector} | more
        if held:
            out["filters"] = [{"text": text, "line": line_of(TEXTS[policy], at)} for text, at in held]
        return out

    def expected(self) -> list:
        read = self.reason("first", 1, "LABELLED", ('args[0] Equal "/tmp/watched"', "PATH"), ("args[1] Mask 4", "MASK"),
                           (f'process binary In "{PYTHON}"', "MACRO"), label="reads")
        seek = self.reason("first", 0, "SEEKS", ("args[1] Equal 1", "WHENCE"))
        seek["return"] = self.reason("first", 0, "SEEKS", ("args[0] LT 0", "FAILED"))
        return [
            read, seek, self.reason("second", 0, "OTHER", ('args[0] Prefix "/tmp/watch"', "PREFIX")),
            self.reason("first", 0, "TRACEPOINT", implied=True),
            self.reason("first", 0, "OPENS", ('args[0] Postfix "/watched"', "POSTFIX")),
            self.reason("first", 0, "SYNCS", ("process id is none of 1", "PIDS")),
            self.reason("first", 0, "NICES", ("args[0] Equal 5", "FIVE")),
            self.reason("first", 0, "COLLECTS", ("args[0] Equal 2", "TWO"))]

    def check(self, lines: str):
        events = [json.loads(line) for line in lines.split("\n") if line]
        kinds = {kind for event in events for kind in event}
        for kind in ("kprobe", "tracepoint", "lsm", "uprobe", "usdt"):
            self.assertIn(f"process_{kind}", kinds)
        found = []
        for event in events:
            [kind] = [key for key in event if key.startswith("process_")]
            self.assertEqual("policy_name" in event[kind], "why" in event, event)
            if "why" not in event:
                continue
            self.assertEqual(event["why"]["file"], f"{self.folder}/{event[kind]['policy_name']}.yaml")
            if event["why"] not in found:
                found.append(event["why"])
        def key(one):
            return json.dumps(one, sort_keys=True)
        for one in found:
            one.get("filters", []).sort(key=key)
        expected = self.expected()
        for one in expected:
            one.get("filters", []).sort(key=key)
        self.maxDiff = None
        self.assertEqual(sorted(found, key=key), sorted(expected, key=key))

    def test_run(self):
        lines, compact = self.folder / "json", self.folder / "compact"
        self.run_it("--why", "--events", f"json:{lines}", "--events", f"compact:{compact}")
        self.check(lines.read_text())
        text = compact.read_text()
        self.assertIn(f"\n   why: {self.place('first', 'LABELLED')}: selector 1 reads\n", text)
        self.assertIn(f"\n     {self.place('first', 'PATH')}: args[0] Equal \"/tmp/watched\"\n", text)
        self.assertIn(f"\n   why, when it returned: {self.place('first', 'SEEKS')}: selector 0\n"
                      f"     {self.place('first', 'FAILED')}: args[0] LT 0\n", text)
        self.assertIn(f"\n   why: {self.place('first', 'TRACEPOINT')}: no selector, every call matches\n", text)

    def test_daemon(self):
        log = (self.folder / "log").open("wb")
        self.addCleanup(log.close)
        daemon = subprocess.Popen([self.tripline, "agent", "--health-server-address", "", "--tracing-policy",
                                   self.folder / "first.yaml"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.addCleanup(daemon.wait)
        self.addCleanup(daemon.terminate)
        end = time.monotonic() + 150
        while "Listening for events" not in (self.folder / "log").read_text():
            self.assertLess(time.monotonic(), end, (self.folder / "log").read_text())
            time.sleep(0.05)
        readers = {}
        for name, words in {"why": ["--why"], "other": []}.items():
            out = (self.folder / name).open("wb")
            readers[name] = subprocess.Popen([self.tripline, "getevents", *words], stdin=subprocess.DEVNULL, stdout=out)
            self.addCleanup(readers[name].wait)
            self.addCleanup(readers[name].kill)
        def lines(name):
            return (self.folder / name).read_text()
        def is_done(name):
            return "os._exit" in lines(name) and "process_usdt" in lines(name)
        while not all(is_done(name) for name in readers):
            self.assertLess(time.monotonic(), end, (self.folder / "log").read_text() + lines("why")[-2000:])
            subprocess.run([PYTHON, "-SE", "-c", TRIGGER], check=True)
            time.sleep(0.5)
        self.assertNotIn('"why"', lines("other"))
        written = [json.loads(line) for line in lines("why").split("\n")[:-1]]
        events = [event for event in written if "process_kprobe" in event]
        self.assertIn(1, [event["why"]["selector"] for event in events])
        selectors = {line_of(FIRST, word) for word in ("LABELLED", "SEEKS", "SYNCS")}
        for event in events:
            self.assertIn(event["why"]["line"], selectors, event)
        # What was written says it again.
        again = subprocess.run([self.tripline, "getevents", "--why", "-o", "compact"], input=lines("why"), text=True,
                               capture_output=True, timeout=60, check=True).stdout
        self.assertIn(": selector 1 reads\n", again)


if __name__ == "__main__":
    BUILD = pathlib.Path(sys.argv.pop(1))
    unittest.main(verbosity=2)
