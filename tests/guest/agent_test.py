#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The daemon and its client in a guest: policies come, change their mode and state, and go; events reach readers.

usage: agent_test.py BUILD [TEST..]      (only in a guest: it attaches programs)"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "metrics"))
import promql

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
CALLS = """
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata:
  name: "calls"
spec:
  tracepoints:
  - subsystem: "raw_syscalls"
    event: "sys_enter"
    args:
    - index: 4
      type: "syscall64"
    selectors:
    - matchArgs:
      - index: 4
        operator: "InMap"
        values: ["95"]
"""
METRICS = "http://127.0.0.1:2112"
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
                                       "--metrics-server", "127.0.0.1:2112", "--enable-msg-handling-latency",
                                       "--metrics-label-filter", "binary,node_name", "--kernel", "6.12"],
                                      stdin=subprocess.DEVNULL, stdout=cls.log, stderr=cls.log)
        cls.wait(lambda: b"Listening for events" in (cls.folder / "log").read_bytes(), 60)
        (cls.folder / "calls.yaml").write_text(CALLS)
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
        self.assertIn('level=warn msg="This setting has no effect" setting=kernel reason="features of the running '
                      'kernel are probed"', (self.folder / "log").read_text())
        self.assertNotIn("setting=metrics", (self.folder / "log").read_text())

    def test_checking_the_configuration_starts_nothing(self):
        done = subprocess.run([BUILD / "tripline", "agent", "--check-config", "--cluster-name", "mine", "--rb-queue-size", "7"],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r"cluster-name\W.*mine.*--cluster-name")
        self.assertIn("records stay in the ring until they are handled", done.stdout)
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

    def test_policy_tests_of_code_of_user_space(self):
        names = ["uprobe-generic", "uprobe-override", "cel-multi-uprobe-one-match", "cel-multi-uprobe-both-match",
                 "uprobe-multiple-targets", "uprobe-multiple-string-preload", "usdt-set", "usdt-load-selector-maps"]
        results = [json.loads(line) for line in self.tetra("policytest", "run", "--output", "json", *names).split("\n")[:-1]]
        self.assertEqual([one["name"] for one in results], names)
        for one in results:
            result = one["result"]
            self.assertEqual(result["error"], "")
            if one["name"] == "uprobe-override" and result["skipped"]:
                self.assertEqual(result["skipped"], "this kernel cannot override functions of user space")
                continue
            self.assertEqual(result["skipped"], "")
            self.assertTrue(result["scenarios"])
            self.assertFalse([each for each in result["scenarios"] if "error" in each], one)

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

    @staticmethod
    def page() -> str:
        with urllib.request.urlopen(f"{METRICS}/metrics", timeout=30) as answer:
            return answer.read().decode()

    def value(self, series: str, page: str | None = None) -> float:
        """Of the only series that begins so and has those labels, among others; 0 when there is none."""
        name, _, labels = series.partition("{")
        wanted = re.findall(r'\w+="[^"]*"', labels)
        found = [line for line in (page or self.page()).split("\n")
                 if re.match(rf"{name}[{{ ]", line) and all(label in line for label in wanted)]
        self.assertLessEqual(len(found), 1, found)
        return float(found[0].rpartition(" ")[2]) if found else 0

    def test_metrics_answer_as_they_always_did(self):
        with urllib.request.urlopen(urllib.request.Request(f"{METRICS}/metrics",
                                                           headers={"Accept": "application/openmetrics-text"})) as answer:
            self.assertEqual((answer.status, answer.headers["Content-Type"]),
                             (200, "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"))
        for path in ("/", "/metrics/", "/debug"):
            with self.assertRaises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(METRICS + path)
            self.assertEqual(refused.exception.code, 404)

    def test_metrics_tell_what_happened(self):
        self.add("watch")
        before = self.page()
        for _ in range(3):
            self.umask(7)
        python = f'binary="{sys.executable}",namespace="",node_name="{os.uname().nodename}",pod=""'
        posted = 'tetragon_policy_events_total{hook="kprobe:__x64_sys_umask",policy="watch",' + python + "}"
        self.wait(lambda: self.value(posted) == self.value(posted, before) + 3)
        time.sleep(1.1)  # a page is good for a second
        page = self.page()
        events = 'tetragon_events_total{type="PROCESS_KPROBE",' + python + "}"
        self.assertEqual(self.value(events, page) - self.value(events, before), 3)
        for name in ("tripline_policy_posted_total", "tripline_policy_delivered_total"):
            self.assertEqual(self.value(name + '{policy="watch"}', page), 3)
        for reason in ("ring", "alone", "cut", "forgotten"):
            self.assertEqual(self.value('tripline_policy_lost_total{policy="watch",reason="%s"}' % reason, page), 0)
        self.assertEqual(self.value('tetragon_tracingpolicy_selector_actions_total{action="post",policy="watch",'
                                    'hook="kprobe:sys_umask",selector_index="0"}', page), 3)
        self.assertGreaterEqual(self.value('tetragon_tracingpolicy_loaded{state="enabled"}', page), 1)
        self.assertGreater(self.value('tetragon_tracingpolicy_kernel_memory_bytes{policy="watch"}', page), 0)
        self.assertGreaterEqual(self.value('tetragon_msg_op_total{msg_op="13"}', page), 3)
        self.assertGreaterEqual(self.value('tetragon_handling_latency_count{op="13"}', page), 3)
        self.assertGreater(self.value('tripline_policy_changes_total{outcome="ok"}', page), 0)
        for name in ("compile", "prepare", "swap"):
            self.assertGreater(self.value(f"tripline_policy_{name}_seconds_count", page), 0)
        for ring in ("life", "events"):
            self.assertGreater(self.value('tripline_ring_size_bytes{ring="%s"}' % ring, page), 65535)
            self.assertGreater(self.value('tripline_ring_peak_bytes{ring="%s"}' % ring, page), 0)
        exported = self.value("tetragon_events_exported_total", page)
        self.assertGreater(exported, 3)
        self.assertGreater(self.value("tetragon_events_exported_bytes_total", page), 100 * exported)
        self.assertLess(abs(self.value("tetragon_events_last_exported_timestamp", page) - time.time()), 30)
        self.assertEqual(self.value('promhttp_metric_handler_errors_total{cause="gathering"}', page), 0)

    def test_metrics_tell_what_hooks_cost(self):
        statistics = pathlib.Path("/proc/sys/kernel/bpf_stats_enabled")
        statistics.write_text("1")
        self.addCleanup(statistics.write_text, "0")
        self.add("watch")
        self.umask(7)
        runs = 'tripline_hook_runs_total{hook="__x64_sys_umask"}'
        self.wait(lambda: self.value(runs) >= 1)
        page = self.page()
        self.assertGreater(self.value('tripline_hook_seconds_total{hook="__x64_sys_umask"}', page), 0)
        self.assertEqual(self.value('tetragon_overhead_program_runs_total{attach="__x64_sys_umask",policy="watch",'
                                    'sensor="generic_kprobe"}', page), self.value(runs, page))

    def test_metrics_tell_of_policies_that_were_not_loaded(self):
        (self.folder / "bad.yaml").write_text(WATCH.format(name="bad", mask=1, action="").replace("sys_umask", "sys_nosuch"))
        self.tetra("tp", "add", self.folder / "bad.yaml", status=1)
        self.addCleanup(self.tetra, "tp", "delete", "bad")
        self.wait(lambda: self.value('tetragon_tracingpolicy_loaded{state="load_error"}') == 1)
        self.assertGreaterEqual(self.value('tripline_policy_changes_total{outcome="failed"}'), 1)

    def test_dashboard_and_alerts_ask_for_what_there_is(self):
        self.add("calls")
        reader = subprocess.Popen([self.folder / "tetra", "getevents"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.addCleanup(reader.wait)
        self.addCleanup(reader.kill)
        self.wait(lambda: "tripline_reader_queue_events{" in self.page())
        self.umask(7)
        self.wait(lambda: self.value('tetragon_syscalls_total{syscall="umask"}') > 0)
        self.assertEqual(promql.unanswered(self.page()), [])
        promtool = shutil.which("promtool")
        if promtool:
            done = subprocess.run([promtool, "check", "metrics"], input=self.page(), stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, timeout=120, check=False)
            self.assertNotIn("error", done.stdout)


if __name__ == "__main__":
    BUILD = pathlib.Path(sys.argv.pop(1))
    unittest.main(verbosity=2)
