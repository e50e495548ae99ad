#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""What of a daemon is there without it, in a guest: stored policies, programs that go on, and the daemon that takes over.

A loop of calls is denied all the while. What counts is that none is let through, and that the counters of all daemons
together say how many there were: none was judged by nobody, none by two.

usage: keep_test.py BUILD [TEST..]      (only in a guest: it attaches programs)"""

import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import bpf_ids

BUILD = pathlib.Path("build")
KILLS = int(os.environ.get("TRIPLINE_KILLS", "8"))
BPFFS = pathlib.Path("/sys/fs/bpf")
WATCHED = pathlib.Path("/tmp/watched")
FOLLOWED = pathlib.Path("/var/run/tetragon/followed")
POLICY = """
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: deny}
spec:
  kprobes:
  - call: security_file_permission
    syscall: false
    args: [{index: 0, type: file}]
    selectors:
    - matchArgs: [{index: 0, operator: Equal, values: ["/tmp/watched"]}]
      matchActions: [{action: NoPost}, {action: Override, argError: -1}]
"""
# Prints how many calls were let through, and how many were not.
LOOP = """
import os, signal
ended = []
signal.signal(signal.SIGTERM, lambda *_: ended.append(1))
file = os.open("/tmp/watched", os.O_RDONLY)
through = denied = 0
while not ended:
    try:
        os.pread(file, 1, 0)
        through += 1
    except PermissionError:
        denied += 1
