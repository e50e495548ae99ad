# SPDX-License-Identifier: Apache-2.0
"""Where things are, for the scripts in this folder."""

import os
import pathlib

REPO = pathlib.Path(__file__).resolve().parent.parent


def cache() -> pathlib.Path:
    """The folder outside the tree that holds everything we fetch or can make again."""
    if own := os.environ.get("TRIPLINE_CACHE"):
        return pathlib.Path(own).absolute()
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(base).absolute() / "tripline"


def kernel(name: str) -> pathlib.Path:
    """One guest kernel: files `kernel`, `release`; folders `boot` (modules for the initramfs, in
    order) and `modules` (what the guest sees as /lib/modules/RELEASE)."""
    return cache() / "kernels" / name
