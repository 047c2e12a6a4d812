"""A Kubernetes control plane of real binaries, with nodes and kubelets that only pretend (kwok)."""

import json
import secrets
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.cluster.api import SERVER_NAME, Api, ApiError, Manifest
from tests.cluster.network import Namespace, Program
from tests.waiting import wait

BINARIES = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok")
NODES, VOLUMES = 4, 40
ADVERTISED = "10.246.255.254"
HASTE = ("--kube-api-qps=1000", "--kube-api-burst=1000")
"""Nobody else is kept waiting by controllers that ask more often than twenty times a second."""
SPARING = {"GOGC": "400"}
"""Programs in Go look for garbage less often, which takes more memory and a quarter less of the processor."""
USERS = {
    "admin": "system:masters",
    "system:kube-controller-manager": "system:masters",
    "system:kube-scheduler": "system:kube-scheduler",
}


def node(number: int) -> Manifest:
    """A node that kwok plays."""
    size = {"cpu": "64", "memory": "256Gi", "pods": "110", "ephemeral-storage": "1Ti"}
    network = f"10.246.{number}.0/24"
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": f"node-{number}",
            "annotations": {"kwok.x-k8s.io/node": "fake"},
            "labels": {
                "kubernetes.io/hostname": f"node-{number}",
                "kubernetes.io/os": "linux",
                "topology.kubernetes.io/zone": f"zone-{number % 3}",
            },
        },
        "spec": {"podCIDR": network, "podCIDRs": [network]},
        "status": {"allocatable": size, "capacity": size},
    }


STORAGE_CLASS: Manifest = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {"name": "standard", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
    "provisioner": "kubernetes.io/no-provisioner",
    "volumeBindingMode": "WaitForFirstConsumer",
}


