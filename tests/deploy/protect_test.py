#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""policies/protect-tripline.yaml in a guest: what others do to the agent is denied and reported, what they do to others is
not, and without the policy all of it is possible.

usage: protect_test.py BUILD      (only in a guest: it attaches programs)"""

import ctypes
import errno
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import sys
import time
import unittest

REPO = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(REPO / "tests/guest"))
import bpf_ids

BUILD = pathlib.Path("build")
AGENT = pathlib.Path("/usr/bin/tripline")
PINS = pathlib.Path("/sys/fs/bpf/tetragon")
EVENTS = pathlib.Path("/tmp/events.json")
LOG = pathlib.Path("/tmp/log")
BPF, MAP_CREATE, MAP_FD, LINK_FD, INFO, LINK_DETACH = 321, 0, 14, 30, 15, 34
libc = ctypes.CDLL(None, use_errno=True)


def bpf(command: int, attributes: bytes) -> int:
    """A descriptor or 0, or an error as a negative number."""
    buffer = ctypes.create_string_buffer(attributes, 120)
    done = libc.syscall(BPF, command, buffer, 120)
    return done if done >= 0 else -ctypes.get_errno()


def map_of(number: int) -> int:
    return bpf(MAP_FD, struct.pack("I", number))


def denied(call, *arguments) -> bool:
    try:
        call(*arguments)
        return False
    except PermissionError:
        return True


class Protect(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        shutil.copy(BUILD / "tripline", AGENT)
        before = bpf_ids.ids()
        cls.daemon = subprocess.Popen([AGENT, "agent", "--export-filename", EVENTS, "--health-server-address", "",
                                       "--server-address", "unix:///var/run/tetragon/tetragon.sock", "--tracing-policy",
                                       REPO / "policies/protect-tripline.yaml"],
                                      stdin=subprocess.DEVNULL, stdout=LOG.open("wb"), stderr=subprocess.STDOUT)
        end = time.monotonic() + 200
        while b"Listening for events" not in LOG.read_bytes():
            if time.monotonic() > end or cls.daemon.poll() is not None:
                raise AssertionError(LOG.read_text())
            time.sleep(0.1)
        after = bpf_ids.ids()
        cls.maps, cls.links = (after[kind] - before[kind] for kind in ("map", "link"))
        cls.pins = [path for path in PINS.rglob("*") if path.is_file()]

    def test_1_denied(self) -> None:
        self.assertTrue(denied(os.kill, self.daemon.pid, signal.SIGKILL))
        self.assertTrue(denied(os.kill, self.daemon.pid, signal.SIGSTOP))
        os.kill(self.daemon.pid, 0)  # whoever asks whether it lives may
        self.assertTrue(self.pins)
        self.assertTrue(denied(os.unlink, self.pins[0]))
        self.assertTrue(denied(os.rename, self.pins[0], self.pins[0].with_name("other")))
        self.assertTrue(self.pins[0].exists())
        opened = [map_of(number) for number in self.maps]
        self.assertIn(-errno.EPERM, opened)
        link = bpf(LINK_FD, struct.pack("I", max(self.links)))
        self.assertGreater(link, 0)
        self.assertEqual(bpf(LINK_DETACH, struct.pack("I", link)), -errno.EPERM)
        os.close(link)
        self.assertIsNone(self.daemon.poll())

    def test_2_what_is_not_ours_is_left_alone(self) -> None:
        other = subprocess.Popen(["sleep", "100"])
        other.kill()
        self.assertEqual(other.wait(10), -signal.SIGKILL)
        file = pathlib.Path("/sys/fs/bpf/another")
        file.mkdir()
        file.rmdir()
        made = bpf(MAP_CREATE, struct.pack("IIIII", 2, 4, 4, 1, 0))  # an array
        self.assertGreater(made, 0)
        os.close(made)

    def test_3_reported(self) -> None:
        wanted = {"a signal to the agent", "a pin of the agent is removed", "a pin of the agent is renamed",
                  "a link is detached", "a map of the agent is opened"}
        end = time.monotonic() + 30
        while wanted and time.monotonic() < end:
            time.sleep(0.5)
            text = EVENTS.read_text()
            wanted = {each for each in wanted if f'"message":"{each}"' not in text}
        self.assertEqual(wanted, set(), EVENTS.read_text()[-1000:])
        self.assertIn('"action":"KPROBE_ACTION_OVERRIDE"', EVENTS.read_text())

    def test_4_without_the_policy_it_is_possible(self) -> None:
        subprocess.run([AGENT, "tracingpolicy", "delete", "--domain", "static", "protect-tripline"], check=True,
                       stdout=subprocess.DEVNULL)
        self.assertNotIn(-errno.EPERM, [map_of(number) for number in self.maps & bpf_ids.ids()["map"]])
        os.kill(self.daemon.pid, signal.SIGKILL)
        self.assertEqual(self.daemon.wait(10), -signal.SIGKILL)


if __name__ == "__main__":
    BUILD = pathlib.Path(sys.argv.pop(1))
    unittest.main(verbosity=2, failfast=True)
