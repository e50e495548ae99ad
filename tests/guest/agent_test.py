#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The daemon and its client in a guest: policies come, change their mode and state, and go; events reach readers.

usage: agent_test.py BUILD [TEST..]      (only in a guest: it attaches programs)"""

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

WATCH = """
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata:
  name: "{name}"
spec:
  kprobes:
  - call: "sys_umask"
    syscall: true
    args:
    - index: 0
      type: "int"
    selectors:
    - matchArgs:
      - index: 0
        operator: "Equal"
        values: ["{mask}"]
{action}"""
ACTION = """      matchActions:
      - action: Signal
        argSig: 15
"""
HEADER = ("ID   NAME   DOMAIN   STATE   FILTERID   NAMESPACE   SENSORS   KERNELMEMORY   MODE   NPOST   NENFORCE   "
          "NMONITOR\n")
UNKNOWN = "rpc error: code = Unknown desc = "


class Agent(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        for name in ("tetra", "tetragon"):
            (cls.folder / name).symlink_to((BUILD / "tripline").resolve())
        cls.log = (cls.folder / "log").open("wb")
        (cls.folder / "tp").mkdir()
        cls.daemon = subprocess.Popen([cls.folder / "tetragon", "--export-filename", cls.folder / "events.json",
                                       "--tracing-policy-dir", cls.folder / "tp", "--tracing-policy-dir-watch",
                                       "--metrics-server", "127.0.0.1:2112"],
                                      stdin=subprocess.DEVNULL, stdout=cls.log, stderr=cls.log)
        cls.wait(lambda: b"Listening for events" in (cls.folder / "log").read_bytes(), 60)
        for name, mask, action in (("watch", 7, ""), ("kill", 9, ACTION)):
            (cls.folder / f"{name}.yaml").write_text(WATCH.format(name=name, mask=mask, action=action))

    @classmethod
    def tearDownClass(cls):
        cls.daemon.terminate()
        status = cls.daemon.wait(30)
        assert status == 0, f"the daemon ended with {status}"
        assert not pathlib.Path("/var/run/tetragon/tetragon.pid").exists()

    @classmethod
    def wait(cls, is_so, seconds=20):
        end = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > end or cls.daemon.poll() is not None:
                raise AssertionError((cls.folder / "log").read_text())
            time.sleep(0.1)

    def test_settings_without_effect_are_reported(self):
        self.assertIn('level=warn msg="This setting has no effect" setting=metrics-server reason="it is not built yet"',
                      (self.folder / "log").read_text())

    def test_checking_the_configuration_starts_nothing(self):
        done = subprocess.run([BUILD / "tripline", "agent", "--check-config", "--cluster-name", "mine", "--rb-queue-size", "7"],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r"cluster-name\W.*mine.*--cluster-name")
        self.assertIn("records are taken out of the ring when they are handled", done.stdout)
        self.assertNotIn("Listening", done.stdout)

    def tetra(self, *arguments, status=0, **options):
        done = subprocess.run([self.folder / "tetra", *map(str, arguments)], stderr=subprocess.PIPE, text=True,
                              stdout=subprocess.PIPE, timeout=60,
                              **({"stdin": subprocess.DEVNULL} if "input" not in options else {}), **options)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout if status == 0 else done.stderr

    def add(self, name, *flags):
        file = self.folder / f"{name}.yaml"
        self.assertEqual(self.tetra("tp", "add", *flags, file), f'tracing policy "{file}" added\n')
        self.addCleanup(self.tetra, "tp", "delete", name)

    def listed(self, name):
        [row] = [one for one in json.loads(self.tetra("tp", "list", "-o", "json"))["policies"] if one["name"] == name]
        return row

    @staticmethod
    def umask(mask) -> int:
        return subprocess.run([sys.executable, "-c", f"import os; os.umask({mask})"], check=False).returncode

    def test_status_and_version(self):
        self.assertEqual(self.tetra("status"), "Health Status: running\n")
        self.assertRegex(self.tetra("version", "-s"), r"\ACLI version: (v\S+)\nServer version: \1\n\Z")
        info = json.loads(self.tetra("info"))
        self.assertEqual(info["Conf"]["export-filename"], str(self.folder / "events.json"))

    def test_add_list_delete(self):
        self.assertEqual(self.tetra("tp", "list"), HEADER)
        self.add("watch")
        self.umask(7)
        self.wait(lambda: self.listed("watch")["stats"]["action_counters"].get("post") == "1")
        lines = self.tetra("tp", "list").split("\n")
        self.assertRegex(re.sub(" +", " ", lines[1]),
                         r"^\d+ watch grpc enabled 0 \(global\) generic_kprobe [\d.]+ [kM]B monitor_only 1 0 0$")
        self.assertEqual(self.tetra("tp", "domains"), "[grpc]\n")
        same = self.tetra("tp", "add", self.folder / "watch.yaml", status=1)
        self.assertEqual(same, f"Error: failed to add tracing policy: {UNKNOWN}failed to add tracing policy "
                         "{watch  grpc}, a sensor collection with the key already exists\n")

    def test_disable_and_enable(self):
        self.add("kill")
        self.assertEqual(self.umask(9), -15)
        self.assertEqual(self.tetra("tp", "disable", "kill"), 'tracing policy "kill" disabled\n')
        self.assertEqual(self.listed("kill")["state"], "TP_STATE_DISABLED")
        self.assertEqual(self.umask(9), 0)
        self.assertEqual(self.tetra("tp", "disable", "kill", status=1),
                         f"Error: failed to disable tracing policy: {UNKNOWN}tracing policy kill is not enabled\n")
        self.assertEqual(self.tetra("tp", "enable", "kill"), 'tracing policy "kill" enabled\n')
        self.assertEqual(self.umask(9), -15)

    def test_mode(self):
        self.add("kill", "--mode", "monitor")
        self.assertEqual(self.umask(9), 0)
        self.assertEqual(self.tetra("tp", "set-mode", "kill", "enforce"),
                         'tracing policy "kill" set to mode "enforce"\n')
        self.assertEqual(self.umask(9), -15)
        row = self.listed("kill")
        self.assertEqual(row["mode"], "TP_MODE_ENFORCE")
        self.assertEqual(row["stats"]["action_counters"], {"post": "2", "signal": "1", "monitor_signal": "1"})
        self.assertEqual(self.tetra("tp", "set-mode", "kill", "never", status=1), "Error: invalid mode: never\n")

    def names(self):
        return [one["name"] for one in json.loads(self.tetra("tp", "list", "-o", "json")).get("policies", [])]

    def test_a_watched_folder(self):
        folder, log = self.folder / "tp", self.folder / "log"

        def empty():
            for file in folder.iterdir():
                file.unlink()
            self.wait(lambda: self.names() == [])

        self.addCleanup(empty)
        (folder / "a.yaml").write_text(WATCH.format(name="a", mask=11, action=ACTION))
        (folder / "b.yaml").write_text(WATCH.format(name="b", mask=12, action=ACTION))
        self.wait(lambda: self.names() == ["a", "b"])
        self.assertEqual((self.umask(11), self.umask(12)), (-15, -15))
        self.assertEqual(self.tetra("tp", "domains"), "[static]\n")
        # While one file is wrong, nothing changes: not the one that goes either.
        (folder / "c.yaml").write_text(WATCH.format(name="c", mask=13, action=ACTION).replace("kprobes", "kprobs"))
        (folder / "a.yaml").unlink()
        self.wait(lambda: f'{folder}/c.yaml:7:3: error: unknown field \\"kprobs\\"' in log.read_text())
        (folder / "c.yaml").write_text(WATCH.format(name="c", mask=13, action=ACTION).replace("sys_umask", "sys_nosuch"))
        self.wait(lambda: f"{folder}/c.yaml:8:11: error: " in log.read_text())
        self.assertEqual(self.names(), ["a", "b"])
        self.assertEqual(self.umask(11), -15)
        # All of it takes effect together. What was disabled stays so.
        self.tetra("tp", "disable", "--domain", "static", "b")
        (folder / "b.yaml").write_text(WATCH.format(name="b", mask=14, action=ACTION))
        (folder / "c.yaml").write_text(WATCH.format(name="c", mask=13, action=ACTION))
        self.wait(lambda: "c" in self.names())
        self.assertEqual(sorted(self.names()), ["b", "c"])
        self.assertEqual((self.umask(11), self.umask(12), self.umask(13), self.umask(14)), (0, 0, -15, 0))
        self.tetra("tp", "enable", "--domain", "static", "b")
        self.assertEqual((self.umask(12), self.umask(14)), (0, -15))

    def test_policies_that_are_not_there(self):
        for verb in ("delete", "enable", "disable"):
            self.assertEqual(self.tetra("tp", verb, "ghost", status=1), f"Error: failed to {verb} tracing policy: "
                             f"{UNKNOWN}tracing policy {{ghost  grpc}} does not exist\n")

    def test_events(self):
        self.add("watch")
        with (self.folder / "stream").open("wb") as out:
            reader = subprocess.Popen([self.folder / "tetra", "getevents"], stdin=subprocess.DEVNULL, stdout=out)
        stream = self.folder / "stream"
        self.addCleanup(reader.wait)
        self.addCleanup(reader.kill)

        def is_warm():
            subprocess.run(["/bin/true", "warm"], check=True)
            return b'"warm"' in stream.read_bytes()

        self.wait(is_warm)
        self.umask(7)
        self.wait(lambda: b'"process_kprobe"' in stream.read_bytes())
        line = next(one for one in stream.read_text().split("\n") if '"process_kprobe"' in one)
        event = json.loads(line)["process_kprobe"]
        self.assertEqual((event["policy_name"], event["args"]), ("watch", [{"int_arg": 7}]))
        exported = (self.folder / "events.json").read_text().split("\n")
        self.assertIn(line, exported)
        # The same line from standard input, whole and compact.
        self.assertEqual(self.tetra("getevents", input="no JSON\n" + line + "\n"), line + "\n")
        self.assertRegex(self.tetra("getevents", "-o", "compact", input=line + "\n"),
                         r"\A❓ syscall \S+ \S*python\S* __x64_sys_umask *\n\Z")


if __name__ == "__main__":
    BUILD = pathlib.Path(sys.argv.pop(1))
    unittest.main(verbosity=2)
