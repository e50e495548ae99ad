#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Containers in a guest: cgroups as runtimes make them, and what events say of the processes in them.

usage: pods_test.py BUILD [v1] [TEST..]      (only in a guest: it attaches programs)

v1: with the first version of cgroups."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

BUILD = pathlib.Path("build")
V1 = len(sys.argv) > 2 and sys.argv[2] == "v1"
CGROUPS = pathlib.Path("/sys/fs/cgroup/pids" if V1 else "/sys/fs/cgroup")
UID = "11111111-2222-3333-4444-555566667777"
ID = "4f1c6b2a9d3e5f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8"
SLICE = CGROUPS / "kubepods.slice" / ("kubepods-pod" + UID.replace("-", "_") + ".slice")
CONTAINER = SLICE / f"cri-containerd-{ID}.scope"


def run_in(cgroup: pathlib.Path, *command: str, **options) -> subprocess.Popen:
    return subprocess.Popen(command, preexec_fn=lambda: (cgroup / "cgroup.procs").write_text(str(os.getpid())), **options)


class Pods(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if V1:
            for command in ("umount /sys/fs/cgroup", "mount -t tmpfs tmpfs /sys/fs/cgroup", "mkdir /sys/fs/cgroup/pids",
                            "mount -t cgroup -o pids pids /sys/fs/cgroup/pids"):
                subprocess.run(command.split(), check=True)
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        for name in ("tetra", "tetragon"):
            (cls.folder / name).symlink_to((BUILD / "tripline").resolve())
        for cgroup in (CONTAINER, SLICE / "inner", CGROUPS / "system.slice"):
            cgroup.mkdir(parents=True)
        cls.before = run_in(CONTAINER, "/bin/sleep", "1000")
        cls.log = (cls.folder / "log").open("wb")
        cls.daemon = subprocess.Popen([cls.folder / "tetragon", "--export-filename", cls.folder / "events.json"],
                                      stdin=subprocess.DEVNULL, stdout=cls.log, stderr=cls.log)
        cls.wait(lambda: b"Listening for events" in (cls.folder / "log").read_bytes(), 60)

    @classmethod
    def tearDownClass(cls):
        cls.before.kill()
        cls.daemon.terminate()
        assert cls.daemon.wait(30) == 0

    @classmethod
    def wait(cls, is_so, seconds=20):
        end = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > end or cls.daemon.poll() is not None:
                raise AssertionError((cls.folder / "log").read_text())
            time.sleep(0.1)

    def events(self, pid: int) -> list[tuple[str, dict]]:
        """The kind and process of each event of that process."""
        found = []
        for line in (self.folder / "events.json").read_text().split("\n"):
            if not line:
                continue
            for kind, event in json.loads(line).items():
                if kind.startswith("process_") and event.get("process", {}).get("pid") == pid:
                    found.append((kind, event["process"]))
        return found

    def last_of(self, command: subprocess.Popen) -> list[tuple[str, dict]]:
        command.wait(30)
        self.wait(lambda: "process_exit" in [kind for kind, _ in self.events(command.pid)])
        return self.events(command.pid)

    def test_a_process_of_a_container(self):
        events = self.last_of(run_in(CONTAINER, "/bin/true"))
        self.assertEqual([kind for kind, _ in events], ["process_exec", "process_exit"])
        self.assertEqual({process.get("docker") for _, process in events}, {ID[:31]})
        self.assertNotIn("pod", events[0][1])

    def test_a_process_that_was_forked_there(self):
        command = run_in(CONTAINER, sys.executable, "-c",
                         "import os\npid = os.fork()\nif not pid: os._exit(3)\nos.wait()\nprint(pid, flush=True)",
                         stdout=subprocess.PIPE, text=True)
        child = int(command.stdout.readline())
        command.stdout.close()
        self.last_of(command)
        [(kind, process)] = self.events(child)
        self.assertEqual((kind, process.get("docker")), ("process_exit", ID[:31]))

    def test_a_cgroup_inside_the_container(self):
        (CONTAINER / "init.scope").mkdir()
        self.addCleanup((CONTAINER / "init.scope").rmdir)
        events = self.last_of(run_in(CONTAINER / "init.scope", "/bin/true"))
        self.assertEqual({process.get("docker") for _, process in events}, {ID[:31]})

    def test_processes_of_the_host(self):
        for cgroup in (CGROUPS, CGROUPS / "system.slice", SLICE / "inner"):
            for _, process in self.last_of(run_in(cgroup, "/bin/true")):
                self.assertNotIn("docker", process)

    def test_a_process_that_was_there_before(self):
        [(kind, process)] = self.events(self.before.pid)
        self.assertEqual((kind, process["flags"], process.get("docker")), ("process_exec", "procFS", ID[:31]))

    def test_a_hook_of_a_runtime(self):
        def tell(*flags, status=0):
            done = subprocess.run([self.folder / "tetra", "rthooks", "create-container", *flags], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
            self.assertEqual(done.returncode, status, done.stdout)
            return done.stdout

        path = "/" + str(CONTAINER.relative_to(CGROUPS))
        annotations = ("--annotations", "io.kubernetes.cri.sandbox-name=web",
                       "--annotations", "io.kubernetes.cri.sandbox-namespace=shop")
        tell("--container-id", path, *annotations)
        # The runtime is told which line of the log has the reason.
        for flags, reason in ((("--container-id", path.replace(ID, "e" * 64), *annotations), "its cgroup was not found"),
                              (("--container-id", path.replace("11111111", "22222222")),
                               "the request has no name and namespace for it")):
            said = tell(*flags, status=1)
            [log_id] = re.findall("Check agent logs with logid=([0-9a-f-]{36}) for details", said)
            [line] = [line for line in (self.folder / "log").read_text().split("\n") if log_id in line]
            self.assertIn(reason, line)


class InAContainer(unittest.TestCase):
    """A daemon that sees its own processes alone in /proc, and those of the host in another folder."""

    def test_processes_of_the_host(self):
        folder = pathlib.Path(tempfile.mkdtemp())
        (folder / "proc").mkdir()
        subprocess.run(["mount", "--bind", "/proc", folder / "proc"], check=True)
        self.addCleanup(subprocess.run, ["umount", folder / "proc"], check=True)
        (folder / "tetragon").symlink_to((BUILD / "tripline").resolve())
        before = subprocess.Popen(["/bin/sleep", "1000"])
        self.addCleanup(before.wait)
        self.addCleanup(before.kill)
        with (folder / "log").open("wb") as log:
            outer = subprocess.Popen(["unshare", "--pid", "--fork", "--mount-proc", folder / "tetragon", "--procfs", folder / "proc",
                                      "--export-filename", folder / "events.json"],
                                     stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + 60
        while b"Listening for events" not in (folder / "log").read_bytes():
            self.assertLess(time.monotonic(), end, (folder / "log").read_text())
            time.sleep(0.1)
        daemon = pathlib.Path(f"/proc/{outer.pid}/task/{outer.pid}/children").read_text().split()[0]
        os.kill(int(daemon), 15)
        self.assertEqual(outer.wait(30), 0)
        seen = [json.loads(line) for line in (folder / "events.json").read_text().split("\n") if line]
        processes = [event["process_exec"]["process"] for event in seen if "process_exec" in event]
        [one] = [process for process in processes if process["pid"] == before.pid]
        self.assertEqual((one["binary"].rsplit("/", 1)[-1], one["flags"]), ("sleep", "procFS"))


if __name__ == "__main__":
    BUILD = pathlib.Path(sys.argv[1])
    unittest.main(argv=[sys.argv[0], *sys.argv[3 if V1 else 2:]], verbosity=2)
