# SPDX-License-Identifier: Apache-2.0
"""Scenario files: reading them, normalising events, comparing.

A scenario is one text file: a head, then sections that start with a line `-- name --` (scenarios/ORIGIN says where
they come from). Whatever varies from run to run is normalised: exec ids become P1, P2, ..., or OUT for a process that
does not belong to the trigger; process ids, times and inode numbers are removed. Events of different processes may come
in any order, those of one process may not."""

import dataclasses
import difflib
import hashlib
import json
import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent
FOLDER = HERE / "scenarios"

# Removed wherever they occur.
VARYING = {"time", "start_time", "node_name", "refcnt", "cluster_name"}
# Inode numbers that the initial namespaces of these kinds have on every kernel.
FIXED_INODES = range(4026531834, 4026531840)
# Process ids that triggers choose themselves.
CHOSEN_PIDS = range(31000, 32001)
# The environment in which the recordings were made.
ENVIRONMENT = {"PWD": "/tmp", "HOME": "/root", "TERM": "linux", "SHLVL": "4",
               "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "OLDPWD": "/",
               "_": "@ROOT@/drv/drv"}


@dataclasses.dataclass
class Scenario:
    name: str
    folder: str
    head: str
    sections: dict[str, str]
    edits: list[list[str]]  # intended differences from the recording

    @property
    def path(self) -> str:
        return f"{self.folder}/{self.name}"

    @property
    def flags(self) -> list[str]:
        return re.search(r"(?m)^agent-flags: *(.*)$", self.expected("meta"))[1].split()

    @property
    def cgroup(self) -> str:
        """The control group to run it in, below the root; empty for the root."""
        found = re.search(r"the agent runs in cgroup (\S+)", self.head)
        return found[1] if found else ""

    @property
    def nameless(self) -> bool:
        """Whether user names are requested where none are available."""
        return "--username-metadata=unix" in self.flags and not self.cgroup

    @property
    def shell(self) -> str:
        """The name under which the recording started the shell; it is the binary of the first process."""
        return "/bin/bash" if '"binary": "/bin/bash"' in self.sections["events.jsonl"] else "bash"

    @property
    def beside(self) -> bool:
        """Whether setup.sh leaves processes running, whose events are in the recording too."""
        return bool(re.search(r"&\s*$", self.sections.get("setup.sh", ""), re.MULTILINE))

    @property
    def policies(self) -> list[str]:
        return [name for name in self.sections if re.fullmatch(r"policy\d*\.yaml", name)]

    @property
    def files(self) -> dict[str, str]:
        return {name: text for name, text in self.sections.items() if re.search(r"\.(sh|yaml|jsonl|txt)$", name)
                and name != "events.jsonl"}

    def expected(self, section: str) -> str:
        text = self.sections.get(section, "")
        if section in ("events.jsonl", "compact"):
            text = self.edited_events()[section == "compact"]
        for old, *new in self.edits:
            if old == "!text" and new[0] == section:
                text = new[1] + "\n"
            elif not old.startswith("!"):
                text = text.replace(old, new[0] if new else "")
        return text

    def edited_events(self) -> tuple[str, str]:
        """The recorded events and their compact lines after `!drop` and `!add`."""
        events = list(filter(None, lines_of(self.sections.get("events.jsonl", ""))))
        compact = list(filter(None, lines_of(self.sections.get("compact", ""))))
        pairs = [list(pair) for pair in zip(events, compact, strict=True)] if self.restructured else []
        for what, *words in self.edits:
            if what == "!drop":
                del pairs[self.only(pairs, words[0])]
            elif what == "!add":
                at = self.only(pairs, words[0])
                pairs.insert(at + 1, [self.added_event(pairs[at][0], words[1]), words[2]])
        if pairs:
            events, compact = ([pair[at] for pair in pairs] for at in (0, 1))
        return "".join(line + "\n" for line in events), "".join(line + "\n" for line in compact)

    @property
    def restructured(self) -> bool:
        return any(edit[0] in ("!drop", "!add") for edit in self.edits)

    def only(self, pairs: list[list[str]], text: str) -> int:
        parts = text.split(" ... ")
        found = [at for at, pair in enumerate(pairs) if all(part in pair[0] for part in parts)]
        if len(found) != 1:
            raise ValueError(f"{self.path}: {len(found)} events have '{text}', not one")
        return found[0]

    @staticmethod
    def added_event(beside: str, text: str) -> str:
        """The event `text` with the process and parent of another event."""
        other, = json.loads(beside).values()
        (kind, content), = json.loads(text).items()
        if "process" in content:
            content["process"] = other["process"] | content["process"]
        content |= {key: other[key] for key in ("process", "parent") if key in other and key not in content}
        return json.dumps({kind: content}, ensure_ascii=False)


