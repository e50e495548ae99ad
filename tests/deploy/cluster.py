# SPDX-License-Identifier: Apache-2.0
"""A running API server, as tests talk to it: its folder has url, ca.crt and admin.token."""

import http.client
import json
import os
import pathlib
import ssl
import sys
import time


def folder() -> pathlib.Path:
    """That of the server which TRIPLINE_APISERVER names. Ends the test with a sentence where there is none."""
    if not os.environ.get("TRIPLINE_APISERVER"):
        print("skipped: no API server is there (TRIPLINE_APISERVER names the folder of one)")
        sys.exit(77)
    return pathlib.Path(os.environ["TRIPLINE_APISERVER"])


class Cluster:
    def __init__(self, folder: pathlib.Path, token: str = "admin"):
        self.host = (folder / "url").read_text().strip().removeprefix("https://")
        self.trust = ssl.create_default_context(cafile=str(folder / "ca.crt"))
        self.token = (folder / f"{token}.token").read_text().strip()
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
