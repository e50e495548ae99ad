# SPDX-License-Identifier: Apache-2.0
"""Paths named in documents and build files exist; every source has a test."""

import os
import pathlib
import re

from checks.tree import Problem, Tree, table

# The folders a path in the repository can begin with. Build output is not checked.
TOPS = "src bpf tests bench tools docs policies proto deploy .ci".split()


def exists(tree: Tree, path: str) -> bool:
    """Whether there is such a file or folder. *, a part in capitals (NAME), and a part in <> or {} match anything."""
    if re.search(r"[*<>{}]", path) or any(re.fullmatch(r"[A-Z]+", part) for part in path.split("/")):
        pattern = re.sub(r"<[^>]*>|\{[^}]*\}|(?<=/)[A-Z]+(?=/|$)", "*", path)
        return any(True for _ in tree.root.glob(pattern))
    return (tree.root / path).exists()


def documents(tree: Tree) -> list[Problem]:
    found = []
    for file in tree.files:
        if not re.fullmatch(r"README\.md|docs/.*\.md", file):
            continue
        for number, line in enumerate(tree.text(file).split("\n"), 1):
            for token in re.findall(r"`([^`\s]+)`", line):
                path = re.sub(r":\d+(-\d+)?$", "", token).removeprefix("./").rstrip("/.,")
                is_top = "/" not in path and path in TOPS
                if (is_top or path.split("/")[0] in TOPS) and not exists(tree, path):
                    found.append(Problem(file, number, f"there is no {path} in the repository"))
            for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", line):
                here = pathlib.PurePath(file).parent
                if "://" not in target and not (tree.root / here / target).exists():
                    found.append(Problem(file, number, f"the link target {target} does not exist"))
    return found


def build_files(tree: Tree) -> list[Problem]:
    found = []
    for file in tree.files:
        if not re.search(r"(^|/)CMakeLists\.txt$|\.cmake$", file):
            continue
        here = pathlib.PurePath(file).parent
        for number, line in enumerate(tree.text(file).split("\n"), 1):
            line = re.sub(r"(^|\s)#.*", "", line)
            line = line.replace("${PROJECT_SOURCE_DIR}/", "//").replace("${CMAKE_CURRENT_SOURCE_DIR}/", "")
            for token in re.split(r"[\s()\";]+", line):
                if "${" in token or "\\" in token or ".pb." in token or token.startswith("<"):
                    continue
                if not re.fullmatch(r"(//)?[\w./-]+\.(cc|c|h|S|py|sh|proto|cmake)", token):
                    continue
                path = token.removeprefix("//") if token.startswith("//") else os.path.normpath(here / token)
                if not (tree.root / path).exists():
                    found.append(Problem(file, number, f"there is no {path} in the repository"))
            for folder in re.findall(r"add_subdirectory\(([\w/.-]+)\)", line):
                if not (tree.root / here / folder).is_dir():
                    found.append(Problem(file, number, f"there is no folder {here / folder}"))
    return found


def unit_tests(tree: Tree) -> list[Problem]:
    found = []
    excused = {}
    for row in table("untested.tsv"):
        file, reason = (row + [""])[:2]
        excused[file] = reason
        if file not in tree.files:
            found.append(Problem("tools/untested.tsv", 1, f"{file} no longer exists"))
        if not reason.strip():
            found.append(Problem("tools/untested.tsv", 1, f"{file} is listed without a reason"))
    for file in tree.files:
        if not re.fullmatch(r"src/.+/[^/]+\.cc", file):
            continue
        test = re.sub(r"^src/(.*)\.cc$", r"tests/\1_test.cc", file)
        if test not in tree.files and file not in excused:
            found.append(Problem(file, 1, f"has no test {test} and is not listed in tools/untested.tsv"))
        if test in tree.files and file in excused:
            found.append(Problem("tools/untested.tsv", 1, f"{file} now has a test"))
    return found


def problems(tree: Tree) -> list[Problem]:
    return documents(tree) + build_files(tree) + unit_tests(tree)