def read_text(path: pathlib.Path) -> str:
    """Byte for byte: a carriage return is not a newline."""
    return path.read_bytes().decode("utf-8", "surrogateescape")


def lines_of(text: str) -> list[str]:
    """Split at newlines only. The method of str also splits at U+0085 and similar characters, which are data."""
    lines = text.split("\n")
    return lines if lines[-1] else lines[:-1]


def read_scenario(path: str) -> Scenario:
    """`path` is FOLDER/NAME below scenarios/."""
    folder, name = path.split("/")
    file = FOLDER / folder / f"{name}.txt"
    parts = re.split(r"(?m)^-- ([^\n]+?) --\n", read_text(file))
    edits = []
    changes = file.with_suffix(".edits")
    if changes.exists():
        for line in lines_of(read_text(changes)):
            if line and not line.startswith("#"):
                words = line.split("\t")
                edits.append(words if line.startswith("!") else [word.replace("\\n", "\n") for word in words])
    return Scenario(name, folder, parts[0], dict(zip(parts[1::2], parts[2::2])), edits)


# --- one side of a comparison -------------------------------------------------------------------

@dataclasses.dataclass
class Event:
    process: str          # exec_id of its process
    kind: str
    content: dict         # normalised except for the exec ids
    compact: str | None   # its compact line


def number(value):
    return value if value in CHOSEN_PIDS else "N"


def normal_value(key: str, value):
    if key in ("pid", "tid"):
        return number(value)
    if key == "inum":
        return value if value in FIXED_INODES else "N"
    if key in ("number", "cookie") or (key == "hash" and value):
        return "N"
    if key == "cwd":
        return re.sub(r"^/proc/\d+", "/proc/N", value)
    if key in ("kernel_stack_trace", "user_stack_trace"):
        return "PRESENT"
    return normal(value)


def normal(value):
    if isinstance(value, dict):
        return {key: normal_value(key, item) for key, item in value.items() if key not in VARYING}
    if isinstance(value, list):
        return [normal(item) for item in value]
    return value


def short(process):
    """The part of a parent that is compared; a recording already has this form, or the word OUT."""
    if isinstance(process, str):
        return process
    return {key: process[key] for key in ("exec_id", "binary", "arguments", "flags") if key in process}


def read_events(events: str, compact: str) -> list[Event]:
    lines = [json.loads(line) for line in lines_of(events) if line]
    words = [line for line in lines_of(compact) if line]
    if len(words) != len(lines):
        words = [None] * len(lines)
    read = []
    for line, word in zip(lines, words):
        kind = next(key for key in line if key not in ("node_name", "time", "cluster_name"))
        content = line[kind]
        if "parent" in content:
            content["parent"] = short(content["parent"])
        if "ancestors" in content:
            content["ancestors"] = [one if isinstance(one, str) else one["exec_id"] for one in content["ancestors"]]
        if word is not None:
            word = re.sub(r" +(🛑 )", r" \1", word)  # the position of the mark depends on the length of paths
        if kind == "process_loader" and content["path"].startswith("@ROOT@/bin/"):
            # Programs that triggers run were built here.
            content["buildid"] = "N"
            word = word and re.sub(r" [0-9a-f]{40} @ROOT@/bin/", " N @ROOT@/bin/", word)
        read.append(Event(content["process"]["exec_id"], kind, normal(content), word))
    return read


