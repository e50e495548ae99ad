# SPDX-License-Identifier: Apache-2.0
"""The container image, from scratch, as an OCI image layout: a folder that `skopeo copy oci:FOLDER ...` takes. It has one
program under all its names, so the same image is the agent, the operator and the hook of container runtimes."""

import hashlib
import json
import pathlib
import shutil
import time as clock

from packages import files

NAMES = "tetragon tetra tetragon-operator tetragon-oci-hook tetragon-oci-hook-setup".split()
AUTHORITIES = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")
TYPE = "application/vnd.oci.image."


def contents(build: pathlib.Path) -> files.Files:
    out = {
        "usr/bin/tripline": files.file(files.binary(build), files.PROGRAM),
        "etc/tetragon/tetragon.conf.d": files.folder(),
        "etc/tetragon/tetragon.tp.d": files.folder(),
        "etc/ssl/certs/ca-certificates.crt": files.file(AUTHORITIES.read_bytes()),
        "etc/passwd": files.file("root:x:0:0:root:/root:/sbin/nologin\nnobody:x:65532:65532:nobody:/:/sbin/nologin\n"),
        "etc/group": files.file("root:x:0:\nnobody:x:65532:\n"),
        "var/lib/tetragon": files.folder(),
        "var/log/tetragon": files.folder(),
        "var/run": files.link("/run"),
        "run/tetragon": files.folder(),
        "tmp": files.folder(0o1777),
    }
    return out | {f"usr/bin/{name}": files.link("tripline") for name in NAMES}


class Layout:
    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "blobs/sha256").mkdir(parents=True)

    def blob(self, kind: str, content: bytes) -> dict[str, object]:
        """Stores it; how others refer to it."""
        digest = hashlib.sha256(content).hexdigest()
        (self.folder / "blobs/sha256" / digest).write_bytes(content)
        return {"mediaType": TYPE + kind, "digest": f"sha256:{digest}", "size": len(content)}

    def document(self, kind: str, value: object) -> dict[str, object]:
        return self.blob(kind, json.dumps(value, sort_keys=True, separators=(",", ":")).encode())


def make(build: pathlib.Path, out: pathlib.Path) -> pathlib.Path:
    time = files.time_of_sources()
    created = clock.strftime("%Y-%m-%dT%H:%M:%SZ", clock.gmtime(time))
    layout = Layout(out / f"tripline-v{files.version()}-amd64.oci")
    plain = files.tar(contents(build), time)
    layer = layout.blob("layer.v1.tar+gzip", files.gz(plain, 6))
    labels = {"org.opencontainers.image.title": "tripline", "org.opencontainers.image.version": f"v{files.version()}",
              "org.opencontainers.image.licenses": "Apache-2.0"}
    config = layout.document("config.v1+json", {
        "created": created, "architecture": "amd64", "os": "linux",
        "config": {"Entrypoint": ["/usr/bin/tetragon"], "Env": ["PATH=/usr/bin"], "WorkingDir": "/", "Labels": labels},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(plain).hexdigest()}"]},
        "history": [{"created": created, "created_by": "tools/package"}]})
    manifest = layout.document("manifest.v1+json", {"schemaVersion": 2, "mediaType": TYPE + "manifest.v1+json",
                                                    "config": config, "layers": [layer]})
    manifest |= {"platform": {"architecture": "amd64", "os": "linux"},
                 "annotations": {"org.opencontainers.image.ref.name": f"v{files.version()}"}}
    index = {"schemaVersion": 2, "mediaType": TYPE + "index.v1+json", "manifests": [manifest]}
    (layout.folder / "index.json").write_text(json.dumps(index, sort_keys=True))
    (layout.folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    return layout.folder
