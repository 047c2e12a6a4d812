"""Chart repositories and a registry on this machine, for tests."""

import hashlib
import http.server
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.cncf.helm.config.v1+json"
_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class _Registry(_Quiet):
    """The part of the OCI distribution protocol that a pull takes."""

    def __init__(self, answers: Mapping[str, tuple[str, bytes]], *arguments: Any) -> None:
        self._answers = answers
        super().__init__(*arguments)

    def do_GET(self) -> None:
        """Answer with the manifest, a blob or the list of tags."""
        kind, content = self._answers.get(self.path, ("", b""))
        self.send_response(HTTPStatus.OK if kind else HTTPStatus.NOT_FOUND)
        self.send_header("Content-Type", kind or "application/json")
        self.send_header("Content-Length", str(len(content)))
        if kind == _MANIFEST:
            self.send_header("Docker-Content-Digest", digest(content))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    do_HEAD = do_GET  # noqa: N815 - likewise


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@contextmanager
def _serving(handler: Any) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def repository(package: Path, name: str, version: str) -> Iterator[str]:
    """A chart repository with one chart; its URL."""
    entry = f"{{name: {name}, version: {version}, apiVersion: v2, urls: [{package.name}]}}"
    (package.parent / "index.yaml").write_text(f"apiVersion: v1\nentries:\n  {name}: [{entry}]\n")
    with _serving(partial(_Quiet, directory=str(package.parent))) as address:
        yield f"http://{address}"


@contextmanager
def registry(package: Path, name: str, version: str) -> Iterator[str]:
    """An OCI registry with one chart; the address of its folder."""
    layer, config = package.read_bytes(), json.dumps({"name": name, "version": version, "apiVersion": "v2"}).encode()

    def described(kind: str, content: bytes) -> dict[str, Any]:
        return {"mediaType": kind, "digest": digest(content), "size": len(content)}

    described_layers = [described(_LAYER, layer)]
    content = {"schemaVersion": 2, "mediaType": _MANIFEST, "config": described(_CONFIG, config)}
    manifest = json.dumps({**content, "layers": described_layers}).encode()
    base = f"/v2/charts/{name}"
    answers = {"/v2/": ("application/json", b"{}"), f"{base}/manifests/{version}": (_MANIFEST, manifest)}
    answers[f"{base}/manifests/{digest(manifest)}"] = (_MANIFEST, manifest)
    for blob in (layer, config):
        answers[f"{base}/blobs/{digest(blob)}"] = ("application/octet-stream", blob)
    with _serving(partial(_Registry, answers)) as address:
        yield f"oci://{address}/charts"
