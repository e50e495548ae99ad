#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The dashboard and the alerts: they are whole, and they ask only for metrics and labels that are in the table. That the
agent has all of these is tested in a guest (tests/guest/agent_test.py)."""

import re
import shutil
import subprocess
import sys
import unittest

import promql


def table() -> str:
    """A page with one series of each metric."""
    lines = []
    for kind, prefix, name, labels in re.findall(r'TRIPLINE_METRIC\((\w+), "(\w+)", (\w+), "([^"]*)"',
                                                 (promql.ROOT / "src/metrics/metrics.inc").read_text()):
        words = ",".join(f'{label}=""' for label in labels.split() + (["le"] if kind == "Histogram" else []))
        lines.append(f"{prefix}{name}{'_bucket' if kind == 'Histogram' else ''}{{{words}}} 0")
    return "\n".join(lines)


class Deploy(unittest.TestCase):
    def test_queries_ask_for_what_there_is(self):
        self.assertGreater(len(promql.queries()), 30)
        self.assertEqual(promql.unanswered(table()), [])

    def test_a_wrong_name_or_label_is_found(self):
        self.assertEqual(promql.asked('sum by (le, a) (rate(m_bucket{b="x{",job="j"}[5m])) / n > 0'),
                         {"m_bucket": {"le", "a", "b"}, "n": {"le", "a"}})
        self.assertEqual(promql.series('a{b="c",d="e,f=\\"g\\""} 1\nh 2'), {"a": {"b", "d"}, "h": set()})
        page = table().replace("tripline_ring_used_bytes", "other").replace('hook=""', 'fook=""')
        found = promql.unanswered(page)
        self.assertTrue(any("there is no tripline_ring_used_bytes" in one for one in found))
        self.assertTrue(any("has no label hook" in one for one in found))

    def test_panels_stand_beside_each_other(self):
        board = promql.json.loads((promql.ROOT / "deploy/grafana/tripline.json").read_text())
        ids = [panel["id"] for panel in board["panels"]]
        self.assertEqual(len(ids), len(set(ids)))
        places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in board["panels"]]
        self.assertEqual(len(places), len(set(places)))

    def test_promtool_takes_the_alerts(self):
        promtool = shutil.which("promtool")
        if not promtool:
            self.skipTest("promtool (Debian's package prometheus) is not installed, so the alerts are not checked by it")
        for command in (["check", "rules", promql.ROOT / "deploy/prometheus/alerts.yaml"],
                        ["test", "rules", promql.ROOT / "tests/metrics/alerts.yaml"]):
            done = subprocess.run([promtool, *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  timeout=60, check=False)
            self.assertEqual(done.returncode, 0, done.stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
