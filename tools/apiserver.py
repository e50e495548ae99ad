# SPDX-License-Identifier: Apache-2.0
"""A real kube-apiserver with its etcd, one program, for tests: how it is built (tools/kube.d has its module), started on
the loopback and asked. No controllers and no kubelet run: pods and nodes are objects that a test writes."""

import base64
import csv
import fcntl
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

import places

VERSION = "1.34.1"
MODULE = places.REPO / "tools/kube.d"
GO = (1, 24)
# Those that need a controller, or an object that nobody makes here.
PLUGINS_OFF = """ServiceAccount,LimitRanger,ResourceQuota,DefaultStorageClass,StorageObjectInUseProtection,
    DefaultIngressClass,ClusterTrustBundleAttest,CertificateApproval,CertificateSigning,CertificateSubjectRestriction,
    RuntimeClass,TaintNodesByCondition,Priority,PodSecurity"""
# Who may ask: token, name, groups.
USERS = [("admin-token", "admin", "system:masters"),
         ("agent-token", "system:serviceaccount:kube-system:tetragon",
          "system:serviceaccounts,system:serviceaccounts:kube-system,system:authenticated"),
         ("operator-token", "system:serviceaccount:kube-system:tetragon-operator-service-account",
          "system:serviceaccounts,system:serviceaccounts:kube-system,system:authenticated")]
READY_SECONDS = 90


class Failure(Exception):
    """A message of one sentence."""


# --- the program --------------------------------------------------------------------------------

def missing_go() -> str:
    """Why it cannot be built here; empty when it can."""
    if not shutil.which("go"):
        return "there is no Go"
    found = re.search(r"go(\d+)\.(\d+)", subprocess.run(["go", "version"], stdout=subprocess.PIPE, text=True, check=False).stdout)
    if not found or (int(found[1]), int(found[2])) < GO:
        return f"Go is older than {GO[0]}.{GO[1]}"
    return ""


def program() -> pathlib.Path:
    return places.cache() / "kube" / f"kube-test-server-{VERSION}"


