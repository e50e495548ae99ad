# SPDX-License-Identifier: Apache-2.0
"""What the dashboard and the alerts ask for, and what a page of metrics has: enough of PromQL to hold one against the
other."""

import json
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# Prometheus adds these labels and this metric.
LABELS_OF_PROMETHEUS = {"job", "instance"}
METRICS_OF_PROMETHEUS = {"up"}
WORDS = {"and", "or", "unless", "on", "ignoring", "by", "without", "group_left", "group_right", "bool", "offset"}


def queries() -> list[str]:
    found = []
    board = json.loads((ROOT / "deploy/grafana/tripline.json").read_text())
    for panel in board["panels"]:
        found += [target["expr"] for target in panel.get("targets", [])]
    for variable in board["templating"]["list"]:
        if asked := re.fullmatch(r"label_values\((.*), \w+\)", variable["query"]):
            found.append(asked[1])
    found += re.findall(r"(?m)^ +expr: (.*)$", (ROOT / "deploy/prometheus/alerts.yaml").read_text())
    return found


def asked(query: str) -> dict[str, set[str]]:
    """The metrics of a query, with the labels that they must have for it."""
    grouped = {label for labels in re.findall(r"\b(?:by|on)\s*\(([^)]*)\)", query) for label in re.findall(r"\w+", labels)}
    query = re.sub(r"\b(?:by|on)\s*\([^)]*\)", " ", query)
    query = re.sub(r"\[[^\]]*\]", " ", query)
    found = {}
    for name, call, matchers in re.findall(r"([a-zA-Z_:][\w:]*)\s*(\()?(\{[^}]*\})?", re.sub(r'"[^"]*"', '""', query)):
        if not call and name not in WORDS:
            found.setdefault(name, set()).update(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers), grouped)
    # A name inside a selector's braces was taken with it.
    return {name: labels - LABELS_OF_PROMETHEUS for name, labels in found.items() if name not in METRICS_OF_PROMETHEUS}


def series(page: str) -> dict[str, set[str]]:
    """Names of series, with their labels."""
    found = {}
    for line in page.split("\n"):
        if line and not line.startswith("#"):
            name, labels = re.match(r"([\w:]+)(\{.*\})? ", line).groups()
            found.setdefault(name, set()).update(re.findall(r'[{,](\w+)="', labels or ""))
    return found


def unanswered(page: str) -> list[str]:
    """What the queries ask for and the page does not have."""
    there = series(page)
    problems = []
    for query in queries():
        metrics = asked(query)
        if not metrics and "up" not in query:
            problems.append(f"{query}: no metric")
        for name, labels in metrics.items():
            if name not in there:
                problems.append(f"{query}: there is no {name}")
            problems += [f"{query}: {name} has no label {label}" for label in sorted(labels - there.get(name, labels))]
    return problems
