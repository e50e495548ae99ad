# SPDX-License-Identifier: Apache-2.0
"""The programs, maps and links in the kernel, as reported by bpf(2)."""

import ctypes
import os
import struct

_SYSCALL = 321  # bpf, on x86-64
_NEXT_ID = {"program": 11, "map": 12, "link": 31}

_libc = ctypes.CDLL(None, use_errno=True)


def _next(command: int, after: int) -> int | None:
    attributes = ctypes.create_string_buffer(struct.pack("II", after, 0), 120)
    if _libc.syscall(_SYSCALL, command, attributes, len(attributes)) != 0:
        return None
    return struct.unpack_from("I", attributes, 4)[0]


def ids() -> dict[str, set[int]]:
    found = {}
    for kind, command in _NEXT_ID.items():
        found[kind] = set()
        last = 0
        while (last := _next(command, last)) is not None:
            found[kind].add(last)
    return found
