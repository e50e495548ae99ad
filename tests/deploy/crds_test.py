#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The custom resource definitions in a real API server: they are created, and the server takes and refuses the same
documents as our parser, where a schema can tell. Those on which they differ are in verdicts.tsv, with the reason.

usage: crds_test.py BUILD-FOLDER [--write]"""

import pathlib
import re
import subprocess
import sys
import unittest

import cluster

HERE = pathlib.Path(__file__).resolve().parent
REPO = HERE.parent.parent
CRDS = sorted((REPO / "deploy/crds").glob("*.yaml"))
TABLE = HERE / "verdicts.tsv"
FOLDERS = "policies tests/corpus/documents tests/corpus/bad tests/corpus/good tests/corpus/lint tests/corpus/policies"
API = "/apis/cilium.io/v1alpha1"


def documents() -> list[pathlib.Path]:
    return sorted(path for folder in FOLDERS.split() for path in (REPO / folder).rglob("*.y*ml"))


def ours() -> dict[str, tuple[bool, str]]:
    """Of each document: whether the parser takes it, and the first error."""
    said = subprocess.run([build / "tests/crd/crd_verdicts", *documents()], stdout=subprocess.PIPE, check=True).stdout
    out = {}
    for line in filter(None, said.decode(errors="replace").split("\n")):
        word, path, error = (line.split("\t") + ["", ""])[:3]
        out[str(pathlib.Path(path).relative_to(REPO))] = (word == "good", error)
    return out


def place(text: bytes) -> str:
    """Where an object like this is created. The server takes a namespace from the address as well."""
    namespaced = re.search(rb'(?m)^\s*"?kind"?\s*:\s*"?TracingPolicyNamespaced', text)
    space = re.search(rb'(?m)^\s+"?namespace"?\s*:\s*["\']?([\w.-]+)', text) if namespaced else None
    return f"{API}/namespaces/{(space[1] if space else b'default').decode()}/tracingpoliciesnamespaced" if namespaced \
        else f"{API}/tracingpolicies"


def theirs(name: str) -> tuple[bool, str]:
    text = (REPO / name).read_bytes()
    path = place(text)
    if "/namespaces/" in path:
        space = path.split("/")[5]
        server.ask("POST", "/api/v1/namespaces", {"metadata": {"name": space}})
    status, answer = server.ask("POST", f"{path}?dryRun=All&fieldValidation=Strict", text, "application/yaml")
    return status == 201, "" if status == 201 else re.sub(r"\s+", " ", f"{status} {answer.get('message', '')}")[:200]


def differing() -> dict[str, str]:
    """What the two say of each document on which they differ."""
    rows = {}
    for name, (good, error) in ours().items():
        taken, message = theirs(name)
        if taken != good:
            rows[name] = f"server takes, parser refuses: {error}" if taken else f"parser takes, server refuses: {message}"
    return rows


def table() -> dict[str, str]:
    lines = TABLE.read_text(encoding="utf-8").split("\n") if TABLE.exists() else []
    return dict(line.split("\t", 1) for line in lines if line and not line.startswith("#"))


class Crds(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        for file in CRDS:
            name = file.stem.removeprefix("cilium.io_") + ".cilium.io"
            status, answer = server.ask("POST", cluster.DEFINITIONS + "?fieldValidation=Strict", file.read_bytes(),
                                        "application/yaml")
            if status not in (201, 409):
                raise AssertionError(f"{file.name}: {status} {answer}")
            if not cluster.established(server, name):
                raise AssertionError(f"{name} is not established")

    def test_conditions_say_nothing_is_wrong_with_the_schema(self) -> None:
        for file in CRDS:
            name = file.stem.removeprefix("cilium.io_") + ".cilium.io"
            _, answer = server.ask("GET", f"{cluster.DEFINITIONS}/{name}")
            for condition in answer["status"]["conditions"]:
                self.assertEqual(condition["status"], "True", f"{name}: {condition}")  # NonStructuralSchema is not there

    def test_same_verdicts(self) -> None:
        self.maxDiff = None
        known = {name: reason for name, reason in table().items()}
        found = differing()
        self.assertGreater(len(documents()), 300)
        self.assertEqual({name: row for name, row in found.items() if name not in known}, {})
        self.assertEqual(sorted(set(known) - set(found)), [], "these no longer differ")

    def test_defaults_are_stored(self) -> None:
        body = {"apiVersion": "cilium.io/v1alpha1", "kind": "TracingPolicy", "metadata": {"name": "defaults"},
                "spec": {"kprobes": [{"call": "fd_install", "args": [{"index": 0}],
                                      "selectors": [{"matchPIDs": [{"operator": "In", "values": [1]}]}]}]}}
        status, answer = server.ask("POST", f"{API}/tracingpolicies?dryRun=All", body)
        self.assertEqual(status, 201, answer)
        hook = answer["spec"]["kprobes"][0]
        self.assertEqual(hook["syscall"], True)
        self.assertEqual(hook["return"], False)
        self.assertEqual(hook["args"][0], {"index": 0, "type": "auto", "resolve": "", "returnCopy": False,
                                           "maxData": False})
        self.assertEqual(hook["selectors"][0]["matchPIDs"][0], {"operator": "In", "values": [1], "followForks": False,
                                                                "isNamespacePID": False})

    def test_status_is_apart_from_the_spec(self) -> None:
        path = f"{API}/tracingpolicies"
        body = {"apiVersion": "cilium.io/v1alpha1", "kind": "TracingPolicy", "metadata": {"name": "with-status"},
                "spec": {"kprobes": [{"call": "fd_install", "syscall": False}]}}
        server.ask("DELETE", f"{path}/with-status")
        status, made = server.ask("POST", path, body)
        self.assertEqual(status, 201, made)
        made["status"] = {"observedGeneration": 1, "nodes": {"total": 3, "enabled": 3},
                          "conditions": [{"type": "Enabled", "status": "True"}]}
        status, answer = server.ask("PUT", f"{path}/with-status/status", made)
        self.assertEqual(status, 200, answer)
        self.assertEqual(answer["metadata"]["generation"], 1)  # agents look at a policy again when this changes
        self.assertEqual(answer["status"], made["status"])
        server.ask("DELETE", f"{path}/with-status")


if __name__ == "__main__":
    build = pathlib.Path(sys.argv[1])
    server = cluster.need()
    if "--write" in sys.argv:
        Crds.setUpClass()
        for name, row in sorted(differing().items()):
            print(f"{name}\t{row}")
        sys.exit()
    unittest.main(argv=sys.argv[:1])
