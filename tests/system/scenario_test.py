#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The comparison of a run with its recording: takes time proportional to the events, and finds runs that differ."""

import json
import random
import time
import unittest

import scenario


def run_of(forks: list[tuple[str, str]], arguments: str = "") -> str:
    """The events of processes (id, parent's id), each of which lists all its ancestors."""
    above: dict[str, list[str]] = {"OUT": []}
    lines = []
    for process, parent in forks:
        above[process] = [parent, *above[parent]]
        for kind in ("process_exec", "process_exit"):
            lines.append({kind: {"process": {"exec_id": process, "parent_exec_id": parent, "binary": "/b",
                                             "arguments": arguments},
                                 "parent": {"exec_id": parent}, "ancestors": above[process][1:]}})
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def difference(expected: str, found: str) -> list[str]:
    return scenario.compare_events(scenario.read_events(expected, ""), scenario.read_events(found, ""))


class Compare(unittest.TestCase):
    def test_a_chain_of_forks(self):
        def chain(prefix):
            names = ["OUT", *(f"{prefix}{at}" for at in range(100))]
            return run_of(list(zip(names[1:], names)))
        begin = time.monotonic()
        self.assertEqual(difference(chain("P"), chain("Q")), [])
        self.assertTrue(difference(chain("P"), chain("Q").replace("/b", "/c", 1)))
        self.assertLess(time.monotonic() - begin, 20)

    def test_a_thousand_processes_that_look_the_same(self):
        forks = [("P0", "OUT"), *((f"P{at}", "P0") for at in range(1, 1000))]
        mixed = [forks[0], *random.Random(1).sample(forks[1:], len(forks) - 1)]
        begin = time.monotonic()
        self.assertEqual(difference(run_of(forks), run_of(mixed)), [])
        self.assertTrue(difference(run_of(forks), run_of(mixed[:-1])))
        self.assertLess(time.monotonic() - begin, 20)

    def test_who_started_whom(self):
        twins = [("P1", "OUT"), ("P2", "P1"), ("P3", "P1")]
        self.assertEqual(difference(run_of([*twins, ("P4", "P2")]), run_of([*twins, ("P4", "P3")])), [])
        self.assertTrue(difference(run_of([*twins, ("P4", "P2"), ("P5", "P3")]),
                                   run_of([*twins, ("P4", "P2"), ("P5", "P2")])))

    def test_bytes_that_some_take_for_the_end_of_a_line(self):
        for text in ("a\u0085b", "a\u2028b\u2029c"):
            self.assertEqual(difference(run_of([("P1", "OUT")], text), run_of([("Q1", "OUT")], text)), [])
            self.assertTrue(difference(run_of([("P1", "OUT")], text), run_of([("Q1", "OUT")], "a\nb")))
            # One complaint for each event, not one for each piece of it.
            self.assertEqual(len(scenario.incomplete(run_of([("P1", "OUT")], text))), 2)
            self.assertEqual(len(scenario.compare_text("stdout", f"{text}\n", f"{text}!\n")), 5)
        self.assertEqual(scenario.lines_of("a\u0085b\x0cc\rd\x1ee\n\nf"), ["a\u0085b\x0cc\rd\x1ee", "", "f"])
        self.assertEqual(scenario.lines_of(""), [])


if __name__ == "__main__":
    unittest.main()
