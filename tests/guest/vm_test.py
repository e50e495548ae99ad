#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""tools/vm: a command in a guest behaves as if it ran on the host, and the guest leaves nothing behind."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

REPO = pathlib.Path(__file__).resolve().parent.parent.parent
VM = str(REPO / "tools/vm")


def start(*arguments: str, **options) -> subprocess.Popen:
    return subprocess.Popen([VM, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, cwd="/", **options)


def guest(*arguments: str) -> tuple[int, bytes, bytes]:
    process = start(*arguments)
    out, err = process.communicate()
    return process.returncode, out, err


def qemus_of(process: subprocess.Popen) -> list[int]:
    children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return [int(pid) for pid in children.split()]


def alive(pid: int) -> bool:
    return os.path.exists(f"/proc/{pid}")


class VmTest(unittest.TestCase):
    def test_command_behaves_as_if_it_ran_here(self):
        script = r"""
            printf 'out\000\377\r\n'; printf 'err\033[1m\200' >&2
            [ "$(id -u) $(hostname) $HOME" = "0 guest /root" ] || exit 90
            [ "$(pwd)" = "$1" ] && [ "$2" = "two  words" ] && [ $# = 3 ] || exit 91
            read line && exit 92
            for place in / /tmp /run /mnt/work /dev/shm "$TRIPLINE_OUT"; do
                echo x >"$place/tripline_vm_test" || exit 93
            done
            for place in /sys/kernel/tracing/events /sys/kernel/debug/bdi /sys/fs/bpf /sys/kernel/security/lsm \
                    /sys/fs/cgroup/cgroup.procs /sys/kernel/btf/vmlinux /dev/pts /proc/self; do
                [ -e "$place" ] || exit 94
            done
            busybox ip link show lo | grep -q UP || exit 95
            modprobe dummy || exit 96
            sleep 1000 &
            exit 7"""
        with tempfile.TemporaryDirectory() as folder:
            status, out, err = guest("--out", folder, "--", "bash", "-c", script, "test", str(REPO), "two  words", "--")
            self.assertEqual((status, out, err), (7, b"out\0\xff\r\n", b"err\x1b[1m\x80"))
            self.assertEqual((pathlib.Path(folder) / "tripline_vm_test").read_text(), "x\n")
        self.assertFalse(os.path.exists("/tripline_vm_test"))

    def test_much_output_and_a_signal(self):
        status, out, err = guest("--", "bash", "-c", "head -c 20000000 /dev/zero; kill -SEGV $$")
        self.assertEqual((status, len(out), err), (128 + signal.SIGSEGV, 20000000, b""))

    def test_output_comes_at_once_and_signals_end_the_guest(self):
        interrupted, killed = [start("--", "sh", "-c", "echo first; sleep 600") for _ in range(2)]
        qemus = []
        for process in (interrupted, killed):
            self.assertEqual(process.stdout.readline(), b"first\n")
            qemus += qemus_of(process)
        interrupted.send_signal(signal.SIGINT)
        interrupted.communicate()
        self.assertEqual(interrupted.returncode, 128 + signal.SIGINT)
        self.assertFalse(alive(qemus[0]))
        killed.kill()  # it cannot clean up, so the kernel must
        killed.communicate()
        deadline = time.monotonic() + 10
        while alive(qemus[1]) and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertFalse(alive(qemus[1]))

    def test_time_out(self):
        process = start("--timeout", "15", "--", "sh", "-c", "echo first; sleep 600")
        process.stdout.readline()
        [qemu] = qemus_of(process)
        _, err = process.communicate()
        self.assertEqual(process.returncode, 124)
        self.assertIn(b"still running after 15 s", err)
        self.assertFalse(alive(qemu))

    def test_two_at_once(self):
        both = [start("--", "sh", "-c", f"echo {number}; exit {number}") for number in (1, 2)]
        outputs = [process.communicate() for process in both]
        self.assertEqual(outputs, [(b"1\n", b""), (b"2\n", b"")])
        self.assertEqual([process.returncode for process in both], [1, 2])

    def test_crash_of_the_guest(self):
        status, out, err = guest("--", "sh", "-c", "echo before; sleep 1; echo c >/proc/sysrq-trigger")
        self.assertEqual((status, out), (125, b"before\n"))
        self.assertIn(b"Kernel panic", err)

    @unittest.skipUnless(os.access("/dev/kvm", os.R_OK | os.W_OK), "there is no KVM")
    def test_kvm_in_which_guests_hang(self):
        """KVM is given up after five seconds and not tried again."""
        real = shutil.which("qemu-system-x86_64")
        with tempfile.TemporaryDirectory() as folder:
            fake = pathlib.Path(folder, "qemu-system-x86_64")
            fake.write_text(f'#!/bin/sh\ncase "$*" in *"-accel kvm"*) echo tried >>{folder}/tries; exec sleep 600 ;; esac\n'
                            f'exec {real} "$@"\n')
            fake.chmod(0o755)
            cache = pathlib.Path(os.environ.get("TRIPLINE_CACHE") or pathlib.Path(
                os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache", "tripline"))
            pathlib.Path(folder, "kernels").symlink_to(cache / "kernels")
            environment = os.environ | {"PATH": f"{folder}:{os.environ['PATH']}", "TRIPLINE_CACHE": folder}
            for _ in range(2):
                process = start("--", "echo", "here", env=environment)
                self.assertEqual(process.communicate(), (b"here\n", b""))
            self.assertEqual(pathlib.Path(folder, "tries").read_text(), "tried\n")

    def test_counted_time(self):
        """With --icount a sleeping guest costs no time. Also covers a command that does not exist."""
        status, out, err = guest("--icount", "--", "sh", "-c", "sleep 100; echo done; exec no-such-command")
        self.assertEqual((status, out), (127, b"done\n"))
        self.assertIn(b"no-such-command", err)


if __name__ == "__main__":
    unittest.main()
