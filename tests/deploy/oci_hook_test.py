#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The hook of container runtimes in a guest, started by one (crun): a container's first process has its pod in its event,
and no container starts unknown to the agent, except in namespaces where that is allowed.

usage: oci_hook_test.py BUILD      (only in a guest: it attaches programs)"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

BUILD = pathlib.Path("build")
UID = "11111111-2222-3333-4444-555566667777"


class OciHook(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        shutil.copy(BUILD / "tripline", cls.folder / "tetragon-oci-hook-setup")
        (cls.folder / "tetragon").symlink_to("tetragon-oci-hook-setup")
        (cls.folder / "hooks").mkdir()
        (cls.folder / "opt").mkdir()
        subprocess.run([cls.folder / "tetragon-oci-hook-setup", "install", "--local-binary",
                        cls.folder / "tetragon-oci-hook-setup", "--local-install-dir", cls.folder / "opt",
                        "--host-install-dir", cls.folder / "opt", "--oci-hooks.local-dir", cls.folder / "hooks", "--",
                        "--grpc-timeout=20s"], check=True)
        cls.hook = json.loads((cls.folder / "hooks/tetragon-oci-hook.json").read_text())["hook"]
        cls.events = cls.folder / "events.json"
        cls.daemon = subprocess.Popen([cls.folder / "tetragon", "--export-filename", cls.events, "--server-address",
                                       "unix:///var/run/tetragon/tetragon.sock", "--health-server-address", ""],
                                      stdin=subprocess.DEVNULL, stdout=(cls.folder / "log").open("wb"))
        end = time.monotonic() + 120
        while b"Listening for events" not in (cls.folder / "log").read_bytes():
            if time.monotonic() > end:
                raise AssertionError((cls.folder / "log").read_text())
            time.sleep(0.1)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.daemon.kill()
        cls.daemon.wait()

    def start(self, name: str, space: str) -> tuple[subprocess.CompletedProcess, str]:
        """A container of a pod of that namespace; its id."""
        container = f"{len(list(self.folder.glob('bundle-*'))) + 1:064x}"
        bundle = self.folder / f"bundle-{name}"
        (bundle / "rootfs/bin").mkdir(parents=True)
        (bundle / "rootfs/proc").mkdir()
        shutil.copy("/bin/busybox", bundle / "rootfs/bin/busybox")
        (bundle / "config.json").write_text(json.dumps({
            "ociVersion": "1.0.2", "root": {"path": "rootfs"},
            "process": {"cwd": "/", "args": ["/bin/busybox", "echo", f"in {name}"], "user": {"uid": 0, "gid": 0}},
            "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
            "annotations": {"io.kubernetes.cri.sandbox-name": "web", "io.kubernetes.cri.sandbox-namespace": space,
                            "io.kubernetes.cri.sandbox-uid": UID, "io.kubernetes.cri.container-name": name,
                            "io.kubernetes.cri.image-name": "docker.io/library/busybox:1"},
            "hooks": {"createRuntime": [self.hook]},
            "linux": {"cgroupsPath": f"/kubepods/pod{UID}/{container}",
                      "namespaces": [{"type": each} for each in ("pid", "mount", "cgroup")]}}))
        done = subprocess.run(["crun", "--cgroup-manager=cgroupfs", "--root", self.folder / "crun", "run", "--bundle", bundle,
                               container], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=120)
        return done, container

    def log(self) -> str:
        return (self.folder / "opt/tetragon-oci-hook.log").read_text()

    def test_1_the_first_process_is_known(self) -> None:
        done, container = self.start("main", "shop")
        self.assertEqual((done.returncode, done.stdout), (0, "in main\n"), self.log())
        end = time.monotonic() + 60
        found = []
        while not found and time.monotonic() < end:
            time.sleep(0.5)
            lines = [json.loads(line) for line in self.events.read_text().split("\n") if line.endswith("}")]
            found = [line["process_exec"]["process"] for line in lines
                     if line.get("process_exec", {}).get("process", {}).get("arguments") == "echo in main"
                     or line.get("process_exec", {}).get("process", {}).get("arguments") == 'echo "in main"']
        self.assertTrue(found, self.events.read_text()[-2000:])
        self.assertEqual(found[0]["docker"], container[:31])
        self.assertEqual((found[0]["pod"]["namespace"], found[0]["pod"]["name"]), ("shop", "web"))
        self.assertEqual(found[0]["pod"]["container"]["name"], "main")

    def test_2_without_the_agent(self) -> None:
        self.daemon.kill()
        self.daemon.wait()
        done, _ = self.start("refused", "shop")
        self.assertNotEqual(done.returncode, 0)
        self.assertNotIn("in refused", done.stdout)
        self.assertIn("the container must not start (its namespace is shop)", done.stdout + self.log())
        done, _ = self.start("allowed", "kube-system")
        self.assertEqual((done.returncode, done.stdout), (0, "in allowed\n"), self.log())


if __name__ == "__main__":
    BUILD = pathlib.Path(sys.argv.pop(1))
    if not shutil.which("crun"):
        print("skipped: crun is not installed")
        sys.exit(77)
    unittest.main(verbosity=2)
