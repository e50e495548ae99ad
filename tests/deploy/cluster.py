# SPDX-License-Identifier: Apache-2.0
"""A real API server for a test (tools/apiserver.py), and how it is asked."""

import atexit
import http.client
import json
import os
import pathlib
import re
import shutil
import ssl
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "tools"))
import apiserver


class Cluster:
    """The one whose state is in `folder`, where its kubeconfig is, too."""

    def __init__(self, folder: pathlib.Path, token: str = "admin-token"):
        self.folder, self.token = folder, token
        self.kubeconfig = folder / "kubeconfig"
        self.host = re.search(r"https://([\d.]+:\d+)", self.kubeconfig.read_text())[1]
        self.trust = ssl.create_default_context(cafile=str(folder / "ca.crt"))
        self.connection = None

    def ask(self, method: str, path: str, body: object = None, form: str = "application/json") -> tuple[int, dict]:
        """The status and the answer. A body that is no text is sent as JSON."""
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": form, "Accept": "application/json"}
        for last in (False, True):
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPSConnection(self.host, context=self.trust, timeout=60)
                self.connection.request(method, path, body.encode() if isinstance(body, str) else body, headers)
                answer = self.connection.getresponse()
                text = answer.read()
                break
            except (http.client.HTTPException, ConnectionError):
                self.connection = None
                if last:
                    raise
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, {"message": text.decode(errors="replace")}


def start() -> Cluster | None:
    """One that is there until the test ends: that of TRIPLINE_APISERVER (the folder of `./dev kube up`), or a new one. None:
    it was not built and cannot be."""
    if given := os.environ.get("TRIPLINE_APISERVER"):
        return Cluster(pathlib.Path(given))
    if not apiserver.program().exists():
        return None
    folder = pathlib.Path(tempfile.mkdtemp(prefix="apiserver."))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    server = apiserver.Server(folder, apiserver.free_port())
    server.start()
    atexit.register(server.kill)
    server.kubeconfig()
    return Cluster(folder)


def need() -> Cluster:
    """The same; without one the test ends with a sentence."""
    if found := start():
        return found
    print("skipped: the API server for tests is not built (./dev kube build)")
    sys.exit(77)


DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def established(cluster: Cluster, name: str, seconds: float = 60) -> bool:
    """Waits until the definition's objects can be created."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        _, answer = cluster.ask("GET", f"{DEFINITIONS}/{name}")
        conditions = {each["type"]: each["status"] for each in answer.get("status", {}).get("conditions") or []}
        if conditions.get("Established") == "True":
            return True
        time.sleep(0.2)
    return False
