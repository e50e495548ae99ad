# SPDX-License-Identifier: Apache-2.0
"""Rooms include only what tools/layers.tsv allows, third-party headers are included only where tools/doors.tsv allows,
and no modules include each other in a cycle."""

import re
from collections.abc import Collection

from checks.tree import Problem, Tree, matches, table


def room(file: str, rooms: Collection[str]) -> str:
    """src/ir/print.cc is in src/ir, bpf/embedded.h in bpf. A folder inside a room is a room of its own when it is listed
    (src/policy/parse); otherwise it is part of that room (src/compile/condition)."""
    folders = file.split("/")[:-1]
    inner = "/".join(folders[:3])
    return inner if inner in rooms else "/".join(folders[:2])


def module(file: str) -> str:
    """foo.h and foo.cc are one module."""
    return re.sub(r"(\.bpf)?\.(h|c|cc)$", "", file)


def cycles(graph: dict[str, set[str]]) -> list[list[str]]:
    """One cycle for each group of modules that include each other."""
    done, found = set(), []

    def visit(node: str, path: list[str]) -> None:
        if node in path:
            circle = path[path.index(node):]
            if not any(set(circle) & set(other) for other in found):
                found.append(circle + [node])
            return
        if node in done:
            return
        for target in sorted(graph.get(node, ())):
            visit(target, path + [node])
        done.add(node)

    for node in sorted(graph):
        visit(node, [])
    return found


def problems(tree: Tree) -> list[Problem]:
    allowed = {row[0]: set(row[1].split()) if len(row) > 1 else set() for row in table("layers.tsv")}
    doors = [(re.compile(header), files) for header, files in table("doors.tsv")]
    found, graph, place = [], {}, {}
    for file in tree.c_files:
        if not file.startswith(("src/", "bpf/")):
            continue
        here = room(file, allowed)
        if here not in allowed:
            found.append(Problem(file, 1, f"the room {here} is not listed in tools/layers.tsv"))
            continue
        for line, name, quoted in tree.includes(file):
            door = next((files for header, files in doors if header.fullmatch(name)), None)
            if door and (not quoted or not tree.resolve(file, name)):
                if not matches(file, door):
                    found.append(Problem(file, line, f"<{name}> may be included only by {door}"))
                continue
            if not quoted:
                continue
            target = tree.resolve(file, name)
            if not target:
                found.append(Problem(file, line, f"there is no file \"{name}\" in the repository"))
                continue
            there = room(target, allowed)
            if there != here and there not in allowed[here]:
                found.append(Problem(file, line, f"{here} must not include {there} (tools/layers.tsv)"))
            if module(target) != module(file):
                graph.setdefault(module(file), set()).add(module(target))
                place.setdefault((module(file), module(target)), (file, line))
    for circle in cycles(graph):
        file, line = place[circle[0], circle[1]]
        found.append(Problem(file, line, "modules include each other in a cycle: " + " -> ".join(circle)))
    return found