def of_scenario(events: list[Event]) -> list[Event]:
    """Those events of a whole guest that belong to the trigger or to processes that setup.sh left running."""
    inside: set[str] = set()
    for event in events:
        process = event.content["process"]
        named = f"{process.get('binary')} {process.get('arguments')}"
        if process.get("parent_exec_id") in inside or re.search(r"/trigger\.sh$|^/mnt/work/", named):
            inside.add(event.process)
    return [event for event in events if event.process in inside
            and not (event.kind == "process_exec" and "procFS" in event.content["process"]["flags"])]


def incomplete(events: str) -> list[str]:
    """Checks the members that recordings leave out and that every event must have."""
    problems = []
    for text in lines_of(events):
        line = json.loads(text)
        kind, content = next((key, item) for key, item in line.items() if key.startswith("process_"))
        if not line.get("node_name") or not line.get("time") or not content["process"].get("start_time"):
            problems.append(f"no node_name, time or start_time in: {text}")
        if kind == "process_exit" and content.get("time") != line.get("time"):
            problems.append(f"the exit's time is not the event's: {text}")
    return problems


def hashed(parts) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


class Side:
    """The events of one run, by process."""

    def __init__(self, events: list[Event]):
        self.events = events
        self.processes: dict[str, list[Event]] = {}
        for event in events:
            self.processes.setdefault(event.process, []).append(event)
        self.signatures: dict[str, str] = {}
        self.children: dict[str, list[str]] = {}
        for process, first in ((process, events[0]) for process, events in self.processes.items()):
            self.children.setdefault(first.content["process"].get("parent_exec_id"), []).append(process)

    def named(self, event: Event, name) -> str:
        """The event as text, with `name` applied to every exec id."""
        content = json.loads(json.dumps(event.content))
        for holder in (content["process"], content.get("parent")):
            if isinstance(holder, dict):
                for key in ("exec_id", "parent_exec_id"):
                    if key in holder:
                        holder[key] = name(holder[key])
        if isinstance(content.get("parent"), dict) and content["parent"].get("exec_id") == "OUT":
            content["parent"] = "OUT"
        if "ancestors" in content:
            # How many ancestors the trigger has depends on who started it.
            names = [name(one) for one in content["ancestors"]]
            content["ancestors"] = [one for at, one in enumerate(names) if one != "OUT" or names[at - 1:at] != ["OUT"]]
        text = json.dumps({event.kind: content}, sort_keys=True, ensure_ascii=False)
        return text if event.compact is None else f"{text}\n    {event.compact}"

    def signature(self, process: str) -> str:
        """A hash of everything reported about a process, with ids replaced by signatures: equal for equal processes. A
        hash, because the text of a process would contain that of its ancestors several times over."""
        if process not in self.processes:
            return "OUT"
        if process not in self.signatures:
            self.signatures[process] = "?"  # a cycle would be a bug, but must not hang the test
            def name(one):
                return "SELF" if one == process else self.signature(one)
            self.signatures[process] = hashed(self.named(event, name) for event in self.processes[process])
        return self.signatures[process]

    def shapes(self) -> list[str]:
        """A sorted list of hashes, one for each process with its descendants: equal for runs that differ only in ids and
        in the order of different processes. Takes time proportional to the events, plus sorting."""
        shapes: dict[str, str] = {}
        for process in reversed(self.processes):  # children first
            below = sorted(shapes.get(child, "") for child in self.children.get(process, []))
            shapes[process] = hashed([self.signature(process), *below])
        return sorted(shapes.values())

    def title(self, process: str) -> tuple:
        content = self.processes[process][0].content["process"]
        return content.get("binary"), content.get("arguments")


def label(expected: Side, found: Side) -> tuple[dict[str, str], dict[str, str]]:
    """Names for the processes of both sides; processes that are considered the same get the same name."""
    names = {process: process for process in expected.processes}
    ours: dict[str, str] = {}
    for key in (Side.signature, Side.title):
        free = [process for process in expected.processes if process not in ours.values()]
        for process in found.processes:
            match = next((one for one in free if key(expected, one) == key(found, process)), None)
            if process not in ours and match:
                ours[process] = match
                free.remove(match)
    for process in found.processes:
        ours.setdefault(process, f"X{len(ours)}")
    return names, ours


