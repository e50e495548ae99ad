#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The Debian package in a guest, installed, upgraded, removed and purged by dpkg under a systemd of its own: the daemon
gets along with the rights that its unit leaves it, and an upgrade leaves no call unjudged.

usage: installed_test.py BUILD      (only in a guest: it attaches programs)"""

import os
import pathlib
import re
import subprocess
import sys
import time
import unittest

BUILD = pathlib.Path("build")
SCRATCH = pathlib.Path("/run/try")
LOG = SCRATCH / "log"
DPKG = SCRATCH / "dpkg"
BPFFS = pathlib.Path("/sys/fs/bpf")
# Kernels keep kprobes from 5.15 on.
KEEPS = tuple(map(int, os.uname().release.split(".")[:2])) >= (5, 15)
RIGHTS = {"BPF": 39, "PERFMON": 38, "SYS_ADMIN": 21, "SYS_PTRACE": 19, "SYSLOG": 34, "SYS_RESOURCE": 24,
          "DAC_READ_SEARCH": 2}
DENY = """
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: deny}
spec:
  kprobes:
  - call: security_file_permission
    syscall: false
    args: [{index: 0, type: file}]
    selectors:
    - matchArgs: [{index: 0, operator: Equal, values: ["/run/try/watched"]}]
      matchActions: [{action: NoPost}, {action: Override, argError: -1}]
"""
# What needs rights: a stack of the kernel, a program of somebody else, a tracepoint, a security hook.
MORE = {"stack": """
  kprobes:
  - call: sys_umask
    syscall: true
    args: [{index: 0, type: int}]
    selectors:
    - matchArgs: [{index: 0, operator: Equal, values: ["27"]}]
      matchActions: [{action: Post, kernelStackTrace: true, userStackTrace: true}]
""", "program": """
  uprobes:
  - path: /run/try/private/python
    symbols: [Py_BytesMain]
""", "tracepoint": """
  tracepoints:
  - subsystem: raw_syscalls
    event: sys_enter
    args: [{index: 4, type: syscall64}]
    selectors:
    - matchArgs: [{index: 4, operator: InMap, values: ["95"]}]
"""}
# It leaves the one CPU to the rest most of the time.
LOOP = """
import os, signal, time
ended = []
signal.signal(signal.SIGTERM, lambda *_: ended.append(1))
file = os.open("/run/try/watched", os.O_RDONLY)
through = denied = 0
while not ended:
    try:
        os.pread(file, 1, 0)
        through += 1
    except PermissionError:
        denied += 1
    time.sleep(0.002)
print(through, denied)
"""


def run(*command: object) -> str:
    print("+", *command, flush=True)
    done = subprocess.run([str(each) for each in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise AssertionError(f"{' '.join(map(str, command))}: {done.returncode}: {done.stdout}\n"
                             f"{LOG.read_text() if LOG.exists() else ''}")
    return done.stdout


def dpkg(*words: object) -> str:
    """With lists of its own: to read the host's takes minutes here, and so does an index of all its manual pages."""
    return run("dpkg", f"--admindir={DPKG}", "--force-unsafe-io", "--no-triggers", *words)


def shown(what: str) -> str:
    return run("systemctl", "show", "-p", what, "--value", "tripline.service").strip()


def allowed() -> bool:
    with (SCRATCH / "watched").open("rb") as file:
        try:
            return os.pread(file.fileno(), 1, 0) == b"x"
        except PermissionError:
            return False


def deb() -> pathlib.Path:
    return next((BUILD / "plain").glob("*.deb"))


