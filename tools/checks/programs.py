# SPDX-License-Identifier: Apache-2.0
"""Checks made by other programs: clang-format, tripline check, tools/picture, clang-tidy."""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

import places
from checks.tree import Problem, Tree

_REPORT = re.compile(r"^(?P<file>[^\s:][^:\n]*):(?P<line>\d+):(?:\d+:)? (?:fatal )?(?:error|warning): (?P<text>.*)$", re.M)


def output_of(command: list[str], **options) -> tuple[int, str]:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=places.REPO, **options)
    return done.returncode, done.stdout


def formatting(tree: Tree) -> list[Problem]:
    if not tree.c_files:
        return []
    _, said = output_of(["clang-format-19", "--dry-run", "-Werror", *tree.c_files])
    first = {}
    for report in _REPORT.finditer(said):
        first.setdefault(report["file"], int(report["line"]))
    return [Problem(file, line, "not formatted; run './dev fmt'") for file, line in first.items()]


def policies(tree: Tree) -> list[Problem]:
    """Every shipped policy passes `tripline check` for the newest kernel in wide use."""
    shipped = [file for file in tree.files if re.fullmatch(r"policies/.*\.ya?ml", file)]
    if not shipped:
        return []
    binary = tree.root / "build/tripline"
    if not binary.exists():
        return [Problem("policies", 0, "not checked: build/tripline does not exist; run './dev build'")]
    kernels = [file for file in tree.files if re.fullmatch(r"tests/corpus/kernels/debian-6\.12[^/]*", file)]
    options = ["--kernel", kernels[0]] if kernels else []
    found = []
    for file in shipped:
        status, said = output_of([str(binary), "check", file, *options])
        if status:
            lines = (said.strip() or "tripline check refuses it").split("\n")
            report = re.match(r"[^:]+:(\d+)(?::\d+)?: (.*)", lines[0])
            found.append(Problem(file, int(report[1]) if report else 1, report[2] if report else lines[0]))
    return found


def picture(tree: Tree) -> list[Problem]:
    status, _ = output_of([str(tree.root / "tools/picture"), "--check"])
    return [Problem("docs/picture.svg", 1, "is out of date; run tools/picture")] if status else []


def tidy_one(tree: Tree, file: str, command: str) -> list[Problem]:
    """clang-tidy's findings in one source and its headers, cached until one of them changes."""
    digest = hashlib.sha256(f"{file}\0{command}\0{tree.root}\0".encode())
    for part in [".clang-tidy", *tree.with_headers(file)]:
        digest.update(tree.text(part).encode() + b"\0")
    memory = places.cache() / "tidy" / digest.hexdigest()
    if memory.exists():
        said = memory.read_text()
        os.utime(memory)
    else:
        print(f"check: clang-tidy {file}", file=sys.stderr, flush=True)
        status, said = output_of(["clang-tidy-19", "-p", "build/tidy", "--quiet", file])
        if status and not _REPORT.search(said):
            return [Problem(file, 1, "clang-tidy failed: " + (said.strip() or "no output").split("\n")[-1])]
        memory.parent.mkdir(parents=True, exist_ok=True)
        new = memory.with_suffix(f".{os.getpid()}")
        new.write_text(said)
        new.rename(memory)
    prefix = f"{tree.root}/"
    return [Problem(report["file"].removeprefix(prefix), int(report["line"]), report["text"])
            for report in _REPORT.finditer(said)]


def _each_alone(entry: dict[str, str]) -> list[dict[str, str]]:
    """An entry of the compilation database for each source that `entry` compiles: several in a unity build."""
    unity = entry["file"]
    if "/Unity/" not in unity:
        return [entry]
    sources = re.findall(r'#include "(.*\.cc)"', pathlib.Path(unity).read_text())
    return [entry | {"file": source, "command": entry["command"].replace(unity, source)} for source in sources]


def tidy(tree: Tree) -> list[Problem]:
    database = tree.root / "build/compile_commands.json"
    if not database.exists():
        return [Problem("src", 0, "clang-tidy did not run: build/ is not configured; run './dev build'")]
    entries = [alone for entry in json.loads(database.read_text()) for alone in _each_alone(entry)]
    # Ignore precompiled headers: they hide missing includes.
    for entry in entries:
        entry["command"] = re.sub(r"^.* (?=\S+/c\+\+ )|-Winvalid-pch -include \S+ ", "", entry["command"])
    (tree.root / "build/tidy").mkdir(exist_ok=True)
    (tree.root / "build/tidy/compile_commands.json").write_text(json.dumps(entries))
    jobs = {}
    for entry in entries:
        file = os.path.relpath(entry["file"], tree.root)
        if file.startswith("src/") and file in tree.files:
            jobs[file] = entry["command"]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda job: tidy_one(tree, *job), sorted(jobs.items()))
        return [problem for problems in found for problem in problems]
