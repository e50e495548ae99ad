# SPDX-License-Identifier: Apache-2.0
"""The source tree as the checks see it."""

import dataclasses
import fnmatch
import functools
import pathlib
import re
import subprocess

import places


@dataclasses.dataclass(frozen=True, order=True)
class Problem:
    file: str
    line: int
    text: str
    warning: bool = False

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {'warning: ' if self.warning else ''}{self.text}"


def table(name: str) -> list[list[str]]:
    """The rows of tools/NAME: tab-separated fields; lines that start with # are comments."""
    lines = (places.REPO / "tools" / name).read_text().split("\n")
    return [line.split("\t") for line in lines if line.strip() and not line.startswith("#")]


def matches(file: str, patterns: str) -> bool:
    return any(fnmatch.fnmatch(file, pattern) for pattern in patterns.split())


# A comment, or a string or character literal (including raw strings; a digit separator is not a quote).
_NOT_CODE = re.compile(r"""//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<!\w)'(?:\\.|[^'\\\n])+'""", re.S)


def code_only(text: str) -> str:
    """C or C++ without comments and literals; line numbers do not change."""
    return _NOT_CODE.sub(lambda found: " " + "\n" * found[0].count("\n"), text)


class Tree:
    root = places.REPO

    @functools.cached_property
    def files(self) -> list[str]:
        """Every file that is, or would be, in the repository."""
        listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=self.root,
                                stdout=subprocess.PIPE, check=True).stdout.decode().split("\0")
        return sorted({name for name in listed if name and (self.root / name).is_file()})

    @functools.cached_property
    def c_files(self) -> list[str]:
        return [name for name in self.files if re.fullmatch(r"(src|bpf|tests|bench)/.*\.(cc|c|h)", name)]

    @functools.cache
    def text(self, file: str) -> str:
        try:
            return (self.root / file).read_text()
        except UnicodeDecodeError:  # data
            return ""

    @functools.cache
    def code(self, file: str) -> str:
        return code_only(self.text(file))

    @functools.cache
    def includes(self, file: str) -> list[tuple[int, str, bool]]:
        """(line, name, whether in quotes) of each include."""
        found = []
        for number, line in enumerate(self.text(file).split("\n"), 1):
            if match := re.match(r'\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', line):
                found.append((number, match[1] or match[2], bool(match[1])))
        return found

    @functools.cache
    def resolve(self, file: str, name: str) -> str | None:
        """The file in the repository that an include in quotes refers to, following the compilers' search order."""
        own = "src" if file.startswith("src/") else "bpf" if file.startswith("bpf/") else "tests"
        for folder in (str(pathlib.PurePath(file).parent), own, "src", "bpf", "tests"):
            if own == "bpf" and folder in ("src", "tests"):
                continue
            candidate = f"{folder}/{name}"
            if (self.root / candidate).is_file():
                return candidate
        return None

    def with_headers(self, file: str) -> list[str]:
        """The file and every file in the repository that it includes, directly or not."""
        seen, waiting = set(), [file]
        while waiting:
            current = waiting.pop()
            if current in seen:
                continue
            seen.add(current)
            for _, name, quoted in self.includes(current):
                if quoted and (target := self.resolve(current, name)):
                    waiting.append(target)
        return sorted(seen)
