#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""What tools/package makes: the same bytes each time, the right files with the right modes, scripts that a shell can
read, a unit that systemd takes, an image whose digests are those of its parts.

usage: package_test.py BUILD     (leaves the packages in BUILD/packages, for the tests that install them; the Debian
                                  package also without compression, which takes minutes to undo in a guest)"""

import gzip
import hashlib
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest

REPO = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(REPO / "tools"))
from packages import deb
BUILD = pathlib.Path("build")
# Of lintian: libraries are linked statically on purpose, and the developers have no address yet.
KNOWN = "embedded-library,statically-linked-binary,bogus-mail-host,bogus-mail-host-in-debian-changelog"
MOST_EXPOSED = 4.5  # of 10, by systemd-analyze: SYS_ADMIN and BPF alone make up much of it


def run(*command: object, **options) -> str:
    done = subprocess.run([str(each) for each in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          **options)
    if done.returncode:
        raise AssertionError(f"{command}: {done.returncode}: {done.stdout}")
    return done.stdout


def make(out: pathlib.Path, **surroundings: str) -> pathlib.Path:
    run(REPO / "tools/package", "--build", BUILD, "--out", out, env={**os.environ, **surroundings})
    return out


def digests(folder: pathlib.Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in folder.rglob("*") if path.is_file()}


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        shutil.rmtree(BUILD / "packages", ignore_errors=True)
        cls.packages = make(BUILD / "packages")
        cls.deb = next(cls.packages.glob("*.deb"))
        cls.tarball = next(cls.packages.glob("*.tar.gz"))
        cls.image = next(cls.packages.glob("*.oci"))

    def scratch(self) -> pathlib.Path:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return pathlib.Path(folder.name)

    def test_same_bytes_again(self) -> None:
        mask = os.umask(0o077)
        self.addCleanup(os.umask, mask)
        again = make(self.scratch(), TZ="Asia/Tokyo", LC_ALL="C.UTF-8", USER="somebody")
        self.assertEqual(digests(again), digests(self.packages))

    # --- the Debian package ---

    def test_deb_files(self) -> None:
        lines = run("dpkg-deb", "-c", self.deb).strip().split("\n")
        self.assertEqual({line.split()[1] for line in lines}, {"root/root"})
        modes = {line.split()[5]: line.split()[0] for line in lines}
        self.assertEqual(modes["./usr/bin/tripline"], "-rwxr-xr-x")
        self.assertEqual(modes["./usr/lib/systemd/system/tripline.service"], "-rw-r--r--")
        self.assertIn("./usr/share/man/man8/tetragon.8.gz", modes)
        self.assertIn("./usr/share/man/man1/tripline-run.1.gz", modes)
        self.assertIn("./usr/share/bash-completion/completions/tetra", modes)
        self.assertIn("./usr/lib/tetragon/tetragon.conf.d/server-address", modes)
        self.assertTrue(modes["./etc/tetragon/tetragon.tp.d/"].startswith("drwxr-xr-x"))
        for name in ("tetra", "tetragon"):
            self.assertTrue(any(line.endswith(f"./usr/bin/{name} -> tripline") for line in lines), name)
        self.assertFalse([path for path in modes if "/usr/local" in path])

    def test_deb_control(self) -> None:
        folder = self.scratch()
        run("dpkg-deb", "-R", self.deb, folder)
        control = (folder / "DEBIAN/control").read_text()
        for field in "Package Version Architecture Maintainer Section Priority Installed-Size Description".split():
            self.assertRegex(control, rf"(?m)^{field}: \S")
        self.assertLessEqual(len(re.search(r"(?m)^Description: (.*)$", control)[1]), 80)
        for script in ("postinst", "prerm", "postrm"):
            run("sh", "-n", folder / "DEBIAN" / script)
            self.assertIn("set -e", (folder / "DEBIAN" / script).read_text())
        for line in (folder / "DEBIAN/md5sums").read_text().strip().split("\n"):
            digest, path = line.split("  ", 1)
            self.assertEqual(hashlib.md5((folder / path).read_bytes()).hexdigest(), digest, path)
        for path in folder.rglob("*.gz"):  # no time, no name
            self.assertEqual(path.read_bytes()[3:8], b"\0" * 5, path)
        # The program starts without a loader, and brings no names of functions along.
        said = run("readelf", "-lS", folder / "usr/bin/tripline")
        self.assertNotIn("INTERP", said)
        self.assertNotIn(".symtab", said)
        changelog = gzip.decompress((folder / "usr/share/doc/tripline/changelog.gz").read_bytes()).decode()
        run("dpkg-parsechangelog", "-l", "-", input=changelog) if shutil.which("dpkg-parsechangelog") else None
        if shutil.which("lintian"):
            run("lintian", "--allow-root", "--fail-on", "error", "--suppress-tags", KNOWN, self.deb)

    # --- the archive ---

    def test_tarball_installs_and_uninstalls(self) -> None:
        folder, root = self.scratch(), self.scratch()
        with tarfile.open(self.tarball) as archive:
            self.assertEqual({(member.uid, member.gid) for member in archive}, {(0, 0)})
            archive.extractall(folder)
        top = next(folder.iterdir())
        self.assertRegex(top.name, r"^tripline-v[\d.]+-amd64$")
        kept = root / "etc/tetragon/tetragon.conf.d/log-level"
        kept.parent.mkdir(parents=True)
        kept.write_text("debug")
        for _ in range(2):
            run("sh", top / "install.sh", env={**os.environ, "DESTDIR": str(root)})
        self.assertEqual(kept.read_text(), "debug")
        self.assertEqual((kept.parent / "export-filename").read_text(), "/var/log/tetragon/tetragon.log")
        self.assertEqual(os.readlink(root / "usr/local/bin/tetragon"), "tripline")
        self.assertIn("ExecStart=/usr/local/bin/tripline agent",
                      (root / "usr/lib/systemd/system/tripline.service").read_text())
        self.assertIn("v", run(root / "usr/local/bin/tetra", "version"))
        run("sh", top / "uninstall.sh", env={**os.environ, "DESTDIR": str(root)})
        left = sorted(str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir())
        self.assertTrue(left)
        self.assertEqual([path for path in left if not path.startswith("etc/tetragon/")], [])

    # --- the image ---

    def test_image(self) -> None:
        def blob(reference: dict) -> bytes:
            content = (self.image / "blobs" / reference["digest"].replace(":", "/")).read_bytes()
            self.assertEqual(f"sha256:{hashlib.sha256(content).hexdigest()}", reference["digest"])
            self.assertEqual(len(content), reference["size"])
            return content

        index = json.loads((self.image / "index.json").read_text())
        manifest = json.loads(blob(index["manifests"][0]))
        config = json.loads(blob(manifest["config"]))
        layer = gzip.decompress(blob(manifest["layers"][0]))
        self.assertEqual(config["rootfs"]["diff_ids"], [f"sha256:{hashlib.sha256(layer).hexdigest()}"])
        self.assertEqual(config["config"]["Entrypoint"], ["/usr/bin/tetragon"])
        with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
            members = {member.name: member for member in archive}
        for name in "tetragon tetra tetragon-operator tetragon-oci-hook tetragon-oci-hook-setup".split():
            self.assertEqual(members[f"usr/bin/{name}"].linkname, "tripline")
        self.assertTrue(members["etc/tetragon/tetragon.tp.d"].isdir())
        self.assertGreater(members["etc/ssl/certs/ca-certificates.crt"].size, 1000)
        folders = list(members)
        for name in folders:  # an unpacker meets a folder before what is in it
            parent = name.rpartition("/")[0]
            self.assertTrue(not parent or folders.index(parent) < folders.index(name), name)

    @unittest.skipUnless(shutil.which("skopeo"), "skopeo is not installed")
    def test_image_is_one_for_skopeo(self) -> None:
        said = json.loads(run("skopeo", "inspect", f"oci:{self.image}"))
        self.assertEqual((said["Architecture"], said["Os"], len(said["Layers"])), ("amd64", "linux", 1))
        run("skopeo", "copy", f"oci:{self.image}", f"dir:{self.scratch()}")  # compares every digest

    # --- the unit ---

    def test_unit(self) -> None:
        folder = self.scratch()
        unit = folder / "tripline.service"
        text = (REPO / "deploy/systemd/tripline.service").read_text()
        unit.write_text(text.replace("@bin@/tripline", "/bin/true").replace("Documentation=", "#"))
        said = run("systemd-analyze", "verify", unit)
        self.assertEqual(said, "")
        # Unknown words are only warned of, and differ between versions: none of them may be a misspelling of ours.
        said = run("systemd-analyze", "security", "--offline=true", "--threshold=100", "--no-pager", unit)
        exposure = float(re.search(r"Overall exposure level for tripline.service: ([\d.]+)", said)[1])
        print(f"exposure of the unit: {exposure}")
        self.assertLessEqual(exposure, MOST_EXPOSED)


if __name__ == "__main__":
    BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
    (BUILD / "plain").mkdir(exist_ok=True)
    deb.make(BUILD, BUILD / "plain", "none")
    unittest.main()