def compare_events(expected: list[Event], found: list[Event]) -> list[str]:
    """A readable difference; empty if there is none."""
    left, right = Side(expected), Side(found)
    if left.shapes() == right.shapes():
        return []
    names, ours = label(left, right)
    back = {name: process for process, name in ours.items()}
    lines = []
    for name in [*names, *(name for name in back if name not in names)]:
        old = [left.named(event, lambda one: names.get(one, "OUT")) for event in left.processes.get(name, [])]
        new = [right.named(event, lambda one: ours.get(one, "OUT")) for event in right.processes.get(back.get(name), [])]
        lines += list(difflib.unified_diff(flat(old), flat(new), f"{name} expected", f"{name} found", lineterm="", n=0))
    return lines or ["the events are the same, but the processes are related differently"]


def flat(texts: list[str]) -> list[str]:
    return [line for text in texts for line in text.split("\n")]


def compare_text(section: str, expected: str, found: str) -> list[str]:
    return list(difflib.unified_diff(lines_of(expected), lines_of(found), f"{section} expected", f"{section} found",
                                     lineterm="", n=0))


def normal_stderr(text: str) -> str:
    """The shell pads process ids and the names of signals."""
    return re.sub(r"line (\d+): +\d+ ([A-Z][\w ]*?)(  +)", r"line \1: N \2 ", text)


def without_warnings(text: str) -> str:
    """Removes warnings about the recorded policies, which are not in the recordings: line, source, marker, advice."""
    return re.sub(r"(?m)^@ROOT@/s/\S+\.yaml:\d+:\d+: warning: .*\n(?:(?: +\S.*\n)(?: *~+\n))?(?:(?:expected|hint): .*\n)*",
                  "", text)


def normal_list(text: str) -> list[str]:
    """The rows of a list of policies in comparable form. Recordings do not have the members that only a daemon has. Rows
    of policies that were not loaded are left out, since `run` refuses those policies."""
    rows = [json.loads(line) for line in lines_of(text) if line]
    for row in rows:
        counters = row.get("stats", {}).get("selector_action_counters", [])
        counters.sort(key=lambda one: (one["hook"], one["hook_index"], one["selector_index"]))
    return sorted(json.dumps(row, sort_keys=True) for row in rows
                  if row["state"] in ("TP_STATE_ENABLED", "TP_STATE_PARTIALLY_ENABLED"))


def compare_list(expected: str, found: str) -> list[str]:
    return list(difflib.unified_diff(normal_list(expected), normal_list(found), "list expected", "list found", lineterm="",
                                     n=0))


def compare(scenario: Scenario, result: dict) -> list[str]:
    found = {key: value.replace(result["root"], "@ROOT@") if isinstance(value, str) else value
             for key, value in result.items()}
    problems = []
    complaints = [line for line in lines_of(found["stderr"]) if re.match(r"tripline( run)?: ", line)]
    rest = "".join(line + "\n" for line in lines_of(found["stderr"]) if line not in complaints)
    # The guest has no network; whether that is known when the command ends depends on timing.
    complaints = [line for line in complaints if not line.endswith("GetUrl or DnsLookup requests were not answered")]
    warned = [line for line in complaints if line.startswith("tripline: --username-metadata: ")]
    if bool(warned) != scenario.nameless:
        problems.append("it should not have warned" if warned else "it did not warn that user names are not available")
    problems += [f"it complained: {line}" for line in complaints if line not in warned]
    problems += compare_text("exit-status", scenario.expected("exit-status").strip(), str(found["status"]))
    problems += compare_text("stdout", scenario.expected("stdout"), found["stdout"])
    problems += compare_text("stderr", normal_stderr(scenario.expected("stderr")), normal_stderr(without_warnings(rest)))
    if "list" in scenario.sections:
        problems += compare_list(scenario.expected("list"), found["list"])
    problems += incomplete(found["events"])
    events = read_events(found["events"], found["compact"])
    problems += compare_events(read_events(scenario.expected("events.jsonl"), scenario.expected("compact")),
                               of_scenario(events) if scenario.beside else events)
    return problems