def build() -> pathlib.Path:
    """Takes about ten minutes of two cores, once; needs the module proxy."""
    out = program()
    if out.exists():
        return out
    if reason := missing_go():
        raise Failure(f"the API server for tests cannot be built: {reason}.")
    out.parent.mkdir(parents=True, exist_ok=True)
    with open(out.parent / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if out.exists():
            return out
        print(f"kube: building the API server for tests {VERSION} (10 minutes on two cores, once)", file=sys.stderr)
        with tempfile.TemporaryDirectory(prefix="build.", dir=out.parent) as folder:
            for path in MODULE.iterdir():
                shutil.copy(path, folder)
            name = "k8s.io/component-base/version.git"
            minor = VERSION.split(".")[1]
            flags = f"-s -w -X {name}Version=v{VERSION} -X {name}Major=1 -X {name}Minor={minor}"
            made = subprocess.run(
                ["nice", "-n", "10", "go", "build", "-trimpath", "-ldflags", flags, "-o", f"{out}.new", "."], cwd=folder,
                env={**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local"}, stdout=2, check=False)
        if made.returncode:
            raise Failure("the API server for tests was not built.")
        os.rename(f"{out}.new", out)
    return out


# --- a running one ------------------------------------------------------------------------------

class Answer:
    def __init__(self, status: int, body: bytes):
        self.status, self.body = status, body

    def json(self):
        return json.loads(self.body)


class Server:
    """All its state is in `folder`: a second start goes on with what the first left."""

    def __init__(self, folder: pathlib.Path, port: int, host: str = "127.0.0.1"):
        self.folder, self.port, self.host = pathlib.Path(folder).absolute(), port, host
        self.process: subprocess.Popen | None = None
        self.flags: list[str] = []
        self.compaction = "0"  # of etcd's history: never

    @property
    def url(self) -> str:
        return f"https://{self.host}:{self.port}"

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if not (self.folder / "ca.crt").exists():
            self._make_certificates()
        arguments = ["--etcd-compaction-interval", self.compaction, "--bind-address", "127.0.0.1",
                     "--secure-port", str(self.port), "--advertise-address", "127.0.0.1",
                     "--tls-cert-file", "server.crt", "--tls-private-key-file", "server.key",
                     "--client-ca-file", "ca.crt", "--token-auth-file", "tokens.csv",
                     "--service-account-issuer", "https://kubernetes.default.svc",
                     "--service-account-key-file", "sa.pub", "--service-account-signing-key-file", "sa.key",
                     "--service-cluster-ip-range", "10.96.0.0/24", "--endpoint-reconciler-type", "none",
                     "--authorization-mode", "RBAC", "--disable-admission-plugins", "".join(PLUGINS_OFF.split()),
                     "--enable-priority-and-fairness=false", "--profiling=false", "--v", "0", *self.flags]
        environment = {**os.environ, "ETCD_DIR": str(self.folder / "etcd"), "ETCD_PORT": str(self.port + 1)}
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([program(), *arguments], cwd=self.folder, env=environment, stdout=log,
                                            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise Failure(f"the API server ended; see {self.folder}/log.")
            try:
                if self.ask("GET", "/readyz").body == b"ok":
                    return
            except OSError:
                pass
            time.sleep(0.1)
        self.kill()
        raise Failure(f"the API server is not ready after {READY_SECONDS} s; see {self.folder}/log.")

    def kill(self) -> None:
        """As a crash; what was written is there at the next start."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_) -> None:
        self.kill()

    def ask(self, method: str, path: str, body=None, token: str = "admin-token", kind: str = "application/json") -> Answer:
        context = ssl.create_default_context(cafile=self.folder / "ca.crt")
        connection = http.client.HTTPSConnection(self.host, self.port, context=context, timeout=30)
        headers = {"Authorization": f"Bearer {token}"}
        if body is not None:
            headers["Content-Type"] = kind
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        answer = Answer(response.status, response.read())
        connection.close()
        return answer

    def do(self, method: str, path: str, body=None, kind: str = "application/json") -> dict:
        """As ask(), by the administrator; fails when the server refuses."""
        answer = self.ask(method, path, body, kind=kind)
        if answer.status >= 300:
            raise Failure(f"{method} {path}: {answer.status} {answer.body.decode()[:400]}")
        return answer.json()

    def run_pod(self, namespace: str, name: str, node: str, container: str, **labels: str) -> pathlib.Path:
        """A kubelet's part, on this machine's cgroups: the pod has one running container. Returns its cgroup."""
        pods = f"/api/v1/namespaces/{namespace}/pods"
        made = self.do("POST", pods, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels},
                                      "spec": {"nodeName": node, "containers": [{"name": "main", "image": "demo"}]}})
        uid = made["metadata"]["uid"].replace("-", "_")
        cgroup = pathlib.Path(f"/sys/fs/cgroup/kubepods.slice/kubepods-pod{uid}.slice/cri-containerd-{container}.scope")
        cgroup.mkdir(parents=True)
        self.do("PATCH", f"{pods}/{name}/status", {"status": {"phase": "Running", "containerStatuses": [
            {"name": "main", "ready": True, "restartCount": 0, "image": "demo", "imageID": "demo@sha256:1",
             "containerID": f"containerd://{container}", "state": {"running": {"startedAt": "2026-08-21T10:00:00Z"}}}]}},
                "application/strategic-merge-patch+json")
        return cgroup

    def kubeconfig(self, name: str = "kubeconfig", server: str | None = None, **user: str) -> pathlib.Path:
        """A file for a user: the administrator, by certificate, or whoever `user` says."""
        data = lambda file: base64.b64encode((self.folder / file).read_bytes()).decode()  # noqa: E731
        user = user or {"client-certificate-data": data("admin.crt"), "client-key-data": data("admin.key")}
        path = self.folder / name
        path.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {"server": server or self.url, "certificate-authority-data": data("ca.crt")}}],
            "users": [{"name": "test", "user": user}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}]}, indent=1))
        return path

    def _make_certificates(self) -> None:
        def openssl(*arguments: str) -> None:
            subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)

        def key(name: str) -> None:
            openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{name}.key")

        def certificate(name: str, subject: str, extension: str) -> None:
            key(name)
            openssl("req", "-new", "-key", f"{name}.key", "-subj", subject, "-out", f"{name}.csr")
            (self.folder / f"{name}.ext").write_text(extension)
            openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
                    "-days", "3650", "-extfile", f"{name}.ext", "-out", f"{name}.crt")

        key("ca")
        openssl("req", "-x509", "-new", "-key", "ca.key", "-subj", "/CN=test-ca", "-days", "3650", "-out", "ca.crt")
        # The last address is the host as a guest sees it (tools/vm --forward).
        certificate("server", "/CN=kube-apiserver", "extendedKeyUsage=serverAuth\nsubjectAltName=IP:127.0.0.1,"
                    "IP:10.0.2.100,IP:10.96.0.1,DNS:localhost,DNS:kubernetes.default.svc\n")
        certificate("admin", "/O=system:masters/CN=admin", "extendedKeyUsage=clientAuth\n")
        openssl("genrsa", "-out", "sa.key", "2048")
        openssl("rsa", "-in", "sa.key", "-pubout", "-out", "sa.pub")
        with open(self.folder / "tokens.csv", "w", newline="") as file:
            csv.writer(file).writerows([token, name, number, groups] for number, (token, name, groups) in enumerate(USERS))


def small_crd(kind: str, plural: str, scope: str) -> dict:
    """Of a policy that may say anything. A full one takes the server seconds."""
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{plural}.cilium.io"},
            "spec": {"group": "cilium.io", "scope": scope, "names": {"kind": kind, "plural": plural},
                     "versions": [{"name": "v1alpha1", "served": True, "storage": True, "schema": {
                         "openAPIV3Schema": {"type": "object", "properties": {"spec": anything}}}}]}}


POLICY_KINDS = [("TracingPolicy", "tracingpolicies", "Cluster"),
                ("TracingPolicyNamespaced", "tracingpoliciesnamespaced", "Namespaced")]


def free_port() -> int:
    """A port such that it and the next are free now."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port
