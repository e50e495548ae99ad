#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""List the BPF programs and maps held by the parent process, as reported by the kernel: one JSON object per line."""
import ctypes
import json
import os
import re
import struct

_SYSCALL = 321  # bpf, on x86-64
_PROGRAM_BY_ID, _MAP_BY_ID, _INFO = 13, 14, 15
_libc = ctypes.CDLL(None, use_errno=True)


def _bpf(command, attributes):
    attributes = ctypes.create_string_buffer(attributes, 120)
    return _libc.syscall(_SYSCALL, command, attributes, len(attributes))


def _info(command, number):
    descriptor = _bpf(command, struct.pack("I", number))
    info = ctypes.create_string_buffer(256)
    _bpf(_INFO, struct.pack("IIQ", descriptor, len(info), ctypes.addressof(info)))
    os.close(descriptor)
    return info.raw


def _text(raw):
    return raw.split(b"\0")[0].decode()


def held_by(process):
    """Name, kind and bytes of each."""
    found = {}
    for descriptor in os.listdir(f"/proc/{process}/fdinfo"):
        with open(f"/proc/{process}/fdinfo/{descriptor}", encoding="utf-8") as file:
            fields = dict(re.findall(r"(\w+):\s*(\S+)", file.read()))
        size = int(fields.get("memlock", 0))
        if "link_type" in fields or "link_id" in fields:
            continue
        if "prog_id" in fields:
            info = _info(_PROGRAM_BY_ID, int(fields["prog_id"]))
            jited = struct.unpack_from("I", info, 16)[0]
            found["program", fields["prog_id"]] = _text(info[64:80]), size + jited
        elif "map_id" in fields:
            found["map", fields["map_id"]] = _text(_info(_MAP_BY_ID, int(fields["map_id"]))[24:40]), size
    return [{"kind": kind, "name": name, "bytes": size} for (kind, _), (name, size) in sorted(found.items())]


if __name__ == "__main__":
    for one in held_by(os.getppid()):
        print(json.dumps(one))
