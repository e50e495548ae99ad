# SPDX-License-Identifier: Apache-2.0
"""Where things are, for the scripts in this folder."""

import os
import pathlib

REPO = pathlib.Path(__file__).resolve().parent.parent


def cache() -> pathlib.Path:
    """The folder outside the tree for everything that is downloaded or can be rebuilt."""
    if own := os.environ.get("TRIPLINE_CACHE"):
        return pathlib.Path(own).absolute()
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(base).absolute() / "tripline"


def kernel(name: str) -> pathlib.Path:
    """One guest kernel: the files `kernel` and `release`; the folders `boot` (modules for the initramfs, in load
    order) and `modules` (seen by the guest as /lib/modules/RELEASE)."""
    return cache() / "kernels" / name
