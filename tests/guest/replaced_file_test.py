#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The daemon in a guest: a program that it hooks is replaced, as a package does it, and lies on an overlay.

usage: replaced_file_test.py BUILD [TEST..]      (only in a guest: it attaches programs)"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

BUILD = pathlib.Path("build")
POLICY = """
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {{name: "work"}}
spec:
  uprobes:
  - path: {path}
    symbols: [work]
    args: [{{index: 0, type: int64}}]
"""


class Process:
    """The target, which calls work(N) when it is told to."""

    def __init__(self, path):
        self.pipes = subprocess.Popen([path, "wait"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def call(self, number):
        self.pipes.stdin.write(f"{number}\n")
        self.pipes.stdin.flush()
        assert self.pipes.stdout.readline() == f"{number + 100}\n"

    def end(self):
        self.pipes.stdin.close()
        self.pipes.stdout.close()
        self.pipes.wait(20)


class ReplacedFileTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.events, self.log = self.folder / "events", self.folder / "log"

    def start(self, path):
        policies = self.folder / "tp"
        policies.mkdir()
        (policies / "work.yaml").write_text(POLICY.format(path=path))
        with self.log.open("wb") as log:
            daemon = subprocess.Popen([BUILD / "tripline", "agent", "--export-filename", self.events,
                                       "--tracing-policy-dir", policies], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.addCleanup(daemon.wait, 30)
        self.addCleanup(daemon.terminate)
        self.wait(lambda: "Listening for events" in self.log.read_text(), 90)

    def wait(self, is_so, seconds=30):
        end = time.monotonic() + seconds
        while not is_so():
            self.assertLess(time.monotonic(), end, self.log.read_text())
            time.sleep(0.2)

    def seen(self) -> list[int]:
        if not self.events.exists():
            return []
        lines = [json.loads(line) for line in self.events.read_text().split("\n")[:-1]]
        calls = [line["process_uprobe"] for line in lines if "process_uprobe" in line]
        return [int(call["args"][0]["long_arg"]) for call in calls]

    def put(self, path):
        shutil.copy(BUILD / "tests/guest/user_target", f"{path}.new")
        pathlib.Path(f"{path}.new").rename(path)

    def test_old_and_new_are_hooked(self):
        path = self.folder / "target"
        self.put(path)
        self.start(path)
        old = Process(path)
        old.call(1)
        self.wait(lambda: self.seen() == [1])
        self.put(path)
        self.wait(lambda: "A hooked file was replaced, and the new one is hooked too" in self.log.read_text())
        new = Process(path)
        new.call(2)
        old.call(3)
        self.wait(lambda: self.seen() == [1, 2, 3])
        [row] = json.loads(subprocess.run([BUILD / "tripline", "tp", "list", "-o", "json"], check=True, text=True,
                                          stdout=subprocess.PIPE).stdout)["policies"]
        self.assertEqual(row["stats"]["action_counters"]["post"], "3", "its counts go on")
        old.end()
        new.end()

    def test_one_that_has_no_such_function(self):
        path = self.folder / "target"
        self.put(path)
        self.start(path)
        old = Process(path)
        shutil.copy("/usr/bin/true", f"{path}.new")
        pathlib.Path(f"{path}.new").rename(path)
        self.wait(lambda: "A hooked file was replaced, and the new one is not hooked" in self.log.read_text())
        old.call(1)
        self.wait(lambda: self.seen() == [1])
        old.end()

    def test_overlay(self):
        """A file of a lower layer, as it is and when it was copied up, and one that is in the upper layer alone."""
        root = self.folder / "overlay"
        (root / "lower").mkdir(parents=True)
        self.put(root / "lower/target")
        for name in ("one", "two"):
            for part in ("upper", "work", "merged"):
                (root / name / part).mkdir(parents=True)
            layers = f"lowerdir={root}/lower,upperdir={root}/{name}/upper,workdir={root}/{name}/work"
            subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, root / name / "merged"], check=True)
            self.addCleanup(subprocess.run, ["umount", "-l", root / name / "merged"], check=True)
        path = root / "one/merged/target"
        self.start(path)
        process = Process(path)
        process.call(1)
        self.wait(lambda: self.seen() == [1])
        other = Process(root / "two/merged/target")  # of the same layer, so it is the same code
        other.call(11)
        self.wait(lambda: self.seen() == [1, 11])
        other.end()
        self.put(path)  # into the upper layer
        self.wait(lambda: "A hooked file was replaced, and the new one is hooked too" in self.log.read_text())
        upper = Process(path)
        upper.call(2)
        self.wait(lambda: self.seen() == [1, 11, 2])
        process.call(3)
        self.wait(lambda: self.seen() == [1, 11, 2, 3])
        process.end()
        upper.end()


if __name__ == "__main__":
    BUILD = pathlib.Path(sys.argv.pop(1))
    unittest.main(verbosity=2)
