#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The operator against a real API server: definitions are created, updated and never taken back; PodInfo objects follow
their pods, and the status of policies what nodes report; of two operators one works, and the other takes over; a webhook refuses policies.

usage: operator_test.py BUILD"""

import base64
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
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


class Status(unittest.TestCase):
    """What nodes report becomes the policies' status. The nodes are this test's."""

    POLICIES = "/apis/cilium.io/v1alpha1/tracingpolicies"
    REPORTS = "/apis/cilium.io/v1alpha1/tracingpolicyreports"
    NAMESPACED = f"/apis/cilium.io/v1alpha1/namespaces/{SPACE}/tracingpoliciesnamespaced"

    @classmethod
    def setUpClass(cls) -> None:
        run()
        server.ask("POST", "/api/v1/namespaces", {"metadata": {"name": SPACE}})

    def setUp(self) -> None:
        for folder in (self.POLICIES, self.NAMESPACED, self.REPORTS):
            server.ask("DELETE", folder)
        for space in ("default", SPACE):
            server.ask("DELETE", f"/api/v1/namespaces/{space}/events")
        self.said = {}  # by node, what it says of policies by their uids
        self.operator = subprocess.Popen(
            command("serve", "--kube-config", server.kubeconfig, "--health-probe-bind-address=0",
                    "--metrics-bind-address", f"127.0.0.1:{PORT + 2}"), stdout=subprocess.PIPE, text=True)

    def tearDown(self) -> None:
        self.operator.terminate()
        said = self.operator.communicate(timeout=20)[0]
        self.assertNotIn("could not be written", said)

    def policy(self, folder: str, name: str, call: str = "sys_read") -> dict:
        kind = "TracingPolicyNamespaced" if "namespaces" in folder else "TracingPolicy"
        status, answer = server.ask("POST", folder, {
            "apiVersion": "cilium.io/v1alpha1", "kind": kind, "metadata": {"name": name},
            "spec": {"kprobes": [{"call": call, "syscall": True}]}})
        self.assertEqual(status, 201, answer)
        return answer

    def report(self, node: str, policy: dict, state: str, **error: object) -> None:
        metadata = policy["metadata"]
        entry = {"name": metadata["name"], "uid": metadata["uid"], "generation": metadata["generation"], "state": state}
        if "namespace" in metadata:
            entry["namespace"] = metadata["namespace"]
        self.said.setdefault(node, {})[metadata["uid"]] = entry | error
        status, answer = server.ask(
            "PATCH", f"{self.REPORTS}/{node}?fieldManager=tripline&force=true",
            {"apiVersion": "cilium.io/v1alpha1", "kind": "TracingPolicyReport", "metadata": {"name": node},
             "policies": list(self.said[node].values()), "omitted": 0}, "application/apply-patch+yaml")
        self.assertIn(status, (200, 201), answer)

    def status(self, folder: str, name: str) -> dict:
        return server.ask("GET", f"{folder}/{name}")[1].get("status") or {}

    def shows(self, folder: str, name: str, counts: str) -> dict:
        try:
            return until(lambda: s if (s := self.status(folder, name)).get("enabled") == counts else None, 30)
        except AssertionError:
            raise AssertionError(f"{counts} is not in {self.status(folder, name)}") from None

    def events(self, space: str) -> list[dict]:
        return server.ask("GET", f"/api/v1/namespaces/{space}/events")[1]["items"]

    def test_status_follows_the_nodes(self) -> None:
        policy = self.policy(self.POLICIES, "p")
        self.report("n1", policy, "Enabled")
        self.report("n2", policy, "LoadError", line=9, column=4, message="there is no such call")
        self.report("n3", policy, "Skipped")
        status = self.shows(self.POLICIES, "p", "1/2")
        condition = status["conditions"][0]
        self.assertEqual((condition["type"], condition["status"], condition["reason"]), ("Enabled", "False", "LoadError"))
        self.assertEqual(condition["message"],
                         "enabled on 1 of 2 nodes, failed on 1; node n2: p:9:4: error: there is no such call")
        self.assertEqual(status["error"], {"node": "n2", "line": 9, "column": 4, "message": "there is no such call"})
        self.assertEqual(status["nodes"],
                         {"total": 2, "enabled": 1, "disabled": 0, "failed": 1, "pending": 0, "skipped": 1})
        event = until(lambda: self.events("default"))[0]
        self.assertEqual((event["reason"], event["type"], event["count"]), ("LoadError", "Warning", 1))
        self.assertEqual(event["involvedObject"]["uid"], policy["metadata"]["uid"])
        self.assertEqual(event["message"], condition["message"])

        # An update corrects it.
        _, policy = server.ask("PATCH", f"{self.POLICIES}/p", {"spec": {"kprobes": [{"call": "sys_write", "syscall": True}]}},
                               "application/merge-patch+json")
        self.assertEqual(policy["metadata"]["generation"], 2)
        self.shows(self.POLICIES, "p", "0/3")  # nobody has said anything of it
        self.report("n1", policy, "Enabled")
        self.report("n2", policy, "Enabled")
        self.report("n3", policy, "Skipped")
        status = self.shows(self.POLICIES, "p", "2/2")
        self.assertEqual(status["conditions"][0]["status"], "True")
        self.assertNotIn("error", status)
        self.assertEqual(status["observedGeneration"], 2)

        # A node that is gone leaves the count.
        server.ask("DELETE", f"{self.REPORTS}/n2")
        self.shows(self.POLICIES, "p", "1/1")
        # What is deleted and made again is another.
        server.ask("DELETE", f"{self.POLICIES}/p")
        self.policy(self.POLICIES, "p")
        self.shows(self.POLICIES, "p", "0/2")

    def test_events_are_counted(self) -> None:
        policy = self.policy(self.NAMESPACED, "q")
        for n in range(5):
            self.report(f"n{n}", policy, "Refused", message="no")
        self.shows(self.NAMESPACED, "q", "0/5")
        until(lambda: (found := self.events(SPACE)) and found[0]["count"] == 5, 15)
        for n in range(5, 10):
            self.report(f"n{n}", policy, "Refused", message="no")
        until(lambda: self.events(SPACE)[0]["count"] == 10, 30)
        self.assertEqual(len(self.events(SPACE)), 1)
        self.assertEqual(self.events(SPACE)[0]["involvedObject"]["kind"], "TracingPolicyNamespaced")
        # Another operator finds what is to be written written.
        version = server.ask("GET", f"{self.NAMESPACED}/q")[1]["metadata"]["resourceVersion"]
        self.tearDown()
        self.operator = subprocess.Popen(
            command("serve", "--kube-config", server.kubeconfig, "--health-probe-bind-address=0"),
            stdout=subprocess.PIPE, text=True)
        time.sleep(4)
        self.assertEqual(server.ask("GET", f"{self.NAMESPACED}/q")[1]["metadata"]["resourceVersion"], version)
        self.assertEqual(self.events(SPACE)[0]["count"], 10)

    def test_a_hundred_nodes_are_few_writes(self) -> None:
        policies = [self.policy(self.POLICIES, f"p{n}") for n in range(5)]
        for n in range(100):
            for policy in policies[:-1]:
                metadata = policy["metadata"]
                self.said.setdefault(f"n{n}", {})[metadata["uid"]] = {
                    "name": metadata["name"], "uid": metadata["uid"], "generation": 1, "state": "Enabled"}
            self.report(f"n{n}", policies[-1], "Enabled")
        for n in range(5):
            self.shows(self.POLICIES, f"p{n}", "100/100")
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT + 2}/metrics", timeout=5) as answer:
            text = answer.read().decode()
        written = int(re.search(r'controller="policystatus",result="success"} (\d+)', text)[1])
        print(f"status writes for 100 nodes and 5 policies: {written}", file=sys.stderr)
        self.assertLess(written, 50)


class Webhook(unittest.TestCase):
    """The API server asks `tripline webhook` whether a policy is one."""

    POLICIES = "/apis/cilium.io/v1alpha1/tracingpolicies"
    HOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
    KERNEL = pathlib.Path(__file__).resolve().parent.parent / "corpus/kernels/debian-6.12.kernel"

    def certify(self) -> str:
        """A new certificate for the webhook, put in place at once."""
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-keyout", self.folder / "new.key", "-out", self.folder / "new.crt", "-days", "2", "-subj", "/CN=w",
                        "-addext", "subjectAltName=IP:127.0.0.1"], check=True, stderr=subprocess.DEVNULL)
        for kind in ("key", "crt"):
            (self.folder / f"new.{kind}").replace(self.folder / f"tls.{kind}")
        return (self.folder / "tls.crt").read_text()

    def setUp(self) -> None:
        run()
        server.ask("DELETE", self.POLICIES)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="webhook."))
        self.addCleanup(shutil.rmtree, self.folder)
        self.certificate = self.certify()
        self.webhook = subprocess.Popen(
            [BUILD / "tripline", "webhook", "--address=127.0.0.1:0", f"--tls-cert-file={self.folder}/tls.crt",
             f"--tls-key-file={self.folder}/tls.key", f"--kernel={self.KERNEL}"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.end)
        said = ""
        while "port=" not in said:
            said = self.webhook.stdout.readline()
            self.assertTrue(said)
        self.port = int(re.search(r"port=(\d+)", said)[1])

    def end(self) -> None:
        self.webhook.terminate()
        self.assertEqual(self.webhook.wait(20), 0)
        self.webhook.stdout.close()

    def ask_it(self) -> None:
        server.ask("DELETE", f"{self.HOOKS}/tripline-test")
        status, answer = server.ask("POST", self.HOOKS, {
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": "tripline-test"}, "webhooks": [{
                "name": "policies.tripline.test", "admissionReviewVersions": ["v1"], "sideEffects": "None",
                "failurePolicy": "Fail", "timeoutSeconds": 10,
                "clientConfig": {"url": f"https://127.0.0.1:{self.port}/validate",
                                 "caBundle": base64.b64encode(self.certificate.encode()).decode()},
                "rules": [{"apiGroups": ["cilium.io"], "apiVersions": ["v1alpha1"], "operations": ["CREATE", "UPDATE"],
                           "resources": ["tracingpolicies", "tracingpoliciesnamespaced"]}]}]})
        self.assertEqual(status, 201, answer)
        self.addCleanup(server.ask, "DELETE", f"{self.HOOKS}/tripline-test")
        # It counts after a moment.
        until(lambda: server.ask("POST", f"{self.POLICIES}?dryRun=All", self.policy("probe", "nowhere"))[0] == 422, 30)

    @staticmethod
    def policy(name: str, call: str) -> dict:
        return {"apiVersion": "cilium.io/v1alpha1", "kind": "TracingPolicy", "metadata": {"name": name},
                "spec": {"kprobes": [{"call": call, "syscall": False}]}}

    def test_the_api_server_says_what_check_says(self) -> None:
        status, stored = until(lambda: found if (found := server.ask(
            "POST", f"{self.POLICIES}?dryRun=All", self.policy("p", "nowhere")))[0] == 201 else None)
        (self.folder / "p").write_text(json.dumps(
            {"apiVersion": "cilium.io/v1alpha1", "kind": "TracingPolicy", "metadata": {"name": "p"}, "spec": stored["spec"]},
            indent=1))
        checked = subprocess.run([BUILD / "tripline", "check", f"--kernel={self.KERNEL}", "p"], cwd=self.folder,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertIn('this kernel has no function "nowhere"', checked.stderr)
        self.ask_it()
        status, answer = server.ask("POST", self.POLICIES, self.policy("p", "nowhere"))
        self.assertEqual(status, 422, answer)
        self.assertEqual(answer["message"].strip(),
                         ('admission webhook "policies.tripline.test" denied the request: ' + checked.stderr).strip())
        status, answer = server.ask("POST", self.POLICIES, self.policy("p", "security_file_open"))
        self.assertEqual(status, 201, answer)
        status, answer = server.ask("PUT", f"{self.POLICIES}/p", answer | {"spec": self.policy("p", "nowhere")["spec"]})
        self.assertEqual(status, 422, answer)
        status, answer = server.ask("PATCH", f"{self.POLICIES}/p", {"metadata": {"labels": {"a": "b"}}},
                                    "application/merge-patch+json")
        self.assertEqual(status, 200, answer)
        self.assertEqual(server.ask("DELETE", f"{self.POLICIES}/p")[0], 200)

    def test_a_certificate_that_changes(self) -> None:
        def served() -> str:
            return ssl.get_server_certificate(("127.0.0.1", self.port)).strip()

        self.assertEqual(served(), self.certificate.strip())
        (self.folder / "tls.crt").write_text("nothing")
        self.assertEqual(served(), self.certificate.strip())  # the earlier one stays
        other = self.certify()
        self.assertEqual(served(), other.strip())

    def test_garbage_ends_nothing(self) -> None:
        trust = ssl.create_default_context(cadata=self.certificate)

        def send(data: bytes, tls: bool = True) -> bytes:
            with socket.create_connection(("127.0.0.1", self.port), timeout=10) as plain:
                with (trust.wrap_socket(plain, server_hostname="127.0.0.1") if tls else plain) as peer:
                    peer.sendall(data)
                    try:
                        return peer.recv(4096)
                    except OSError:
                        return b""

        def post(body: bytes) -> bytes:
            return b"POST /validate HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

        send(os.urandom(500), tls=False)
        self.assertIn(b" 400 ", send(os.urandom(500)))
        self.assertIn(b" 400 ", send(post(b"{}")))
        self.assertIn(b" 400 ", send(post(b"[" * 100_000)))
        self.assertIn(b" 413 ", send(b"POST /validate HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n"))
        self.assertIn(b" 404 ", send(b"GET /x HTTP/1.1\r\n\r\n"))
        idle = [socket.create_connection(("127.0.0.1", self.port)) for _ in range(40)]  # that say nothing
        self.assertIn(b" 200 ", send(b"GET /healthz HTTP/1.1\r\n\r\n"))
        for each in idle:
            each.close()


if __name__ == "__main__":
    BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
    server = cluster.need()
    unittest.main()
