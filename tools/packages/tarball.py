# SPDX-License-Identifier: Apache-2.0
"""The archive for machines without a package manager: install.sh copies what is in it."""

import pathlib

import places
from packages import files


def contents(build: pathlib.Path) -> files.Files:
    lib = "usr/local/lib/tetragon"
    unit = files.unit("/usr/local/bin")
    out = {
        "LICENSE": files.file((places.REPO / "LICENSE").read_bytes()),
        "usr/local/bin/tripline": files.file(files.binary(build), files.PROGRAM),
        "usr/local/bin/tetra": files.link("tripline"),
        "usr/local/bin/tetragon": files.link("tripline"),
        f"{lib}/systemd/tripline.service": unit,
        "usr/lib/systemd/system/tripline.service": unit,
    }
    for script in ("install.sh", "uninstall.sh"):
        out[script] = files.file((places.REPO / "deploy/tarball" / script).read_bytes(), files.PROGRAM)
    for path in sorted((places.REPO / "policies").glob("*.yaml")):
        out[f"policies/{path.name}"] = files.file(path.read_bytes())
    out |= files.settings(f"{lib}/tetragon.conf.d")
    out |= files.completions(build, "usr/local/share")
    out |= files.manual(build, "usr/local/share")
    return out


def make(build: pathlib.Path, out: pathlib.Path) -> pathlib.Path:
    name = f"tripline-v{files.version()}-amd64"
    target = out / f"{name}.tar.gz"
    target.write_bytes(files.gz(files.tar(contents(build), files.time_of_sources(), prefix=f"{name}/"), 6))
    return target
