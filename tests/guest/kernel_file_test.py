#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""A saved kernel in the corpus equals what `tripline kernel dump` writes on that kernel now, line by line and section
by section. If it does not, tests/corpus/kernels/make.sh makes it again.

usage: kernel_file_test.py TRIPLINE SAVED      (in a guest that runs the kernel)"""

import lzma
import pathlib
import subprocess
import sys


def parts(file: bytes) -> dict[str, bytes]:
    """The header lines by key, and the contents of the sections by name."""
    end = file.index(b"\n\n")
    body = lzma.decompress(file[end + 2:])
    out = {}
    for line in file[:end].decode().split("\n"):
        key, _, rest = line.partition(" ")
        if key == "section":
            name, _, size = rest.partition(" ")
            out[f"section {name}"], body = body[:int(size)], body[int(size):]
        elif key not in ("packed", "check"):
            out[key] = rest.encode()
    return out


def difference(old: bytes, new: bytes) -> str:
    """Some of the lines that only one of them has."""
    a, b = old.split(b"\n"), new.split(b"\n")
    lines = [f"- {line!r}" for line in a if line not in set(b)] + [f"+ {line!r}" for line in b if line not in set(a)]
    return "\n".join(lines[:10])


def main() -> int:
    tripline, saved = sys.argv[1:]
    old = parts(pathlib.Path(saved).read_bytes())
    new = parts(subprocess.run([tripline, "kernel", "dump"], check=True, stdout=subprocess.PIPE).stdout)
    wrong = [f"the saved file lacks {name}" for name in new if name not in old]
    wrong += [f"only the saved file has {name}" for name in old if name not in new]
    for name in old:
        if name not in new or old[name] == new[name]:
            continue
        binary = name.startswith("section btf")
        wrong.append(f"{name} differs" if binary else f"{name} differs:\n{difference(old[name], new[name])}")
    print(f"compared {len(old)} parts of {saved}")
    for each in wrong:
        print(each)
    if wrong:
        print("run tests/corpus/kernels/make.sh to make it again")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
