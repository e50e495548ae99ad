#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The daemon in a guest, and a real API server on the host: policies come, change, fail, are for other nodes, and go.

usage: kube_test.py BUILD [TEST..]           starts the server, and itself in a guest
       kube_test.py --guest BUILD PORT FOLDER [TEST..]
Exits with 77 when the API server for tests was never built and cannot be."""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.request

REPO = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO / "tools"))
import apiserver  # noqa: E402

HOST = "10.0.2.100"  # the host, as tools/vm forwards to it
API = "/apis/cilium.io/v1alpha1"
MERGE = "application/merge-patch+json"
NODE = "node-1"


class Relay:
    """Stands between the daemon and the API server, and can be away."""

    def __init__(self, port: int, place: tuple[str, int]):
        self.port, self.place = port, place
        self.listener: socket.socket | None = None
        self.open: list[socket.socket] = []

    def start(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def stop(self) -> None:
        for one in (self.listener, *self.open):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()
        self.open.clear()

    def _accept(self, listener: socket.socket) -> None:
        try:
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(self.place)
                self.open += [near, far]
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self._copy, args=pair, daemon=True).start()
        except OSError:
            pass

    @staticmethod
    def _copy(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(1 << 16):
                target.sendall(data)
        except OSError:
            pass
        for one in (source, target):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Daemon(unittest.TestCase):
    build: pathlib.Path
    server: apiserver.Server

    @classmethod
    def start(cls, config: pathlib.Path, *flags: str):
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        for name in ("tetra", "tetragon"):
            (cls.folder / name).symlink_to((cls.build / "tripline").resolve())
        cls.log = (cls.folder / "log").open("wb")
        cls.daemon = subprocess.Popen(
            [cls.folder / "tetragon", "--k8s-kubeconfig-path", config, "--enable-k8s-api",
             "--export-filename", cls.folder / "events.json", *flags],
            env={"NODE_NAME": NODE, "PATH": "/usr/bin:/bin"}, stdin=subprocess.DEVNULL, stdout=cls.log, stderr=cls.log)
        cls.wait(lambda: "Listening for events" in cls.logged(), 120)

    @classmethod
    def tearDownClass(cls):
        cls.daemon.terminate()
        status = cls.daemon.wait(60)
        assert status == 0, f"the daemon ended with {status}\n{cls.logged()}"

    @classmethod
    def logged(cls) -> str:
        return (cls.folder / "log").read_text()

    @classmethod
    def wait(cls, is_so, seconds=60):
        end = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > end or cls.daemon.poll() is not None:
                raise AssertionError(cls.logged())
            time.sleep(0.3)

    def tetra(self, *arguments, status=0):
        done = subprocess.run([self.folder / "tetra", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout if status == 0 else done.stderr

    def listed(self, name: str, namespace: str = "") -> dict | None:
        rows = [one for one in json.loads(self.tetra("tp", "list", "-o", "json")).get("policies", [])
                if one["name"] == name and one.get("namespace", "") == namespace]
        return rows[0] if rows else None

    def wait_for(self, name: str, state: str, error: str = "", namespace: str = "") -> dict:
        def is_so() -> bool:
            row = self.listed(name, namespace)
            return bool(row) and row["state"] == f"TP_STATE_{state}" and error in row.get("error", "")
        self.wait(is_so)
        return self.listed(name, namespace)

    @staticmethod
    def policy(name: str, mask: int, call: str = "sys_umask", nodes=None, namespace: str = "") -> dict:
        spec = {"kprobes": [{"call": call, "syscall": True, "args": [{"index": 0, "type": "int"}], "selectors": [
            {"matchArgs": [{"index": 0, "operator": "Equal", "values": [str(mask)]}],
             "matchActions": [{"action": "Sigkill"}]}]}]}
        if nodes is not None:
            spec["nodeSelector"] = nodes
        kind = "TracingPolicyNamespaced" if namespace else "TracingPolicy"
        metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
        return {"apiVersion": "cilium.io/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}

    def create(self, *arguments, **options) -> None:
        policy = self.policy(*arguments, **options)
        self.server.do("POST", f"{API}/tracingpolicies", policy)
        self.addCleanup(self.server.ask, "DELETE", f"{API}/tracingpolicies/{policy['metadata']['name']}")

    def reported(self, name: str, state: str) -> dict:
        """What the agent says of a policy in its report to the API server."""
        def found() -> list[dict]:
            answer = self.server.ask("GET", f"{API}/tracingpolicyreports/{NODE}")
            return [one for one in (answer.json().get("policies", []) if answer.status == 200 else []) if one["name"] == name and one["state"] == state]
        self.wait(found)
        return found()[0]

    def change(self, policy: dict) -> None:
        self.server.do("PATCH", f"{API}/tracingpolicies/{policy['metadata']['name']}", policy, MERGE)

    @staticmethod
    def umask(mask: int, cgroup: pathlib.Path | None = None) -> int:
        """By a process of the host, or of a container."""
        def enter() -> None:  # before the program is executed, as a runtime does
            if cgroup:
                (cgroup / "cgroup.procs").write_text(str(os.getpid()))
        return subprocess.run([sys.executable, "-c", f"import os; os.umask({mask})"], preexec_fn=enter,
                              check=False).returncode


class Policies(Daemon):
    @classmethod
    def setUpClass(cls):
        cls.start(cls.server.folder / "guest.conf")

    def test_policy_comes_changes_and_goes(self):
        self.create("p", 9)
        row = self.wait_for("p", "ENABLED")
        self.assertEqual((row["domain"], row["mode"]), ("k8s", "TP_MODE_ENFORCE"))
        self.assertEqual((self.umask(9), self.umask(10)), (-9, 0))
        # One that cannot be loaded leaves the old one in force, and says so.
        self.change(self.policy("p", 10, call="sys_no_such_call"))
        self.wait_for("p", "ENABLED", "sys_no_such_call")
        self.assertEqual((self.umask(9), self.umask(10)), (-9, 0))
        self.assertIn("its earlier version stays in force", self.logged())
        self.change(self.policy("p", 10))
        self.wait(lambda: self.listed("p").get("error", "") == "")
        self.assertEqual((self.umask(9), self.umask(10)), (0, -9))
        # Labels of the object change nothing.
        before = self.listed("p")["id"]
        self.change({"metadata": {"name": "p", "labels": {"a": "b"}}})
        self.server.do("DELETE", f"{API}/tracingpolicies/p")
        self.wait(lambda: self.listed("p") is None)
        self.assertEqual(self.logged().count('is in force" name=p'), 2, before)
        self.assertEqual(self.umask(10), 0)

    def test_policy_that_cannot_be_loaded(self):
        self.create("bad", 11, call="sys_no_such_call")
        row = self.wait_for("bad", "LOAD_ERROR", "sys_no_such_call")
        self.assertEqual(row["domain"], "k8s")
        said = self.reported("bad", "LoadError")
        self.assertIn('no system call "sys_no_such_call"', said["message"])
        self.assertGreater(said["line"], 1)
        self.assertGreater(said["column"], 1)
        self.change(self.policy("bad", 11))
        self.wait_for("bad", "ENABLED")
        self.assertEqual(self.umask(11), -9)
        self.assertEqual(self.reported("bad", "Enabled")["generation"], 2)

    def test_fields_that_are_not_known_are_passed_over(self):
        policy = self.policy("newer", 12)
        policy["spec"]["kprobes"][0] |= {"fieldOfTomorrow": {"a": [1]}, "tags": None}
        self.server.do("POST", f"{API}/tracingpolicies", policy)
        self.addCleanup(self.server.ask, "DELETE", f"{API}/tracingpolicies/newer")
        self.wait_for("newer", "ENABLED")
        self.assertEqual(self.umask(12), -9)

    def test_policy_for_other_nodes(self):
        self.create("elsewhere", 13, nodes={"matchLabels": {"zone": "b"}})
        row = self.wait_for("elsewhere", "SKIPPED")
        self.assertNotIn("mode", {key for key, value in row.items() if value not in ("TP_MODE_UNKNOWN",)})
        self.assertEqual(self.umask(13), 0)
        for command in ("enable", "disable"):
            self.assertIn("skipped on this node", self.tetra("tp", command, "--domain", "k8s", "elsewhere", status=1))
        self.server.do("PATCH", f"/api/v1/nodes/{NODE}", {"metadata": {"labels": {"zone": "b"}}}, MERGE)
        self.wait_for("elsewhere", "ENABLED")
        self.assertEqual(self.umask(13), -9)
        self.server.do("PATCH", f"/api/v1/nodes/{NODE}", {"metadata": {"labels": {"zone": "a"}}}, MERGE)
        self.wait_for("elsewhere", "SKIPPED")
        self.assertEqual(self.umask(13), 0)

    def test_same_name_in_another_domain(self):
        file = self.folder / "same.yaml"
        file.write_text(json.dumps(self.policy("same", 14)))
        self.tetra("tp", "add", file)
        self.create("same", 15)
        self.wait(lambda: self.tetra("tp", "list").count(" same ") == 2)
        self.assertEqual((self.umask(14), self.umask(15)), (-9, -9))
        self.tetra("tp", "delete", "same")
        self.assertEqual((self.umask(14), self.umask(15)), (0, -9))


class Away(Daemon):
    """The API server is not there when the daemon starts, comes, goes and comes again."""

    @classmethod
    def setUpClass(cls):
        config = json.loads((cls.server.folder / "guest.conf").read_text())
        config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:7443"
        file = pathlib.Path("/tmp/away.conf")
        file.write_text(json.dumps(config))
        cls.relay = Relay(7443, (HOST, cls.server.port))
        cls.start(file)

    def test_away_at_the_start_and_later(self):
        self.create("early", 16)
        self.wait(lambda: "Connection refused" in self.logged())
        self.assertEqual(self.tetra("status"), "Health Status: running\n")
        self.relay.start()
        self.wait_for("early", "ENABLED")
        self.assertIn("Watching the API server again", self.logged())
        self.relay.stop()
        # What is in force stays in force, and what happens meanwhile is made up for.
        self.server.do("DELETE", f"{API}/tracingpolicies/early")
        self.create("late", 17)
        self.wait(lambda: self.logged().rindex("Cannot watch the API server") > self.logged().rindex("Watching the API server again"))
        self.assertEqual((self.umask(16), self.umask(17)), (-9, 0))
        self.relay.start()
        self.wait_for("late", "ENABLED")
        self.wait(lambda: self.listed("early") is None)
        self.assertEqual((self.umask(16), self.umask(17)), (0, -9))
        self.relay.stop()


class Restarted(Daemon):
    """A daemon that is killed, and the next one finds no API server."""

    @classmethod
    def launch(cls):
        cls.start(cls.file, "--enable-policy-filter")

    @classmethod
    def setUpClass(cls):
        config = json.loads((cls.server.folder / "guest.conf").read_text())
        config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:7444"
        cls.file = pathlib.Path("/tmp/restarted.conf")
        cls.file.write_text(json.dumps(config))
        cls.relay = Relay(7444, (HOST, cls.server.port))
        cls.relay.start()
        cls.launch()

    def test_what_was_told_stays_until_it_is_told_otherwise(self):
        self.server.do("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kept"}})
        path = f"{API}/namespaces/kept/tracingpoliciesnamespaced"
        for name, mask in (("stays", 30), ("goes", 31)):
            self.server.do("POST", path, self.policy(name, mask, namespace="kept"))
            self.wait_for(name, "ENABLED", namespace="kept")
        cgroup = self.server.run_pod("kept", "web", NODE, "d" * 64)
        gone = self.server.run_pod("kept", "old", NODE, "e" * 64)
        for one in (cgroup, gone):
            self.wait(lambda one=one: self.umask(30, one) == -9)
        pods = pathlib.Path("/var/run/tetragon/followed/pods.json")
        self.wait(lambda: "e" * 64 in pods.read_text())
        self.daemon.kill()
        self.daemon.wait()
        self.log.close()
        self.relay.stop()
        self.server.do("DELETE", f"{path}/goes")
        self.server.do("DELETE", "/api/v1/namespaces/kept/pods/old?gracePeriodSeconds=0")
        self.launch()
        self.assertEqual([self.umask(mask, cgroup) for mask in (30, 31)], [-9, -9])
        self.assertEqual((self.umask(30, gone), self.umask(30)), (-9, 0))
        self.relay.start()
        self.wait(lambda: self.listed("goes", "kept") is None)
        self.wait(lambda: self.umask(30, gone) == 0)
        self.assertEqual((self.umask(30, cgroup), self.umask(31, cgroup)), (-9, 0))
        self.relay.stop()


class PodsInEvents(Daemon):
    """Events of processes in containers: the test is the kubelet, and the runtime."""

    PODS = "/api/v1/namespaces/default/pods"

    @classmethod
    def setUpClass(cls):
        cls.start(cls.server.folder / "guest.conf", "--event-cache-retries", "8", "--event-cache-retry-delay", "1",
                  "--enable-pod-annotations", "--metrics-server", "127.0.0.1:2112")

    def create_pod(self, name: str, container: str) -> str:
        """One whose container has a cgroup and no status yet. Returns its uid."""
        owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-5d8f", "uid": "1", "controller": True}
        made = self.server.do("POST", self.PODS, {"apiVersion": "v1", "kind": "Pod", "metadata": {
            "name": name, "generateName": "web-5d8f-", "labels": {"app": "web", "pod-template-hash": "5d8f"},
            "annotations": {"note": "x"}, "ownerReferences": [owner]},
            "spec": {"nodeName": NODE, "containers": [{
                "name": "main", "image": "demo",
                "livenessProbe": {"exec": {"command": ["/bin/true", "well"]}}}]}})
        self.addCleanup(self.server.ask, "DELETE", f"{self.PODS}/{name}?gracePeriodSeconds=0")
        uid = made["metadata"]["uid"]
        self.cgroup = pathlib.Path(f"/sys/fs/cgroup/kubepods.slice/kubepods-pod{uid.replace('-', '_')}.slice"
                                   f"/cri-containerd-{container}.scope")
        self.cgroup.mkdir(parents=True)
        return uid

    def report(self, name: str, container: str) -> None:
        self.server.do("PATCH", f"{self.PODS}/{name}/status", {"status": {"phase": "Running", "containerStatuses": [
            {"name": "main", "ready": True, "restartCount": 0, "image": "demo:1", "imageID": "demo@sha256:1",
             "containerID": f"containerd://{container}", "state": {"running": {"startedAt": "2026-08-21T10:00:00Z"}}}]}},
                       "application/strategic-merge-patch+json")

    def run_in(self, *command: str) -> int:
        cgroup = self.cgroup
        done = subprocess.Popen(command, preexec_fn=lambda: (cgroup / "cgroup.procs").write_text(str(os.getpid())))
        done.wait()
        return done.pid

    def events(self, pid: int) -> list[tuple[str, dict]]:
        lines = [json.loads(line) for line in (self.folder / "events.json").read_text().split("\n") if line]
        return [(kind, event["process"]) for line in lines for kind, event in line.items()
                if kind.startswith("process_") and event.get("process", {}).get("pid") == pid]

    def wait_for_exit(self, pid: int) -> list[tuple[str, dict]]:
        self.wait(lambda: "process_exit" in [kind for kind, _ in self.events(pid)])
        return self.events(pid)

    def test_events_wait_for_their_pod(self):
        container = "a1" * 32
        uid = self.create_pod("waited-for", container)
        waiting = self.run_in("/bin/true", "well")
        host = subprocess.Popen(["/bin/true"])
        host.wait()
        self.assertEqual(len(self.wait_for_exit(host.pid)), 2)
        self.assertEqual(self.events(waiting), [], "those of others pass by")
        self.report("waited-for", container)
        events = self.wait_for_exit(waiting)
        self.assertEqual([kind for kind, _ in events], ["process_exec", "process_exit"])
        for _, process in events:
            self.assertEqual(process["docker"], container[:31])
            self.assertEqual(process["pod"], {
                "namespace": "default", "name": "waited-for", "uid": uid,
                "container": {"id": f"containerd://{container}", "name": "main",
                              "image": {"id": "demo@sha256:1", "name": "demo:1"}, "start_time": "2026-08-21T10:00:00Z",
                              "pid": process["pid"], "maybe_exec_probe": True, "security_context": {}},
                "pod_labels": {"app": "web", "pod-template-hash": "5d8f"}, "workload": "web", "workload_kind": "Deployment",
                "pod_annotations": {"note": "x"}})
        # From now on nothing waits, and when the pod is gone it is remembered.
        self.assertEqual({process["pod"]["name"] for _, process in self.wait_for_exit(self.run_in("/bin/true"))},
                         {"waited-for"})
        with urllib.request.urlopen("http://127.0.0.1:2112/metrics", timeout=30) as answer:
            page = answer.read().decode()
        self.assertIn('tetragon_events_total{binary="/bin/true",namespace="default",node_name="",pod="waited-for",'
                      'type="PROCESS_EXEC",workload="web"} 2', page)
        self.assertRegex(page, r"\ntetragon_event_cache_inserts_total [1-9]")
        self.server.do("DELETE", f"{self.PODS}/waited-for?gracePeriodSeconds=0")
        self.wait(lambda: self.value_of_deleted() >= 1)
        self.assertEqual({process["pod"]["name"] for _, process in self.wait_for_exit(self.run_in("/bin/true"))},
                         {"waited-for"})

    def value_of_deleted(self) -> int:
        with urllib.request.urlopen("http://127.0.0.1:2112/metrics", timeout=30) as answer:
            found = re.search(r'operation="delete",subsys="pod-handlers"} (\d+)', answer.read().decode())
        return int(found[1]) if found else 0

    def test_an_event_whose_pod_never_comes(self):
        self.create_pod("silent", "b2" * 32)
        begin = time.monotonic()
        events = self.wait_for_exit(self.run_in("/bin/true"))
        self.assertGreater(time.monotonic() - begin, 6)
        self.assertEqual([kind for kind, _ in events], ["process_exec", "process_exit"])
        for _, process in events:
            self.assertEqual((process["docker"], process.get("pod")), (("b2" * 32)[:31], None))


class Pods(Daemon):
    """Policies for some pods, and pods that come, change and go."""

    @classmethod
    def setUpClass(cls):
        cls.start(cls.server.folder / "guest.conf", "--enable-policy-filter")

    def until(self, mask: int, cgroup: pathlib.Path, status: int) -> None:
        self.wait(lambda: self.umask(mask, cgroup) == status)

    def test_pods_of_a_namespace(self):
        for namespace in ("shop", "other"):
            self.server.do("POST", "/api/v1/namespaces",
                           {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        web = self.server.run_pod("shop", "web", NODE, "a" * 64, app="web")
        database = self.server.run_pod("shop", "db", NODE, "b" * 64, app="db")
        stranger = self.server.run_pod("other", "web", NODE, "c" * 64, app="web")
        policy = self.policy("no-umask", 20, namespace="shop")
        policy["spec"]["podSelector"] = {"matchLabels": {"app": "web"}}
        self.server.do("POST", f"{API}/namespaces/shop/tracingpoliciesnamespaced", policy)
        self.wait_for("no-umask", "ENABLED", namespace="shop")
        self.until(20, web, -9)
        self.assertEqual([self.umask(20, each) for each in (database, stranger, None)], [0, 0, 0])
        # The event says in which pod.
        kills = [event["process_kprobe"]["process"] for line in (self.folder / "events.json").read_text().split("\n") if line
                 for event in [json.loads(line)] if event.get("process_kprobe", {}).get("action") == "KPROBE_ACTION_SIGKILL"]
        self.assertEqual({(kill["pod"]["namespace"], kill["pod"]["name"]) for kill in kills}, {("shop", "web")})
        # The labels decide, as they are now.
        pods = "/api/v1/namespaces/shop/pods"
        self.server.do("PATCH", f"{pods}/db", {"metadata": {"labels": {"app": "web"}}}, MERGE)
        self.server.do("PATCH", f"{pods}/web", {"metadata": {"labels": {"app": "db"}}}, MERGE)
        self.until(20, database, -9)
        self.until(20, web, 0)
        # A pod that is gone is the host's.
        self.server.do("DELETE", f"{pods}/db?gracePeriodSeconds=0")
        self.until(20, database, 0)
        self.server.do("DELETE", f"{API}/namespaces/shop/tracingpoliciesnamespaced/no-umask")
        self.wait(lambda: self.listed("no-umask", "shop") is None)


def in_guest(build: str, port: str, folder: str, tests: list[str]) -> None:
    Daemon.build = pathlib.Path(build)
    Daemon.server = apiserver.Server(pathlib.Path(folder), int(port), HOST)
    unittest.main(argv=[sys.argv[0], *tests], verbosity=2)


def on_host(build: str, tests: list[str]) -> int:
    if not apiserver.program().exists() and (why := apiserver.missing_go()):
        print(f"left out: the API server for tests is not built, and {why}")
        return 77
    apiserver.build()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="kube-", dir=build))  # which the guest sees
    try:
        with apiserver.Server(folder, apiserver.free_port()) as server:
            for kind in apiserver.POLICY_KINDS:
                server.do("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", apiserver.small_crd(*kind))
            reports = apiserver.small_crd("TracingPolicyReport", "tracingpolicyreports", "Cluster")
            schema = reports["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
            schema["x-kubernetes-preserve-unknown-fields"] = True
            server.do("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", reports)
            server.do("POST", "/api/v1/nodes", {"apiVersion": "v1", "kind": "Node",
                                                "metadata": {"name": NODE, "labels": {"zone": "a"}}})
            server.kubeconfig("guest.conf", server=f"https://{HOST}:{server.port}")
            return subprocess.run(
                [REPO / "tools/vm", "--timeout", "600", "--forward", str(server.port), "--", "python3", "-B", __file__,
                 "--guest", build, str(server.port), folder, *tests], stdin=subprocess.DEVNULL, check=False).returncode
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    if sys.argv[1] == "--guest":
        in_guest(*sys.argv[2:5], sys.argv[5:])
    else:
        sys.exit(on_host(sys.argv[1], sys.argv[2:]))
