# SPDX-License-Identifier: Apache-2.0
"""Measurements on this machine; nothing here needs a guest."""
import glob
import json
import os
import subprocess
import tempfile

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


def measure(build, case):
    kernel = f"{ROOT}/tests/corpus/kernels/{case.kernel}.kernel"
    with tempfile.TemporaryDirectory() as directory:
        files = policies.copies("equal", case.count, directory) if case.count else [largest(build, kernel)]
        done = subprocess.run([f"{build}/bench/bench_compile", kernel, *files], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False)
    right = done.returncode == 0
    return {"case": case.name, "kernel": case.kernel, "floor": None, "added": float(done.stdout) if right else None,
            "wrong": None if right else done.stderr.strip()}
