# SPDX-License-Identifier: Apache-2.0
"""Banned words (tools/banned.tsv), licence headers, and sizes."""

import re

from checks.tree import Problem, Tree, matches, table

# Texts and data that are not ours.
FOREIGN = "LICENSE bpf/COPYING tools/kernels.d/* tools/banned.tsv tests/corpus/* tests/fuzz/corpus/*"


def banned(tree: Tree) -> list[Problem]:
    found = []
    for pattern, where, files, but_not, why in table("banned.tsv"):
        expression = re.compile(pattern, re.M)
        for file in tree.files if where == "text" else tree.c_files:
            if not matches(file, files) or matches(file, f"{but_not} {FOREIGN}"):
                continue
            text = tree.code(file) if where == "code" else tree.text(file)
            for match in expression.finditer(text):
                line = text.count("\n", 0, match.start()) + 1
                found.append(Problem(file, line, f"'{match[0].strip()}': {why}"))
    return found


def licences(tree: Tree) -> list[Problem]:
    found = []
    for file in tree.files:
        text = tree.text(file)
        is_source = re.search(r"\.(cc|c|h|py|sh|proto|cmake)$|(^|/)CMakeLists\.txt$", file) or text.startswith("#!")
        if not is_source or matches(file, FOREIGN):
            continue
        stated = re.search(r"SPDX-License-Identifier: ([^\n*]+)", "\n".join(text.split("\n")[:3]))
        choices = stated[1].strip().split(" OR ") if stated else []
        if not stated:
            found.append(Problem(file, 1, "no SPDX-License-Identifier in the first three lines"))
        elif re.fullmatch(r"bpf/.*\.[ch]", file):
            if "GPL-2.0-only" not in choices:
                found.append(Problem(file, 1, "files loaded into the kernel must be GPL-2.0-only"))
        elif "Apache-2.0" not in choices and not file.endswith(".bpf.c"):
            found.append(Problem(file, 1, "files outside bpf/ must be Apache-2.0"))
    return found


def sizes(tree: Tree) -> list[Problem]:
    """Warnings only: the author explains them in review."""
    found = []
    for file in tree.c_files:
        lines = tree.text(file).rstrip("\n").split("\n")
        if len(lines) > 800:
            found.append(Problem(file, 1, f"{len(lines)} lines; more than 800 need a reason", warning=True))
        start = None
        for number, line in enumerate(lines, 1):
            if re.match(r"[^\s#}/*].*\)[^;]*\{$", line) and not re.match(r"(namespace|struct|class|enum|extern)\b", line):
                start = number
            elif line == "}" and start:
                if number - start >= 80:
                    found.append(Problem(file, start, f"a function of {number - start + 1} lines; more than 80 need "
                                                      "a reason", warning=True))
                start = None
    return found


def problems(tree: Tree) -> list[Problem]:
    return banned(tree) + licences(tree) + sizes(tree)