class Installed(unittest.TestCase):
    """In this order: each step needs the one before."""

    def test_1_install_starts_it(self) -> None:
        dpkg("-i", deb())
        self.assertEqual(shown("ActiveState"), "active")
        self.assertEqual(run("systemctl", "is-enabled", "tripline.service").strip(), "enabled")
        self.assertEqual(run("systemctl", "is-active", "tetragon.service").strip(), "active")
        self.assertEqual(run("tetra", "status"), "Health Status: running\n")

    def test_2_rights(self) -> None:
        status = pathlib.Path(f"/proc/{shown('MainPID')}/status").read_text()
        effective = int(re.search(r"CapEff:\s*(\w+)", status)[1], 16)
        self.assertEqual(effective, sum(1 << bit for bit in RIGHTS.values()))
        self.assertRegex(status, r"NoNewPrivs:\s*1")
        self.assertRegex(status, r"Seccomp:\s*2")
        self.assertTrue((BPFFS / "tetragon").is_dir())  # and so the folder of pins can be written
        self.assertNotIn("level=warn", LOG.read_text())
        self.assertNotIn("level=error", LOG.read_text())

    def test_3_policies_of_all_kinds(self) -> None:
        private = SCRATCH / "private"
        private.mkdir(mode=0o700)
        (private / "python").write_bytes(pathlib.Path("/usr/bin/python3").read_bytes())
        os.chmod(private / "python", 0o700)
        os.chown(private, 1000, 1000)
        for name, hooks in MORE.items():
            file = SCRATCH / f"{name}.yaml"
            file.write_text(f"apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {{name: {name}}}\nspec:{hooks}")
            run("tetra", "tracingpolicy", "add", file)
        os.umask(os.umask(27))
        subprocess.run([private / "python", "-c", "pass"], check=True)
        events = pathlib.Path("/var/log/tetragon/tetragon.log")
        end = time.monotonic() + 30
        wanted = {"stack", "program", "tracepoint"}
        while wanted and time.monotonic() < end:
            text = events.read_text()
            wanted = {name for name in wanted if f'"policy_name":"{name}"' not in text}
            time.sleep(0.2)
        self.assertEqual(wanted, set(), LOG.read_text())
        self.assertRegex(events.read_text(), r'"kernel_stack_trace":\[.*"symbol":"__x64_sys_umask')
        self.assertNotIn("level=error", LOG.read_text())
        for name in MORE:
            run("tetra", "tracingpolicy", "delete", name)

    def test_4_upgrade_leaves_no_gap(self) -> None:
        (SCRATCH / "watched").write_text("x")
        self.assertTrue(allowed())
        pathlib.Path("/etc/tetragon/tetragon.tp.d/deny.yaml").write_text(DENY)
        run("systemctl", "restart", "tripline.service")
        self.assertFalse(allowed())
        before = shown("MainPID")
        loop = subprocess.Popen([sys.executable, "-c", LOOP], stdout=subprocess.PIPE, text=True)
        time.sleep(1)
        dpkg("-i", deb())
        time.sleep(1)
        loop.terminate()
        through, denied = map(int, loop.communicate()[0].split())
        self.assertNotEqual(shown("MainPID"), before)
        self.assertEqual(shown("ActiveState"), "active")
        self.assertFalse(allowed())
        self.assertGreater(denied, 100)
        if KEEPS:
            self.assertEqual(through, 0)

    def test_5_stop_ends_it_all(self) -> None:
        run("systemctl", "stop", "tripline.service")
        self.assertTrue(allowed())
        self.assertEqual(shown("Result"), "success")
        self.assertEqual(list(BPFFS.iterdir()), [])
        run("systemctl", "start", "tripline.service")

    def test_6_remove_keeps_settings_and_purge_does_not(self) -> None:
        dpkg("-r", "tripline")
        self.assertTrue(allowed())
        self.assertFalse(pathlib.Path("/usr/bin/tetragon").exists())
        self.assertTrue(pathlib.Path("/etc/tetragon/tetragon.tp.d/deny.yaml").exists())
        dpkg("-P", "tripline")
        left = [path for path in ("/etc/tetragon", "/var/log/tetragon", "/run/tetragon", "/usr/lib/tetragon",
                                  "/etc/systemd/system/tetragon.service",
                                  "/etc/systemd/system/multi-user.target.wants/tripline.service",
                                  "/etc/systemd/system/tripline.service", "/var/lib/systemd/deb-systemd-helper-enabled/"
                                  "tripline.service.dsh-also") if os.path.lexists(path)]
        self.assertEqual(left, [])
        self.assertNotIn("tripline", run("dpkg-query", f"--admindir={DPKG}", "-W", "-f", "${Package} "))

    def test_7_image_runs_its_client(self) -> None:
        image = next((BUILD / "packages").glob("*.oci"))
        root = SCRATCH / "image"
        root.mkdir()
        layer = max((image / "blobs/sha256").iterdir(), key=lambda path: path.stat().st_size)
        run("tar", "-xzf", layer, "-C", root)
        self.assertIn("v", run("chroot", root, "/usr/bin/tetra", "version"))


def boot() -> int:
    """A systemd with nothing but this test to start, in a process namespace of its own."""
    # On a host that is a container it forbids to start services.
    pathlib.Path("/usr/sbin/policy-rc.d").unlink(missing_ok=True)
    units = pathlib.Path("/run/systemd/system")
    manager = pathlib.Path("/run/systemd/system.conf.d")
    for folder in (DPKG / "info", DPKG / "updates", units / "tripline.service.d", manager):
        folder.mkdir(parents=True)
    manager.joinpath("quiet.conf").write_text(
        "[Manager]\nDefaultStandardOutput=null\nDefaultStandardError=null\nLogTarget=console\n")
    (units / "tripline.service.d/log.conf").write_text(
        f"[Service]\nStandardOutput=append:{LOG}\nStandardError=append:{LOG}\n")
    (units / "try.target").write_text("[Unit]\nDefaultDependencies=no\nRequires=try.service\n")
    (units / "try.service").write_text(f"""
[Unit]
DefaultDependencies=no
SuccessAction=exit-force
FailureAction=exit-force
[Service]
Type=oneshot
TimeoutStartSec=infinity
WorkingDirectory={pathlib.Path.cwd()}
Environment=PATH={os.environ["PATH"]} HOME=/root LC_ALL=C.UTF-8 TRIPLINE_INNER=1
ExecStart={sys.executable} -uB {pathlib.Path(__file__).resolve()} {BUILD.resolve()}
StandardOutput=append:{SCRATCH}/out
StandardError=append:{SCRATCH}/out
""")
    (DPKG / "status").touch()
    out = SCRATCH / "out"
    out.touch()
    systemd = subprocess.Popen(["unshare", "--fork", "--pid", "--mount", "--mount-proc", "env", "container=test",
                                "/lib/systemd/systemd", "--system", "--unit=try.target"], stdin=subprocess.DEVNULL,
                               stdout=(SCRATCH / "systemd").open("w"), stderr=subprocess.STDOUT)
    with out.open() as lines:
        said = ""
        while systemd.poll() is None:
            time.sleep(0.5)
            more = lines.read()
            said += more
            print(more, end="", flush=True)
        said += lines.read()
    if re.search(r"(?m)^OK$", said):
        return 0
    print(said[-2000:], (SCRATCH / "systemd").read_text(), sep="\n")
    return systemd.returncode or 1


if __name__ == "__main__":
    BUILD = pathlib.Path(sys.argv.pop(1))
    if not os.environ.get("TRIPLINE_INNER"):
        sys.exit(boot())
    unittest.main(failfast=True, verbosity=2)
