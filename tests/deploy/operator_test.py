#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The operator against a real API server: definitions are created, updated and never taken back; PodInfo objects follow
their pods; of two operators one works, and the other takes over; the rights of the chart are enough.

usage: operator_test.py BUILD"""

import json
import os
import pathlib
import subprocess
import sys
import time
import unittest
import urllib.request

import cluster

BUILD = pathlib.Path("build")
NAMES = [f"{plural}.cilium.io" for plural in ("tracingpolicies", "tracingpoliciesnamespaced", "podinfo", "tracingpolicyreports")]
LABEL = "cilium.io.k8s.crd.schema.version"
SPACE = "operator-test"
PODS = f"/api/v1/namespaces/{SPACE}/pods"
INFOS = f"/apis/cilium.io/v1alpha1/namespaces/{SPACE}/podinfo"
LEASE = f"/apis/coordination.k8s.io/v1/namespaces/{SPACE}/leases/tetragon-operator-resource-lock"
PORT = 16481


def command(*flags: object) -> list[str]:
    return [str(BUILD / "tripline"), "operator", *map(str, flags)]


def run(*flags: object) -> str:
    done = subprocess.run(command("--kube-config", server.kubeconfig, *flags), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=120)
    if done.returncode:
        raise AssertionError(f"{done.returncode}: {done.stdout}")
    return done.stdout


def until(what, seconds: float = 90):
    end = time.monotonic() + seconds
    while not (found := what()):
        if time.monotonic() > end:
            raise AssertionError("it did not happen in time")
        time.sleep(0.1)
    return found


def definition(name: str) -> dict:
    status, answer = server.ask("GET", f"{cluster.DEFINITIONS}/{name}")
    return answer if status == 200 else {}


def infos() -> dict[str, dict]:
    status, answer = server.ask("GET", INFOS)
    return {each["metadata"]["name"]: each for each in answer["items"]} if status == 200 else {}


class Definitions(unittest.TestCase):
    def setUp(self) -> None:
        for name in NAMES:
            server.ask("DELETE", f"{cluster.DEFINITIONS}/{name}")
        until(lambda: not any(definition(name) for name in NAMES))

    def test_created_and_then_left_alone(self) -> None:
        said = run()
        self.assertEqual(said.count("Created"), 4, said)
        self.assertEqual({definition(name)["metadata"]["labels"][LABEL] for name in NAMES}, {"1.8.13"})
        before = [definition(name)["metadata"]["resourceVersion"] for name in NAMES]
        self.assertEqual(run().count("up to date"), 4)
        self.assertEqual([definition(name)["metadata"]["resourceVersion"] for name in NAMES], before)

    def test_flags_leave_some_out(self) -> None:
        run("--skip-pod-info-crd", "--skip-tracing-policy-crd")
        run("--skip-crd-creation")
        self.assertEqual([name for name in NAMES if definition(name)], [])
        run("--skip-tracing-policy-crd")
        self.assertEqual([name for name in NAMES if definition(name)], ["podinfo.cilium.io"])

    def test_older_is_updated_and_newer_is_not(self) -> None:
        run()

        def change(**labels: str) -> None:
            path = f"{cluster.DEFINITIONS}/{NAMES[0]}"
            body = definition(NAMES[0])
            body["metadata"]["labels"] = labels
            body["metadata"]["annotations"] = {"note": "kept"}
            del body["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["usdts"]
            status, answer = server.ask("PUT", path, body)
            self.assertEqual(status, 200, answer)

        def has_usdts() -> bool:
            schema = definition(NAMES[0])["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
            return "usdts" in schema["properties"]["spec"]["properties"]

        change(**{LABEL: "1.8.2", "team": "x"})
        self.assertIn("Updated", run())
        self.assertTrue(has_usdts())
        self.assertEqual(definition(NAMES[0])["metadata"]["labels"], {LABEL: "1.8.13", "team": "x"})
        self.assertEqual(definition(NAMES[0])["metadata"]["annotations"], {"note": "kept"})
        change(**{LABEL: "1.9.0"})
        self.assertNotIn("Updated", run())
        self.assertFalse(has_usdts())
        self.assertIn("Updated", run("--force-update-crds"))
        self.assertTrue(has_usdts())


class Serving(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        run()
        server.ask("POST", "/api/v1/namespaces", {"metadata": {"name": SPACE}})
        server.ask("DELETE", LEASE)
        for name in infos():
            server.ask("DELETE", f"{INFOS}/{name}")
        cls.running = []

    def tearDown(self) -> None:
        while self.running:
            each = self.running.pop()
            each.kill()
            each.communicate()

    def start(self, *flags: object) -> subprocess.Popen:
        self.running.append(subprocess.Popen(
            command("serve", "--kube-config", server.kubeconfig, "--health-probe-bind-address=0", *flags),
            stdout=subprocess.PIPE, text=True))
        return self.running[-1]

    def pod(self, name: str, ready: bool = True, **metadata: object) -> None:
        server.ask("DELETE", f"{PODS}/{name}?gracePeriodSeconds=0")
        status, answer = server.ask("POST", PODS, {
            "metadata": {"name": name, "labels": {"app": "a"}, **metadata},
            "spec": {"nodeName": "n1", "containers": [{"name": "c", "image": "i"}]}})
        self.assertEqual(status, 201, answer)
        if ready:
            self.patch(name, "/status", {"status": {"podIP": "10.1.2.3", "podIPs": [{"ip": "10.1.2.3"}]}})

    def patch(self, name: str, part: str, body: object) -> None:
        status, answer = server.ask("PATCH", f"{PODS}/{name}{part}", body, "application/strategic-merge-patch+json")
        self.assertEqual(status, 200, answer)

    def test_pod_infos_follow_their_pods(self) -> None:
        self.pod("early", generateName="early-")
        self.pod("without-address", ready=False)
        self.start()
        info = until(lambda: infos().get("early"))
        _, early = server.ask("GET", f"{PODS}/early")
        self.assertEqual(info["metadata"]["ownerReferences"], [{
            "apiVersion": "v1", "kind": "Pod", "name": "early", "uid": early["metadata"]["uid"], "controller": True,
            "blockOwnerDeletion": True}])
        self.assertEqual(info["spec"], {"hostNetwork": False, "nodeName": "n1"})
        self.assertEqual(info["status"], {"podIP": "10.1.2.3", "podIPs": [{"IP": "10.1.2.3"}]})
        self.assertEqual(info["workloadType"], {"apiVersion": "v1", "kind": "Pod"})
        self.assertEqual(info["workloadObject"], {"name": "early", "namespace": SPACE})
        self.pod("late")
        until(lambda: "late" in infos())
        self.patch("late", "", {"metadata": {"labels": {"app": "b"}}})
        until(lambda: infos()["late"]["metadata"]["labels"] == {"app": "b"})
        # Whoever changes or removes one gets it back.
        changed = infos()["late"]
        changed["spec"]["nodeName"] = "elsewhere"
        server.ask("PUT", f"{INFOS}/late", changed)
        until(lambda: infos()["late"]["spec"]["nodeName"] == "n1")
        server.ask("DELETE", f"{INFOS}/late")
        until(lambda: "late" in infos())
        self.assertNotIn("without-address", infos())
        version = infos()["late"]["metadata"]["resourceVersion"]
        time.sleep(1)
        self.assertEqual(infos()["late"]["metadata"]["resourceVersion"], version)  # nothing is written for nothing

    def test_probes_and_metrics(self) -> None:
        self.start("--health-probe-bind-address", f"127.0.0.1:{PORT}", "--metrics-bind-address", f"127.0.0.1:{PORT + 1}")

        def get(port: int, path: str) -> str:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                    return answer.read().decode()
            except OSError:
                return ""

        self.assertEqual(until(lambda: get(PORT, "/healthz")), "ok")
        self.assertEqual(get(PORT, "/readyz"), "ok")
        self.assertIn('leader_election_master_status{name="tetragon-operator-resource-lock"} 1', get(PORT + 1, "/metrics"))

    def test_one_of_two_works(self) -> None:
        elected = ["--leader-election", "--leader-election-namespace", SPACE, "--leader-election-lease-duration=3s",
                   "--leader-election-renew-deadline=2s", "--leader-election-retry-period=500ms"]

        def holder() -> str:
            _, lease = server.ask("GET", LEASE)
            return lease.get("spec", {}).get("holderIdentity", "")

        first = self.start(*elected)
        one = until(holder)
        second = self.start(*elected)
        time.sleep(2)
        self.assertEqual(holder(), one)
        first.kill()  # a crash: its lease has to run out
        two = until(lambda: holder() if holder() != one else "")
        self.start(*elected)
        second.terminate()  # an orderly end: the next comes at once
        self.assertEqual(second.wait(10), 0)
        until(lambda: holder() not in ("", one, two), 3)


if __name__ == "__main__":
    BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
    server = cluster.need()
    unittest.main()
