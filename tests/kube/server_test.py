#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lists and watches against a real API server (tools/kube), which is killed, restarted, and made to refuse; and against a
server that lies. `follow` is our client: it prints what it was told.

usage: server_test.py FOLLOW. Exits with 77 when the API server for tests was never built and cannot be."""

import json
import os
import pathlib
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

REPO = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO / "tools"))
import apiserver  # noqa: E402

FOLLOW = sys.argv.pop(1) if len(sys.argv) > 1 else ""
POLICIES = "/apis/cilium.io/v1alpha1/tracingpolicies"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
SECONDS = 60


CLUSTER = apiserver.small_crd("TracingPolicy", "tracingpolicies", "Cluster")


def policy(name: str, calls=("fd_install",)) -> dict:
    return {"apiVersion": "cilium.io/v1alpha1", "kind": "TracingPolicy", "metadata": {"name": name},
            "spec": {"kprobes": [{"call": call, "syscall": False} for call in calls]}}


def pod(name: str, node: str, **labels: str) -> dict:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels},
            "spec": {"nodeName": node, "containers": [{"name": "main", "image": "i"}]}}


def running(container_id: str) -> dict:
    return {"status": {"phase": "Running", "containerStatuses": [
        {"name": "main", "ready": True, "restartCount": 0, "image": "i", "imageID": "i@sha256:1",
         "containerID": f"containerd://{container_id}", "state": {"running": {"startedAt": "2026-08-21T10:00:00Z"}}}]}}


class Follower:
    """Our client as a process."""

    def __init__(self, kubeconfig, *words: str, **environment: str):
        self.process = subprocess.Popen([FOLLOW, str(kubeconfig), *words], stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, **environment})
        self.lines: queue.Queue = queue.Queue()
        self.seen: list[str] = []
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))

    def wait(self, wanted, seconds: float = SECONDS) -> str:
        """The next line that begins so; those before it are in `seen`."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                line = self.lines.get(timeout=max(deadline - time.monotonic(), 0.01))
            except queue.Empty:
                raise AssertionError(f"{wanted!r} did not come within {seconds:g} s after {self.seen}") from None
            self.seen.append(line)
            if line.startswith(wanted):
                return line

    def quiet(self, seconds: float) -> list[str]:
        """What comes in that time."""
        time.sleep(seconds)
        out = []
        while not self.lines.empty():
            out.append(self.lines.get())
        return out

    def memory(self) -> int:
        """KiB that it has for itself."""
        text = pathlib.Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        return next(int(line.split()[1]) for line in text.split("\n") if line.startswith("Private_Dirty:"))

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()


class ServerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="tripline-kube-"))
        cls.server = apiserver.Server(cls.folder, apiserver.free_port())
        cls.server.start()
        cls.admin = cls.server.kubeconfig("admin.conf")

    @classmethod
    def tearDownClass(cls) -> None:
        cls.server.kill()
        shutil.rmtree(cls.folder)

    def create_kind(self) -> None:
        self.server.do("POST", CRDS, CLUSTER)
        for _ in range(100):
            if self.server.ask("GET", POLICIES).status == 200:
                return
            time.sleep(0.1)
        self.fail("the kind is not served")

    def delete_kind(self) -> None:
        self.server.ask("DELETE", f"{CRDS}/tracingpolicies.cilium.io")
        while self.server.ask("GET", f"{CRDS}/tracingpolicies.cilium.io").status != 404:
            time.sleep(0.1)

    def namespace(self, name: str) -> str:
        self.server.do("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        return f"/api/v1/namespaces/{name}/pods"

    def test_kind_comes_late_and_goes(self) -> None:
        with Follower(self.admin, "cluster") as follower:
            follower.wait("trouble 404")
            self.create_kind()
            follower.wait("recovered")
            follower.wait("synced")
            self.server.do("POST", POLICIES, policy("a"))
            follower.wait("put /a generation 1")
            self.server.do("PATCH", f"{POLICIES}/a", {"metadata": {"labels": {"x": "y"}}}, "application/merge-patch+json")
            follower.wait("put /a generation 1")
            self.server.do("PATCH", f"{POLICIES}/a", policy("a", ["fd_install", "other"]), "application/merge-patch+json")
            follower.wait("put /a generation 2")
            self.server.do("DELETE", f"{POLICIES}/a")
            follower.wait("removed /a")
            self.server.do("POST", POLICIES, policy("b"))
            follower.wait("put /b")
            self.delete_kind()
            follower.wait("removed /b")
            follower.wait("trouble 404")

    def test_killed_while_things_change(self) -> None:
        """What happened while the server was away, and while our watch was, is told; also what has its name again."""
        self.create_kind()
        for name in ("stays", "goes", "anew"):
            self.server.do("POST", POLICIES, policy(name))
        with Follower(self.admin, "cluster") as follower:
            follower.wait("synced")
            os.kill(follower.process.pid, 19)  # SIGSTOP
            self.server.do("DELETE", f"{POLICIES}/goes")
            self.server.do("DELETE", f"{POLICIES}/anew")
            self.server.do("POST", POLICIES, policy("anew", ["another"]))
            self.server.kill()
            self.server.start()
            # After a restart the server knows no earlier versions.
            self.server.do("POST", POLICIES, policy("new"))
            os.kill(follower.process.pid, 18)  # SIGCONT
            follower.wait("put /new")
            follower.wait("removed /goes") if "removed /goes" not in follower.seen else None
            lines = [line.split(" generation")[0] for line in follower.seen]
            self.assertEqual(lines.count("put /stays"), 1, lines)
            self.assertEqual(lines.count("removed /anew"), 1, lines)
            self.assertEqual(lines.count("put /anew"), 2, lines)
            self.assertLess(lines.index("removed /anew"), len(lines) - 1 - lines[::-1].index("put /anew"))
            self.assertNotIn("removed /stays", lines)
        self.delete_kind()

    def test_rights_are_given_late(self) -> None:
        config = self.server.kubeconfig("agent.conf", token="agent-token")
        pods = self.namespace("rights")
        self.server.do("POST", pods, pod("p", "n-rights"))
        with Follower(config, "pods", "n-rights") as follower:
            self.assertIn("cannot list resource", follower.wait("trouble 403 Forbidden"))
            rbac = "/apis/rbac.authorization.k8s.io/v1"
            self.server.do("POST", f"{rbac}/clusterroles", {
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "reads"},
                "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list", "watch"]}]})
            self.server.do("POST", f"{rbac}/clusterrolebindings", {
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "reads"},
                "subjects": [{"kind": "User", "name": apiserver.USERS[1][1], "apiGroup": "rbac.authorization.k8s.io"}],
                "roleRef": {"kind": "ClusterRole", "name": "reads", "apiGroup": "rbac.authorization.k8s.io"}})
            follower.wait("put rights/p")
            follower.wait("recovered")

    def test_token_is_rotated(self) -> None:
        token = self.folder / "token"
        token.write_text("not one")
        config = self.server.kubeconfig("rotated.conf", tokenFile=str(token))
        with Follower(config, "/api/v1/namespaces") as follower:
            follower.wait("trouble 401 Unauthorized")
            token.write_text("admin-token\n")
            follower.wait("put /default")

    def test_certificates(self) -> None:
        config = json.loads(self.admin.read_text())
        cluster = config["clusters"][0]["cluster"]

        def answer(**changes) -> Follower:
            changed = json.loads(json.dumps(config))
            changed["clusters"][0]["cluster"] = {**cluster, **changes}
            path = self.folder / "changed.conf"
            path.write_text(json.dumps(changed))
            return Follower(path, "/api/v1/namespaces")

        with answer(**{"tls-server-name": "localhost"}) as follower:
            follower.wait("synced")
        with answer(**{"tls-server-name": "elsewhere"}) as follower:
            self.assertIn("hostname mismatch", follower.wait("trouble").lower())
        with answer(server=self.server.url.replace("127.0.0.1", "localhost")) as follower:
            follower.wait("synced")
        del cluster["certificate-authority-data"]
        with answer() as follower:
            self.assertIn("unable to get local issuer certificate", follower.wait("trouble"))
        with answer(**{"insecure-skip-tls-verify": True}) as follower:
            follower.wait("synced")

    def test_pods(self) -> None:
        pods = self.namespace("pods")
        with Follower(self.admin, "pods", "n1") as follower:
            follower.wait("synced")
            self.server.do("POST", pods, pod("a", "n1", app="web"))
            self.server.do("POST", pods, pod("b", "n2"))
            self.assertEqual(follower.wait("put pods/a"), "put pods/a app:web")
            self.server.do("PATCH", f"{pods}/a/status", running("0123"), "application/strategic-merge-patch+json")
            self.assertEqual(follower.wait("put pods/a"), "put pods/a main=containerd:0123 app:web")
            self.server.do("PATCH", f"{pods}/a", {"metadata": {"labels": {"app": "db"}}}, "application/merge-patch+json")
            self.assertEqual(follower.wait("put pods/a"), "put pods/a main=containerd:0123 app:db")
            self.server.do("DELETE", f"{pods}/a?gracePeriodSeconds=0")
            follower.wait("removed pods/a")
            self.assertNotIn("put pods/b", str(follower.seen))

    def test_thousand_pods(self) -> None:
        pods = self.namespace("many")
        for number in range(1000):
            self.server.do("POST", pods, pod(f"p{number}", "n-many", app=f"a{number % 50}"))
        with Follower(self.admin, "pods", "n-many") as follower:
            begun = time.monotonic()
            follower.wait("synced")
            took = time.monotonic() - begun
            self.assertEqual(len({line.split(" ")[1] for line in follower.seen if line.startswith("put ")}), 1000)
            memory = follower.memory()
            print(f"1,000 pods: listed in {took:.2f} s, {memory} KiB private", file=sys.stderr)
            self.assertLess(memory, 8 * 1024)

    def test_policy_of_a_megabyte(self) -> None:
        self.create_kind()
        with Follower(self.admin, "cluster") as follower:
            follower.wait("synced")
            self.server.do("POST", POLICIES, policy("large", [f"function_{n:06}" for n in range(18_000)]))
            line = follower.wait("put /large")
            self.assertGreater(int(line.split(" ")[-1]), 1_000_000)
        self.delete_kind()


if __name__ == "__main__":
    if not apiserver.program().exists() and (why := apiserver.missing_go()):
        print(f"left out: the API server for tests is not built, and {why}")
        sys.exit(77)
    apiserver.build()
    unittest.main(verbosity=2)