print(through, denied)
"""


class Keep(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        for name in ("tetra", "tetragon"):
            (self.folder / name).symlink_to((BUILD / "tripline").resolve())
        (self.folder / "tp").mkdir()
        (self.folder / "deny.yaml").write_text(POLICY)
        WATCHED.write_text("x")
        self.before = bpf_ids.ids()
        self.daemon = None
        self.addCleanup(self.end)

    def end(self):
        if self.daemon is not None and self.daemon.poll() is None:
            self.daemon.kill()
            self.daemon.wait()
        # What a test that failed leaves at work would fail the next one.
        for left in BPFFS.iterdir():
            shutil.rmtree(left, ignore_errors=True)

    def launch(self, *flags):
        with (self.folder / "log").open("wb") as log:
            self.daemon = subprocess.Popen([self.folder / "tetragon", "--health-server-address", "", *map(str, flags)],
                                           stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def start(self, *flags):
        self.launch(*flags)
        end = time.monotonic() + 60
        while "Listening for events" not in self.logged():
            self.assertIsNone(self.daemon.poll(), self.logged())
            self.assertLess(time.monotonic(), end, self.logged())
            time.sleep(0.05)

    def logged(self) -> str:
        return (self.folder / "log").read_text()

    def stop(self, number=signal.SIGTERM):
        self.daemon.send_signal(number)
        self.assertEqual(self.daemon.wait(60), 0 if number == signal.SIGTERM else -number, self.logged())

    def tetra(self, *arguments, status=0):
        done = subprocess.run([self.folder / "tetra", *map(str, arguments)], capture_output=True, text=True, timeout=60,
                              stdin=subprocess.DEVNULL, check=False)
        self.assertEqual(done.returncode, status, done.stderr + self.logged())
        return done.stdout if status == 0 else done.stderr

    def add(self):
        self.tetra("tp", "add", self.folder / "deny.yaml")

    def policies(self) -> list[str]:
        return [row["name"] for row in json.loads(self.tetra("tp", "list", "-o", "json")).get("policies", [])]

    def overrides(self) -> int:
        [row] = json.loads(self.tetra("tp", "list", "-o", "json"))["policies"]
        return int(row["stats"]["action_counters"].get("override", 0))

    def is_denied(self) -> bool:
        with WATCHED.open("rb", buffering=0) as file:
            try:
                os.pread(file.fileno(), 1, 0)
            except PermissionError:
                return True
        return False

    # A program whose link lost its last name is detached a moment later, by a worker of the kernel.
    def wait_for_end_of_denial(self):
        end = time.monotonic() + 10
        while self.is_denied():
            self.assertLess(time.monotonic(), end, self.logged())
            time.sleep(0.05)

    def store(self) -> list:
        return ["--persist-grpc-policies", "--persist-grpc-policies-dir", self.folder / "store"]

    def static(self) -> list:
        (self.folder / "tp/deny.yaml").write_text(POLICY)
        return ["--tracing-policy-dir", self.folder / "tp"]

    def loop(self, cgroup=None):
        def enter():
            if cgroup:
                (cgroup / "cgroup.procs").write_text(str(os.getpid()))
        loop = subprocess.Popen([sys.executable, "-c", LOOP], stdout=subprocess.PIPE, text=True, preexec_fn=enter)
        self.addCleanup(loop.wait)
        self.addCleanup(loop.kill)
        time.sleep(0.5)
        return loop

    @staticmethod
    def counted(loop) -> tuple[int, int]:
        loop.terminate()
        through, denied = loop.communicate(timeout=60)[0].split()
        return int(through), int(denied)

    def nothing_is_left(self):
        self.assertEqual(list(BPFFS.iterdir()), [])
        end = time.monotonic() + 10  # the kernel frees what went with a process when it has time
        while any(now - before for now, before in zip(bpf_ids.ids().values(), self.before.values())):
            self.assertLess(time.monotonic(), end, bpf_ids.ids())
            time.sleep(0.2)

    def test_an_orderly_stop_leaves_nothing(self):
        self.start()
        self.add()
        self.assertTrue(self.is_denied())
        self.assertTrue((BPFFS / "tetragon/deny").is_dir())
        self.stop()
        self.assertFalse(self.is_denied())
        self.nothing_is_left()

    def test_killed_it_goes_on_until_the_next_start(self):
        self.start()
        self.add()
        self.stop(signal.SIGKILL)
        self.assertTrue(self.is_denied())
        self.start()
        self.wait_for_end_of_denial()
        self.assertEqual(self.policies(), [])
        self.stop()
        self.nothing_is_left()

    # Without the setting no maps have names: the old programs and the new ones are in force together for a moment.
    def test_killed_without_the_setting_there_is_no_gap_either(self):
        self.start(*self.static())
        loop = self.loop()
        self.stop(signal.SIGKILL)
        self.start(*self.static())
        self.assertEqual(self.counted(loop)[0], 0)
        self.stop()
        self.nothing_is_left()

    def test_the_next_daemon_takes_over_without_a_gap(self):
        flags = ["--keep-sensors-on-exit", "--release-pinned-bpf=false", *self.store()]
        self.start(*flags)
        self.add()
        loop = self.loop()
        for number in (signal.SIGKILL, signal.SIGTERM):
            self.stop(number)
            time.sleep(0.5)
            self.start(*flags)
            self.assertIn("Took over from an earlier daemon", self.logged())
            self.assertIn("policies_with_counts=1", self.logged())
        through, denied = self.counted(loop)
        self.assertEqual(through, 0)
        self.assertGreater(denied, 100)
        self.assertEqual(self.overrides(), denied)
        self.stop()
        self.assertTrue(self.is_denied())
        self.start(*self.store())
        self.assertEqual(self.overrides(), denied + 1)
        self.stop()
        self.assertFalse(self.is_denied())
        self.nothing_is_left()

    def test_killed_at_any_point(self):
        flags = ["--keep-sensors-on-exit", *self.store()]
        seed = int(time.time())
        chance = random.Random(seed)
        self.start(*flags)
        self.add()
        loop = self.loop()
        for _ in range(KILLS):
            self.stop(signal.SIGKILL)
            self.launch(*flags)
            time.sleep(chance.uniform(0, 4))
        self.stop(signal.SIGKILL)
        self.start(*flags)
        through, denied = self.counted(loop)
        self.assertEqual((through, self.overrides()), (0, denied), f"seed {seed}: {self.logged()}")
        self.stop()
        self.start()
        self.assertFalse(self.is_denied())
        self.stop()
        self.nothing_is_left()

    def test_a_start_that_fails_leaves_what_is_there(self):
        self.start("--keep-sensors-on-exit", *self.static())
        self.stop()
        (self.folder / "tp/broken.yaml").write_text("x: [")
        self.launch("--keep-sensors-on-exit", *self.static())
        self.assertEqual(self.daemon.wait(60), 255)
        self.assertTrue(self.is_denied())
        (self.folder / "tp/broken.yaml").unlink()
        self.start("--keep-sensors-on-exit", *self.static())
        self.assertIn("Took over", self.logged())
        self.assertEqual(self.overrides(), 1)
        self.stop()
        self.start()
        self.stop()
        self.nothing_is_left()

    # What the API server told is there without it: its policies, and which containers they are about.
    def test_policies_for_some_pods_while_the_api_server_is_away(self):
        uid, container = "11111111-2222-3333-4444-555566667777", "a" * 64
        cgroup = pathlib.Path(f"/sys/fs/cgroup/kubepods/burstable/pod{uid}/{container}")
        cgroup.mkdir(parents=True)
        policy = POLICY.replace("kind: TracingPolicy", "kind: TracingPolicyNamespaced").replace("name: deny", "name: deny, namespace: shop")
        self.addCleanup(shutil.rmtree, FOLLOWED, ignore_errors=True)
        (FOLLOWED / "policies").mkdir(parents=True)
        for name, text in (("deny", policy), ("broken", policy.replace("name: deny", "name: broken").replace("Equal", "Sometimes"))):
            (FOLLOWED / f"policies/{name}:shop:k8s.json").write_text(json.dumps({"yaml": text, "enabled": True}))
        status = {"name": "main", "containerID": f"containerd://{container}", "state": {"running": {}}}
        (FOLLOWED / "pods.json").write_text(json.dumps({"items": [
            {"metadata": {"name": "web", "namespace": "shop", "uid": uid}, "status": {"containerStatuses": [status]}}]}))
        (self.folder / "kubeconfig").write_text(json.dumps({
            "current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:16299"}}], "users": [{"name": "u", "user": {}}]}))
        flags = ["--keep-sensors-on-exit", "--enable-k8s-api", "--enable-policy-filter",
                 "--k8s-kubeconfig-path", self.folder / "kubeconfig"]
        self.start(*flags)
        self.assertIn("waits for it", self.logged())
        self.assertEqual(self.policies(), ["deny"])
        self.assertFalse(self.is_denied(), "the host's")
        inside = self.loop(cgroup)
        self.stop(signal.SIGKILL)
        time.sleep(0.5)
        self.start(*flags)
        self.assertIn("Took over from an earlier daemon", self.logged())
        through, denied = self.counted(inside)
        self.assertEqual(through, 0)
        self.assertGreater(denied, 100)
        self.assertEqual(self.overrides(), denied)
        self.assertFalse(self.is_denied())
        self.stop()
        # Whoever follows no API server ends what it told.
        self.start()
        self.assertEqual((self.policies(), FOLLOWED.exists()), ([], False))
        self.stop()
        self.nothing_is_left()

    def test_a_full_disk(self):
        (self.folder / "store").mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "none", self.folder / "store"], check=True)
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.folder / "store"], check=True)
        self.start(*self.store())
        with (self.folder / "store/junk").open("wb", buffering=0) as junk, contextlib.suppress(OSError):
            while True:
                junk.write(b"x" * 4096)
        self.assertIn("No space left on device", self.tetra("tp", "add", self.folder / "deny.yaml", status=1))
        self.assertEqual(self.policies(), [])
        self.assertFalse(self.is_denied())
        (self.folder / "store/junk").unlink()
        self.add()
        self.stop(signal.SIGKILL)
        self.start(*self.store())
        self.assertEqual(self.policies(), ["deny"])
        self.stop()

    def test_maps_that_nobody_writes_are_frozen(self):
        self.start(*self.static())
        frozen = {}
        for file in pathlib.Path(f"/proc/{self.daemon.pid}/fdinfo").iterdir():
            facts = dict(line.split(":\t") for line in file.read_text().strip().split("\n") if ":\t" in line)
            if "map_id" in facts:
                frozen[facts["map_id"]] = (facts["map_type"], facts["frozen"])
        array, ring = "2", "27"
        expected = [array, array, ring, ring]  # control, counters and the two rings
        # The memory of the life-cycle programs has a pointer of the kernel in it, and such maps cannot be frozen.
        if tuple(map(int, os.uname().release.split(".")[:2])) >= (5, 18):
            expected.insert(0, array)
        written = sorted(kind for kind, is_frozen in frozen.values() if is_frozen == "0")
        self.assertEqual(written, expected)
        self.assertEqual([entry.name for entry in (BPFFS / "tetragon/__base__").iterdir() if entry.name.startswith("tl_")], [])
        self.stop()


if __name__ == "__main__":
    BUILD = pathlib.Path(sys.argv.pop(1))
    unittest.main(verbosity=2)
