#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The chart: helm finds nothing wrong with it, values become the settings they stand for, every setting is one that the
agent or the operator has, and a real API server would take every object.

usage: chart_test.py BUILD     (HELM names the program where it is not on the path)"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import unittest

import cluster

REPO = pathlib.Path(__file__).resolve().parent.parent.parent
CHART = REPO / "deploy/chart"
BUILD = pathlib.Path("build")
HELM = os.environ.get("HELM") or shutil.which("helm") or str(pathlib.Path.home() / ".cache/tripline/helm/helm")
# Everything that can be turned on at once.
ALL = {
    "tetragon.btf": "/btf", "tetragon.clusterName": "c1", "tetragon.grpc.address": "0.0.0.0:54321",
    "tetragon.grpc.tls.enabled": True, "tetragon.grpc.tls.auto.enabled": True,
    "tetragon.grpc.tls.requireClientCert": True, "tetragon.gops.enabled": True, "tetragon.pprof.enabled": True,
    "tetragon.enablePolicyFilterCgroupMap": True, "tetragon.enablePolicyFilterDebug": True,
    "tetragon.enableMsgHandlingLatency": True, "tetragon.enableKeepSensorsOnExit": True, "tetragon.cri.enabled": True,
    "tetragon.cri.socketHostPath": "/run/containerd/containerd.sock", "tetragon.extraArgs.rb-size": "128K",
    "tetragon.prometheus.serviceMonitor.enabled": True, "tetragonOperator.failoverLease.enabled": True,
    "tetragonOperator.podInfo.enabled": True, "tetragonOperator.prometheus.serviceMonitor.enabled": True,
    "rthooks.enabled": True, "rthooks.interface": "oci-hooks", "rthooks.failAllowNamespaces": "a\\,b",
    "crds.installMethod": "helm", "webhook.enabled": True, "webhook.kernels.persistentVolumeClaim.claimName": "kernels",
}
FOLDERS = {  # of the API, by kind
    "ConfigMap": "/api/v1", "Service": "/api/v1", "ServiceAccount": "/api/v1", "Secret": "/api/v1",
    "DaemonSet": "/apis/apps/v1", "Deployment": "/apis/apps/v1", "ClusterRole": "/apis/rbac.authorization.k8s.io/v1",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1", "Role": "/apis/rbac.authorization.k8s.io/v1",
    "RoleBinding": "/apis/rbac.authorization.k8s.io/v1", "CustomResourceDefinition": "/apis/apiextensions.k8s.io/v1",
    "ValidatingWebhookConfiguration": "/apis/admissionregistration.k8s.io/v1",
}
RIGHTS = {"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"}
WITHOUT_NAMESPACE = {"ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "ValidatingWebhookConfiguration"}
OTHERS = {"ServiceMonitor", "Certificate"}  # of definitions that are not ours


def helm(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([HELM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def template(values: dict[str, object]) -> list[str]:
    """The documents that the chart makes of these values."""
    sets = [word for key, value in values.items()
            for word in ("--set", f"{key}={json.dumps(value) if isinstance(value, bool) else value}")]
    done = helm("template", "tetragon", str(CHART), "--namespace", "kube-system", *sets)
    if done.returncode:
        raise AssertionError(done.stderr)
    return [text for text in re.split(r"(?m)^---$", done.stdout) if re.search(r"(?m)^kind:", text)]


def refusal(values: dict[str, object]) -> str:
    try:
        template(values)
    except AssertionError as problem:
        return str(problem)
    return ""


def kind(text: str) -> str:
    return re.search(r'(?m)^kind: "?(\w+)', text)[1]


def name(text: str) -> str:
    return re.search(r'(?m)^metadata:\n(?:  .*\n)*?  name: "?([\w.-]+)', text)[1]


def named(texts: list[str], which: str) -> str:
    return next(text for text in texts if f"{kind(text)}/{name(text)}" == which)


def settings(text: str) -> dict[str, str]:
    """The data of a ConfigMap: texts on one line, or blocks of several."""
    data = text[text.index("\ndata:\n") + 7:]
    out = {}
    for key, value, block in re.findall(r'(?m)^  ([\w-]+): (?:\|-\n((?:    .*\n?|\n)*)|(.*)$)', data + "\n"):
        out[key] = re.sub(r"(?m)^    ", "", value).strip() if not block else block.strip('"')
    return out


class Chart(unittest.TestCase):
    maxDiff = None

    def test_lint(self) -> None:
        done = helm("lint", "--strict", str(CHART))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_values_become_settings(self) -> None:
        plain = settings(named(template({}), "ConfigMap/tetragon-config"))
        self.assertEqual(plain["server-address"], "unix:///var/run/tetragon/tetragon.sock")
        self.assertEqual(plain["metrics-server"], ":2112")
        self.assertEqual(plain["health-server-address"], ":6789")
        self.assertEqual(plain["export-filename"], "/var/log/tetragon/tetragon.log")
        self.assertEqual(plain["process-cache-size"], "65536")
        self.assertEqual(plain["enable-k8s-api"], "true")
        self.assertEqual(plain["procfs"], "/procRoot")
        self.assertEqual(plain["export-denylist"].count("\n"), 1)
        self.assertNotIn("keep-sensors-on-exit", plain)
        every = settings(named(template(ALL), "ConfigMap/tetragon-config"))
        self.assertEqual(every["keep-sensors-on-exit"], "true")
        self.assertEqual(every["release-pinned-bpf"], "false")
        self.assertEqual(every["cri-endpoint"], "unix:///run/containerd/containerd.sock")
        self.assertEqual(every["server-tls-cert-file"], "/var/lib/tetragon/tls/tls.crt")
        self.assertEqual(every["server-tls-client-ca-files"], "/var/lib/tetragon/tls/ca.crt")
        off = settings(named(template({"tetragon.exportFilename": "", "tetragon.grpc.enabled": False,
                                       "tetragon.prometheus.enabled": False, "tetragon.healthGrpc.enabled": False,
                                       "tetragon.enableK8sAPI": False,
                                       "tetragon.redactionFilters": "x"}), "ConfigMap/tetragon-config"))
        self.assertEqual((off["server-address"], off["metrics-server"], off["health-server-address"]), ("", "", ""))
        self.assertEqual(off["redaction-filters"], "x")
        self.assertFalse({"export-filename", "export-allowlist", "enable-k8s-api"} & set(off))

    def test_every_setting_exists(self) -> None:
        texts = template(ALL)
        for which, program in (("ConfigMap/tetragon-config", ["agent"]), ("ConfigMap/tetragon-operator-config", ["operator"])):
            said = subprocess.run([BUILD / "tripline", *program, "--help"], stdout=subprocess.PIPE, text=True, check=True)
            known = set(re.findall(r"--([\w-]+)", said.stdout))
            self.assertEqual(set(settings(named(texts, which))) - known, set())

    def test_agent(self) -> None:
        texts = template(ALL)
        agent = named(texts, "DaemonSet/tetragon")
        for words in ("hostNetwork: true", "- --config-dir=/etc/tetragon/tetragon.conf.d/", '- "--rb-size=128K"',
                      "mountPropagation: Bidirectional", "terminationGracePeriodSeconds: 1", "privileged: true",
                      "service: liveness", "mountPath: /run/containerd"):
            self.assertIn(words, agent)
        first = re.search(r"checksum/configmap: (\w+)", agent)[1]
        other = named(template(ALL | {"tetragon.debug": True}), "DaemonSet/tetragon")
        self.assertNotEqual(re.search(r"checksum/configmap: (\w+)", other)[1], first)
        hook = named(texts, "DaemonSet/tetragon-rthooks")
        self.assertIn('- "kube-system,a,b"', hook)
        self.assertIn("--interface=oci-hooks", hook)

    def test_rights_are_those_that_are_used(self) -> None:
        role = named(template({}), "ClusterRole/tetragon")
        # The agent changes nothing but its report.
        self.assertEqual(re.findall(r"resources: \[(.*)\]\n *verbs: \[.*create.*\]", role), ["tracingpolicyreports"])
        role = named(template({"tetragonOperator.policyStatus.enabled": False}), "ClusterRole/tetragon")
        self.assertEqual(set(re.findall(r"verbs: \[(.*)\]", role)), {"get, list, watch"})
        self.assertNotIn("[podinfo]", named(template({}), "ClusterRole/tetragon-operator"))
        self.assertNotIn("create", named(template({"crds.installMethod": "none", "tetragonOperator.policyStatus.enabled": False}),
                                         "ClusterRole/tetragon-operator"))

    def test_definitions(self) -> None:
        kinds = [kind(text) for text in template({})]
        self.assertNotIn("CustomResourceDefinition", kinds)
        self.assertEqual([kind(text) for text in template(ALL)].count("CustomResourceDefinition"), 4)
        self.assertEqual(settings(named(template(ALL), "ConfigMap/tetragon-operator-config"))["skip-crd-creation"], "true")

    def test_webhook(self) -> None:
        texts = template(ALL)
        hook = named(texts, "ValidatingWebhookConfiguration/tetragon-webhook")
        self.assertIn("failurePolicy: Ignore", hook)
        self.assertRegex(hook, 'caBundle: "[A-Za-z0-9+/=]{100,}"')
        self.assertIn("claimName: kernels", named(texts, "Deployment/tetragon-webhook"))
        known = subprocess.run([BUILD / "tripline", "webhook", "--help"], stdout=subprocess.PIPE, text=True, check=True)
        for flag in re.findall(r"- (--[\w-]+)=", named(texts, "Deployment/tetragon-webhook")):
            self.assertIn(flag, known.stdout)
        self.assertFalse([text for text in template({}) if "webhook" in name(text)])

    def test_refusals(self) -> None:
        tls = {"tetragon.grpc.tls.enabled": True}
        self.assertIn("tetragon.grpc.address is a socket file", refusal(tls))
        self.assertIn("needs existingSecret", refusal(tls | {"tetragon.grpc.address": ":1"}))
        self.assertIn("can be operator, helm or none", refusal({"crds.installMethod": "magic"}))
        self.assertIn("webhook.kernels must be a volume", refusal({"webhook.enabled": True}))
        self.assertIn("needs webhook.tls.caBundle", refusal(
            {"webhook.enabled": True, "webhook.kernels.hostPath.path": "/k", "webhook.tls.existingSecret": "s"}))
        self.assertIn("rthooks.interface must be set", refusal({"rthooks.enabled": True}))
        self.assertIn("it can be oci-hooks", refusal({"rthooks.enabled": True, "rthooks.interface": "nri-hook"}))

    def test_the_api_server_takes_every_object(self) -> None:
        server = cluster.start()
        if server is None:
            self.skipTest("the API server for tests is not built (./dev kube build)")
        taken = 0
        for values in ({}, ALL):
            for text in template(values):
                what = kind(text)
                if what in OTHERS:
                    continue
                space = "" if what in WITHOUT_NAMESPACE else "/namespaces/kube-system"
                status, answer = server.ask("POST", f"{FOLDERS[what]}{space}/{what.lower()}s?dryRun=All&fieldValidation=Strict",
                                            text, "application/yaml")
                self.assertIn(status, (201, 409), f"{what} {name(text)}: {answer.get('message')}")
                taken += 1
        self.assertGreater(taken, 25)

    def test_the_rights_are_enough_for_the_operator(self) -> None:
        server = cluster.start()
        if server is None:
            self.skipTest("the API server for tests is not built (./dev kube build)")
        values = {"tetragonOperator.podInfo.enabled": True, "tetragonOperator.failoverLease.enabled": True}
        for text in template(values):
            what = kind(text)
            if what in RIGHTS:
                folder = f"{FOLDERS[what]}{'' if what in WITHOUT_NAMESPACE else '/namespaces/kube-system'}/{what.lower()}s"
                server.ask("DELETE", f"{folder}/{name(text)}")
                status, answer = server.ask("POST", folder, text, "application/yaml")
                self.assertEqual(status, 201, answer)
        account = server.folder / "operator.kubeconfig"
        account.write_text(json.dumps({
            "current-context": "test", "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
            "clusters": [{"name": "test", "cluster": {"server": f"https://{server.host}",
                                                      "certificate-authority": str(server.folder / "ca.crt")}}],
            "users": [{"name": "test", "user": {"token": "operator-token"}}]}))
        self.addCleanup(account.unlink)
        for definition in ("tracingpolicies", "tracingpoliciesnamespaced", "podinfo", "tracingpolicyreports"):
            server.ask("DELETE", f"{cluster.DEFINITIONS}/{definition}.cilium.io")
        self.addCleanup(server.ask, "DELETE", "/apis/cilium.io/v1alpha1/tracingpolicyreports/rights")
        running = subprocess.Popen(
            [BUILD / "tripline", "operator", "serve", "--kube-config", account, "--health-probe-bind-address=0",
             "--leader-election", "--leader-election-namespace=kube-system"], stdout=subprocess.PIPE, text=True)
        try:
            self.report_as_an_agent(server)
        finally:
            running.terminate()
        said = running.communicate(timeout=20)[0]
        self.assertEqual(said.count("Created"), 4, said)
        self.assertIn("This operator is the leader", said)
        self.assertNotIn("Forbidden", said)
        self.assertEqual(running.returncode, 0)

    def report_as_an_agent(self, server: cluster.Cluster) -> None:
        """An agent's rights are enough for its report, and the operator's for what becomes of it."""
        folder = "/apis/cilium.io/v1alpha1"
        end = time.monotonic() + 60
        for definition in ("tracingpolicies", "tracingpolicyreports"):
            while server.ask("GET", f"{cluster.DEFINITIONS}/{definition}.cilium.io")[0] != 200 and time.monotonic() < end:
                time.sleep(0.2)
            self.assertTrue(cluster.established(server, f"{definition}.cilium.io"))
        body = {"apiVersion": "cilium.io/v1alpha1", "kind": "TracingPolicy", "metadata": {"name": "rights"},
                "spec": {"kprobes": [{"call": "x"}]}}
        while (made := server.ask("POST", f"{folder}/tracingpolicies", body))[0] != 201 and time.monotonic() < end:
            time.sleep(0.2)
        self.addCleanup(server.ask, "DELETE", f"{folder}/tracingpolicies/rights")
        self.assertEqual(made[0], 201, made[1])
        agent = cluster.Cluster(server.folder, "agent-token")
        entry = {"name": "rights", "uid": made[1]["metadata"]["uid"], "generation": 1, "state": "LoadError", "message": "no"}
        report = {"apiVersion": "cilium.io/v1alpha1", "kind": "TracingPolicyReport", "metadata": {"name": "rights"},
                  "policies": [entry], "omitted": 0}
        while True:
            status, answer = agent.ask("PATCH", f"{folder}/tracingpolicyreports/rights?fieldManager=tripline&force=true",
                                       report, "application/apply-patch+yaml")
            if status != 404 or time.monotonic() > end:  # of a kind that came a moment ago
                break
            time.sleep(0.2)
        self.assertIn(status, (200, 201), answer)
        self.assertEqual(agent.ask("PATCH", f"{folder}/tracingpolicies/rights/status", {"status": {}},
                                   "application/merge-patch+json")[0], 403)
        for path, found in ((f"{folder}/tracingpolicies/rights", lambda answer: answer.get("status")),
                            ("/api/v1/namespaces/default/events", lambda answer: answer["items"])):
            while not found(answer := server.ask("GET", path)[1]) and time.monotonic() < end:
                time.sleep(0.2)
            self.assertTrue(found(answer), path)
        self.assertEqual(agent.ask("DELETE", f"{folder}/tracingpolicyreports/rights")[0], 200)


if __name__ == "__main__":
    BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
    if not pathlib.Path(HELM).exists():
        print("skipped: helm is not there (HELM names the program)")
        sys.exit(77)
    unittest.main()