def volume(number: int) -> Manifest:
    """A volume that any claim may have; nothing is ever written to it."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"volume-{number}"},
        "spec": {
            "storageClassName": "standard",
            "capacity": {"storage": "1Ti"},
            "accessModes": ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Retain",
            "hostPath": {"path": f"/volumes/{number}"},
        },
    }


class ControlPlane:
    """etcd, API server, controller manager, scheduler and kwok in a namespace of their own."""

    def __init__(self, folder: Path, tools: Mapping[str, Path]) -> None:
        """Start it; ready when nodes are and when pods can be made in the namespace `default`."""
        self.folder, self.tools = folder, tools
        self.early: Program | None = None
        """A Prometheus operator that was started before its CRDs."""
        self.namespace = Namespace(folder)
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        folder = self.folder
        self.tokens = {user: secrets.token_hex(16) for user in USERS}
        lines = [f'{token},{user},{user},"{USERS[user]}"\n' for user, token in self.tokens.items()]
        (folder / "tokens.csv").write_text("".join(lines))
        for arguments in (["genrsa", "-out", "sa.key", "2048"], ["rsa", "-in", "sa.key", "-pubout", "-out", "sa.pub"]):
            subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
        self.program("etcd", "--unsafe-no-fsync", f"--data-dir={folder}/etcd")
        self.program(
            "kube-apiserver",
            *("--etcd-servers=http://127.0.0.1:2379", "--secure-port=443", "--bind-address=0.0.0.0"),
            *(f"--advertise-address={ADVERTISED}", f"--cert-dir={folder}/certs"),
            *(f"--token-auth-file={folder}/tokens.csv", "--authorization-mode=RBAC"),
            "--service-account-issuer=https://kubernetes.default.svc",
            *(f"--service-account-key-file={folder}/sa.pub", f"--service-account-signing-key-file={folder}/sa.key"),
            *("--service-cluster-ip-range=10.96.0.0/16", "--allow-privileged=true"),
        )
        self.certificate_file = folder / "certs/apiserver.crt"
        wait("the API server's certificate", self._certified, 30)
        self.certificate = self.certificate_file.read_text()
        self.api = self.api_of(self.tokens["admin"])
        wait("the API server", self._ready, 60)
        self._manager = self._start_manager()
        scheduler = self.kubeconfig("system:kube-scheduler")
        self.program(
            "kube-scheduler",
            f"--kubeconfig={scheduler}",
            "--leader-elect=false",
            f"--cert-dir={folder}/scheduler-certs",
            *HASTE,
        )
        # Without leases the nodes go NotReady after a while, and their pods with them, for good.
        kwok = ["--manage-all-nodes=true", "--node-lease-duration-seconds=40", "--server-address=127.0.0.1:10247"]
        self.program("kwok", f"--kubeconfig={self.kubeconfig('admin')}", *kwok)
        nodes, volumes = map(node, range(1, NODES + 1)), map(volume, range(VOLUMES))
        for made in [*nodes, STORAGE_CLASS, *volumes]:
            self.api.ask("POST", self.api.path(made).rpartition("/")[0], made)
        wait("nodes", self._nodes_ready, 60)
        wait("service accounts", lambda: self.api.get("v1", "ServiceAccount", "default", "default"), 60)

    def _start_manager(self) -> Program:
        return self.program(
            "kube-controller-manager",
            f"--kubeconfig={self.kubeconfig('system:kube-controller-manager')}",
            *(f"--service-account-private-key-file={self.folder}/sa.key", f"--root-ca-file={self.certificate_file}"),
            *("--leader-elect=false", "--node-monitor-grace-period=10h", f"--cert-dir={self.folder}/manager-certs"),
            *("--concurrent-namespace-syncs=10", "--namespace-sync-period=1m", *HASTE),
        )

    def restart_manager(self) -> None:
        """Let the garbage collector know the kinds that are new, of which it learns every half minute only."""
        self._manager.stop()
        self._manager = self._start_manager()

    def program(self, name: str, *arguments: str | Path, called: str = "", **env: str) -> Program:
        """Start one of the tools in the namespace."""
        return self.namespace.start(called or name, [self.tools[name], *arguments], {**SPARING, **env})

    def api_of(self, token: str) -> Api:
        """The API server as the owner of a token sees it."""
        return Api(self.namespace, self.certificate, token)

    def kubeconfig(self, user: str, server: str = "https://10.96.0.1") -> Path:
        """The kubeconfig of a user."""
        cluster = {
            "server": server,
            "certificate-authority": str(self.certificate_file),
            "tls-server-name": SERVER_NAME,
        }
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "tests",
            "clusters": [{"name": "tests", "cluster": cluster}],
            "users": [{"name": "user", "user": {"token": self.tokens[user]}}],
            "contexts": [{"name": "tests", "context": {"cluster": "tests", "user": "user"}}],
        }
        path = self.folder / f"{user.replace(':', '-')}.kubeconfig"
        path.write_text(json.dumps(content))
        path.chmod(0o600)
        return path

    def token(self, namespace: str, account: str, pod: Mapping[str, Any] | None = None) -> str:
        """A token of a service account, bound to a pod when there is one."""
        bound = {"apiVersion": "v1", "kind": "Pod", "name": pod["name"], "uid": pod["uid"]} if pod else None
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
        asked = {"spec": {"expirationSeconds": 3600, **({"boundObjectRef": bound} if bound else {})}}
        return str(self.api.ask("POST", path, asked)["status"]["token"])

    def stop(self) -> None:
        """End all of it."""
        self.namespace.stop()

    def _certified(self) -> bool:
        return self.certificate_file.exists() and "END CERTIFICATE" in self.certificate_file.read_text()

    def _ready(self) -> bool:
        try:
            return str(self.api.ask("GET", "/readyz")) == "ok"
        except (OSError, ApiError):
            return False

    def _nodes_ready(self) -> bool:
        conditions = [c for made in self.api.all("v1", "Node") for c in made["status"].get("conditions", ())]
        return [c["status"] for c in conditions if c["type"] == "Ready"] == ["True"] * NODES
