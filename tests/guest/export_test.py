#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The export on bad days: a full disk, a pipe that nobody reads, files that go away, kill -9; and in the compact format.

usage: export_test.py BUILD [TEST..]      (only in a guest: it attaches programs)"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

BUILD = pathlib.Path("build")


class Export(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir="/tmp"))
        for name in ("tetra", "tetragon"):
            (self.folder / name).symlink_to((BUILD / "tripline").resolve())
        self.daemon = None
        self.addCleanup(self.kill)

    def start(self, target, *flags):
        log = (self.folder / "log").open("wb")
        self.daemon = subprocess.Popen([self.folder / "tetragon", "--export-filename", target, *flags],
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.wait(lambda: "Listening for events" in self.log(), 60)

    def kill(self):
        if self.daemon and self.daemon.poll() is None:
            self.daemon.kill()
            self.daemon.wait()

    def stop(self):
        self.daemon.terminate()
        self.assertEqual(self.daemon.wait(30), 0, self.log())

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def wait(self, is_so, seconds=30):
        end = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > end or self.daemon.poll() is not None:
                self.fail(self.log())
            time.sleep(0.1)

    def work(self, word, times=1, size=0):
        for _ in range(times):
            os.waitpid(os.posix_spawn("/bin/true", ["true", word, "x" * size], {}), 0)

    def whole_lines(self, path) -> list[dict]:
        text = path.read_text()
        self.assertTrue(text == "" or text.endswith("\n"), text[-200:])
        return [json.loads(line) for line in text.split("\n")[:-1]]

    def status(self):
        done = subprocess.run([self.folder / "tetra", "status"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                              timeout=60, check=False)
        self.assertEqual(done.stdout, "Health Status: running\n")

    def small_disk(self, options: str, size: int) -> tuple[pathlib.Path, pathlib.Path]:
        """A folder on a file system of its own, and a file of `size` bytes there whose end makes room."""
        disk = self.folder / "disk"
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", disk], check=True)
        self.addCleanup(subprocess.run, ["umount", "--lazy", disk], check=False)
        filler = disk / "filler"
        filler.write_bytes(b"x" * size)
        return disk, filler

    def test_a_full_disk(self):
        disk, filler = self.small_disk("size=256k", 128 << 10)
        events = disk / "events"
        self.start(events)
        self.work("full", 40, 10000)
        self.wait(lambda: "Events were not exported" in self.log())
        self.assertIn('error="No space left on device"', self.log())
        self.assertGreater(len(self.whole_lines(events)), 1)
        self.status()
        filler.unlink()
        self.work("again")
        self.wait(lambda: '"arguments":"again ' in events.read_text())
        self.wait(lambda: "Events are exported again" in self.log())
        self.whole_lines(events)
        self.stop()

    def test_rotation_on_a_full_disk(self):
        """There is room for more lines at first, but not for another file; then for neither; then for both."""
        # Files: the folder, what is exported to, and the filler.
        disk, filler = self.small_disk("size=2m,nr_inodes=3", 256 << 10)
        events = disk / "events"
        self.start(events, "--export-file-max-size-mb", "1")
        self.work("larger", 6, 100_000)
        self.wait(lambda: "Cannot manage rotated export files" in self.log())
        self.assertIn("No space left on device", self.log())
        self.wait(lambda: events.stat().st_size > 1_100_000)
        self.work("full", 6, 100_000)
        self.wait(lambda: "Events were not exported" in self.log())
        before = self.whole_lines(events)
        self.assertEqual(list(disk.glob("events*")), [events])
        self.status()
        filler.unlink()
        self.work("again")
        self.wait(lambda: len(list(disk.glob("events*"))) == 2)
        self.wait(lambda: '"arguments":"again ' in events.read_text())
        backup = min(disk.glob("events-*"))
        self.assertEqual(self.whole_lines(backup)[:len(before)], before)
        self.whole_lines(events)
        self.stop()

    def test_a_pipe_that_nobody_reads(self):
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        self.start(pipe)
        self.work("unread", 20)
        self.wait(lambda: "Events were not exported" in self.log())
        self.status()
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        self.work("filling", 200)
        self.status()
        text = b""
        end = time.monotonic() + 30
        while b'"arguments":"filling' not in text and time.monotonic() < end:
            try:
                text += os.read(reader, 1 << 20)
            except BlockingIOError:
                time.sleep(0.1)
        for line in text.split(b"\n")[:-1]:
            json.loads(line)
        self.stop()
        os.close(reader)

    def test_files_that_go_away(self):
        events = self.folder / "events"
        self.start(events)
        self.work("first")
        self.wait(lambda: '"arguments":"first ' in events.read_text())
        events.unlink()
        self.work("second")
        self.wait(lambda: events.exists() and '"arguments":"second ' in events.read_text())
        events.rename(self.folder / "moved")
        self.daemon.send_signal(signal.SIGHUP)
        self.wait(events.exists)
        self.work("third")
        self.wait(lambda: '"arguments":"third ' in events.read_text())
        self.stop()

    def test_kill_at_any_moment(self):
        events = self.folder / "events"
        for round_ in range(4):
            self.start(events, "--export-file-max-size-mb", "1", "--export-file-max-backups", "0")
            for path in self.folder.glob("events*"):
                self.whole_lines(path)
            worker = subprocess.Popen([sys.executable, "-c", "import os\nwhile True: os.waitpid(os.posix_spawn('/bin/true', "
                                       "['true', 'x' * 20000], {}), 0)"])
            time.sleep(1 + round_ * 0.37)
            self.daemon.kill()
            self.daemon.wait()
            worker.kill()
            worker.wait()
        self.start(events)
        for path in self.folder.glob("events*"):
            self.whole_lines(path)
        self.stop()

    def test_compact_json(self):
        events = self.folder / "events"
        self.start(events, "--export-format", "compact-json")
        self.work("squeezed", 100)
        self.wait(lambda: events.read_text().count("squeezed") >= 100)
        self.stop()
        done = subprocess.run([BUILD / "tripline", "expand", events], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=60, check=False)
        self.assertEqual(done.stderr, "")
        lines = [json.loads(line) for line in done.stdout.split("\n")[:-1]]
        mine = [line for line in lines if '"squeezed' in json.dumps(line) or "squeezed " in json.dumps(line)]
        kinds = [next(iter(line)) for line in mine]
        self.assertEqual(kinds.count("process_exec"), 100)
        self.assertEqual(kinds.count("process_exit"), 100)
        self.assertTrue(all(line["node_name"] and line["time"] for line in lines))
        storm = sum(len(json.dumps(line, separators=(",", ":"))) + 1 for line in mine)
        print(f"compact-json: {events.stat().st_size} bytes of {len(done.stdout)}, {storm} of them of the storm")


if __name__ == "__main__":
    BUILD = pathlib.Path(sys.argv[1])
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[2:]])
