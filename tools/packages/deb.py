# SPDX-License-Identifier: Apache-2.0
"""The Debian package, built by dpkg-deb."""

import hashlib
import os
import pathlib
import subprocess
import tempfile

import places
from packages import files

CONTROL = """\
Package: tripline
Version: {version}
Architecture: amd64
Maintainer: Tripline developers <tripline@localhost.localdomain>
Section: admin
Priority: optional
Installed-Size: {size}
Provides: tetragon, tetra
Conflicts: tetragon, tetra
Replaces: tetragon, tetra
Description: security agent that compiles policies to eBPF programs
 Tripline reads TracingPolicy documents, which name hooks in the Linux kernel
 and in programs, compiles them to eBPF programs and runs those. A policy can
 report what processes do, kill them, or change what their calls return.
 .
 It answers to the command lines, the settings and the API of Tetragon.
"""

COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: tripline

Files: *
Copyright: The Tripline developers
License: Apache-2.0
 On Debian systems, the full text of the Apache License version 2.0 is in the
 file /usr/share/common-licenses/Apache-2.0.
"""

CHANGELOG = """\
tripline ({version}) unstable; urgency=medium

  * Release {version}.

 -- Tripline developers <tripline@localhost.localdomain>  {date}
"""


def contents(build: pathlib.Path, time: int) -> files.Files:
    doc = "usr/share/doc/tripline"
    date = subprocess.run(["date", "-u", "-R", "-d", f"@{time}"], env={**os.environ, "LC_ALL": "C"},
                          stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    out = {
        "usr/bin/tripline": files.file(files.binary(build), files.PROGRAM),
        "usr/bin/tetra": files.link("tripline"),
        "usr/bin/tetragon": files.link("tripline"),
        "usr/lib/systemd/system/tripline.service": files.unit("/usr/bin"),
        "etc/tetragon/tetragon.conf.d": files.folder(),
        "etc/tetragon/tetragon.tp.d": files.folder(),
        f"{doc}/copyright": files.file(COPYRIGHT),
        f"{doc}/changelog.gz": files.file(files.gz(CHANGELOG.format(version=files.version(), date=date).encode())),
    }
    for path in sorted((places.REPO / "policies").glob("*.yaml")):
        out[f"{doc}/examples/{path.name}"] = files.file(path.read_bytes())
    out |= files.settings("usr/lib/tetragon/tetragon.conf.d")
    out |= files.completions(build, "usr/share")
    out |= files.manual(build, "usr/share")
    return files.with_folders(out)


def control(packed: files.Files) -> files.Files:
    plain = {path: entry for path, entry in packed.items() if entry.content is not None and not entry.link}
    size = sum(-(-len(entry.content) // 1024) for entry in plain.values()) + len(packed) - len(plain)  # as dpkg counts
    sums = "".join(f"{hashlib.md5(entry.content).hexdigest()}  {path}\n" for path, entry in plain.items())
    out = {"control": files.file(CONTROL.format(version=files.version(), size=size)), "md5sums": files.file(sums)}
    for script in ("postinst", "prerm", "postrm"):
        out[script] = files.file((places.REPO / "deploy/debian" / script).read_bytes(), files.PROGRAM)
    return out


def write(root: pathlib.Path, packed: files.Files, time: int) -> None:
    for path, entry in files.with_folders(packed).items():
        place = root / path
        if entry.link:
            place.symlink_to(entry.content.decode())
        elif entry.content is None:
            place.mkdir(exist_ok=True)
        else:
            place.write_bytes(entry.content)
        if not entry.link:
            place.chmod(entry.mode)
        os.utime(place, (time, time), follow_symlinks=False)
    for place in [root, *(each for each in root.rglob("*") if each.is_dir())]:
        os.utime(place, (time, time))


def make(build: pathlib.Path, out: pathlib.Path, compression: str = "xz") -> pathlib.Path:
    time = files.time_of_sources()
    packed = contents(build, time)
    target = out / f"tripline_{files.version()}_amd64.deb"
    with tempfile.TemporaryDirectory() as scratch:
        root = pathlib.Path(scratch)
        root.chmod(files.FOLDER)
        write(root, packed | {f"DEBIAN/{name}": entry for name, entry in control(packed).items()}, time)
        subprocess.run(["dpkg-deb", "--root-owner-group", "--threads-max=1", f"-Z{compression}", "--build", root, target],
                       env={**os.environ, "SOURCE_DATE_EPOCH": str(time)}, stdout=subprocess.DEVNULL, check=True)
    return target
