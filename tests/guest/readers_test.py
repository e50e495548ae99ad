#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The daemon in a guest while thousands of programs are executed, several readers are attached and policies change all
the while: each reader got what was posted but for what it is told that it lost, and the order of lives holds.

usage: readers_test.py BUILD [TEST..]      (only in a guest: it attaches programs)"""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time
import unittest
import urllib.request

import run_test
from run_test import Guest, payload, trigger

BUILD = pathlib.Path("build")
COUNT = int(os.environ.get("TRIPLINE_STORM", "10000"))
METRICS = "http://127.0.0.1:2112"


class Readers(Guest):
    def setUp(self):
        super().setUp()
        self.exported, self.log = self.folder / "events.json", self.folder / "log"
        for name in ("tetra", "tetragon"):
            (self.folder / name).symlink_to((BUILD / "tripline").resolve())
        with self.log.open("wb") as log:
            self.daemon = subprocess.Popen([self.folder / "tetragon", "--export-filename", self.exported,
                                            "--export-file-max-size-mb", "1000", "--metrics-server", "127.0.0.1:2112"],
                                           stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.addCleanup(self.end)
        self.wait(lambda: "Listening for events" in self.log.read_text(), "the daemon does not start")

    def end(self):
        self.daemon.terminate()
        self.assertEqual(self.daemon.wait(60), 0, self.log.read_text())

    def wait(self, is_so, why, seconds=120):
        end = time.monotonic() + seconds
        while not is_so():
            self.assertIsNone(self.daemon.poll(), self.log.read_text())
            self.assertLess(time.monotonic(), end, why)
            time.sleep(0.2)

    def of_readers(self, what: str) -> dict[str, int]:
        """A metric of readers, by reader."""
        with urllib.request.urlopen(METRICS + "/metrics", timeout=60) as answer:
            page = answer.read().decode()
        return {name: int(float(value))
                for name, value in re.findall(r'^tripline_reader_%s\{reader="(.*)"\} (\S+)$' % what, page, re.M)}

    def reader(self, *flags, **options) -> tuple[subprocess.Popen, str]:
        """A client, and its name in metrics."""
        before = self.of_readers("delivered_total")
        client = subprocess.Popen([self.folder / "tetra", "getevents", "-o", "json", *flags], stdin=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, **options)
        self.addCleanup(client.wait)
        self.addCleanup(client.kill)
        if client.stdout is not None:
            self.addCleanup(client.stdout.close)
        new = set()

        def is_there():
            time.sleep(1)  # a page is good for a second
            new.update(set(self.of_readers("delivered_total")) - set(before))
            return bool(new)

        self.wait(is_there, "the reader is not served")
        [name] = new
        return client, name

    def change_policies(self, stop: threading.Event, changes: list[int]):
        """Adds and deletes a policy until `stop`; the exit status of each command goes to `changes`."""
        file = self.policy("changing")
        while not stop.is_set():
            for command in (["add", file], ["delete", "changing"]):
                done = subprocess.run([self.folder / "tetra", "tp", *command], stdin=subprocess.DEVNULL, check=False,
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)
                changes.append(done.returncode)

    def lives_of_storm(self, lines: bytes) -> list[dict]:
        events = [json.loads(line) for line in lines.split(b"\n") if line]
        return [event for event in events
                if ("process_exec" in event or "process_exit" in event)
                and payload(event)[1]["process"].get("arguments", "").startswith("nop ")]

    def test_a_storm_while_policies_change(self):
        whole_file, execs_file = self.folder / "whole", self.folder / "execs"
        with whole_file.open("wb") as whole_out, execs_file.open("wb") as execs_out:
            whole, whole_name = self.reader(stdout=whole_out)
            execs, execs_name = self.reader("--event-types", "PROCESS_EXEC", stdout=execs_out)
        slow, slow_name = self.reader(stdout=subprocess.PIPE)  # nobody reads the pipe for now

        stop, changes = threading.Event(), []
        changing = threading.Thread(target=self.change_policies, args=(stop, changes))
        changing.start()
        storm = subprocess.run(trigger("storm", COUNT), stdin=subprocess.DEVNULL, check=False)
        stop.set()
        changing.join()
        self.assertEqual(storm.returncode, 0)
        self.assertGreaterEqual(len(changes), 4)
        self.assertEqual(set(changes), {0})

        # The slow one is read at last, until nothing waits for anyone.
        rest = []
        reading = threading.Thread(target=lambda: rest.append(slow.stdout.read()))
        reading.start()

        def is_quiet():
            before = self.of_readers("delivered_total")
            time.sleep(3)
            waiting = self.of_readers("queue_events")
            return before == self.of_readers("delivered_total") and not any(waiting.values())

        self.wait(is_quiet, "events still wait")
        delivered, lost = self.of_readers("delivered_total"), self.of_readers("lost_total")
        for client in (whole, execs, slow):
            client.send_signal(signal.SIGINT)
            client.wait(60)
        reading.join()

        files = {whole_name: whole_file.read_bytes(), execs_name: execs_file.read_bytes(), slow_name: rest[0]}
        for name in (whole_name, slow_name):
            # After the page came, the other readers ended.
            self.assertIn(files[name].count(b"\n") - delivered[name], range(len(files)), f"reader {name}")
        # What a filter rejects is not lost.
        self.assertLess(files[execs_name].count(b"\n"), delivered[execs_name])
        exported = self.exported.read_bytes()
        self.assertIn(exported.count(b"\n") - delivered["export"], range(len(files) + 1))
        self.assertEqual(lost["export"], 0)

        # What was posted: the export has all of it.
        of_storm = self.lives_of_storm(exported)
        kinds = [payload(event)[0] for event in of_storm]
        self.assertEqual((kinds.count("process_exec"), kinds.count("process_exit")), (COUNT, COUNT))
        self.assert_causal([json.loads(line) for line in exported.split(b"\n")
                            if b'"process_exec":' in line or b'"process_exit":' in line])
        for name, share in ((whole_name, 2), (slow_name, 2), (execs_name, 1)):
            got = len(self.lives_of_storm(files[name]))
            self.assertLessEqual(share * COUNT - got, lost[name], f"reader {name} lost more than it was told")
            if lost[name] == 0:
                self.assertEqual(got, share * COUNT)
        # Both began before the storm, one after the other.
        more = [delivered[name] + lost[name] for name in (whole_name, slow_name)]
        first = [json.loads(lines.split(b"\n")[0])["time"] for lines in (files[whole_name], files[slow_name])]
        self.assertGreaterEqual(more[0], more[1])
        self.assertLessEqual(first[0], first[1])
        print(f"{len(changes)} changes of policies; lost: {lost}")


if __name__ == "__main__":
    if not os.path.exists("/run/guest"):
        sys.exit("readers_test.py: only in a guest (tools/vm): it attaches programs to the kernel")
    BUILD = run_test.BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
