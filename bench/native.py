# SPDX-License-Identifier: Apache-2.0
"""Measurements on this machine; nothing here needs a guest. Instructions are counted by valgrind: few machines, and hardly
any virtual one, let their own counters be read."""
import glob
import json
import os
import re
import subprocess
import tempfile

import cases
import policies

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def largest(build, kernel):
    """The largest policy in the corpus that this kernel accepts."""
    folders = [f"{ROOT}/tests/corpus/policies/public", f"{ROOT}/policies"]
    files = [path for folder in folders for path in glob.glob(f"{folder}/*.yaml")]
    said = subprocess.run([f"{build}/tripline", "check", "--kernel", kernel, "-o", "json", *files],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False).stdout
    found = [json.loads(line) for line in said.split("\n") if line]
    refused = {one["file"] for one in found if one["severity"] == "error"}
    return max((path for path in files if path not in refused), key=os.path.getsize)


def instructions(command):
    """How many of them function measured() of a program takes; raises ValueError with what is wrong."""
    valgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=measured"]
    try:
        done = subprocess.run([*valgrind, *command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True, check=False)
    except FileNotFoundError:
        raise ValueError("valgrind is not installed") from None
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not found:
        raise ValueError(done.stderr.strip())
    return int(found[1])


def compiled(build, case):
    kernel = f"{ROOT}/tests/corpus/kernels/{case.kernel}.kernel"
    with tempfile.TemporaryDirectory() as directory:
        files = policies.copies("equal", case.count, directory) if case.count else [largest(build, kernel)]
        return instructions([f"{build}/bench/bench_compile", kernel, *files])


def rendered(build, case):
    return instructions([f"{build}/bench/bench_events", case.what, str(case.times)]) / case.times


def size(build, _):
    with tempfile.NamedTemporaryFile() as file:
        subprocess.run(["strip", "-o", file.name, f"{build}/tripline"], check=True)
        return os.path.getsize(file.name) / 1024


MEASURES = {cases.Compile: compiled, cases.Rendered: rendered, cases.Size: size}


def measure(build, case):
    result = {"case": case.name, "kernel": case.kernel, "floor": None, "added": None, "wrong": None}
    try:
        result["added"] = round(MEASURES[type(case)](build, case))
    except ValueError as wrong:
        result["wrong"] = str(wrong)
    return result
