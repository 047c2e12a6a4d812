"""What a kubelet does, for pods that kwok only pretends to run: volumes become files, containers become processes."""

import base64
import zoneinfo
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.cluster.api import Manifest
from tests.cluster.control_plane import ControlPlane

if TYPE_CHECKING:
    from tests.cluster.network import Program

LISTEN = "--web.listen-address="
SERVICE_ENV = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"}


class MountError(Exception):
    """A volume cannot be filled; the text is the kubelet's."""


class PodProcess:
    """One container of a pod as a process that sees the pod's files, address and service account, and nothing else."""

    def __init__(self, plane: ControlPlane, pod: Manifest, container: str, binaries: Mapping[str, Path]) -> None:
        """``binaries`` are programs by the name of their container; the init container runs to its end first."""
        self.plane, self.pod, self._binaries = plane, pod, binaries
        self.name = str(pod["metadata"]["name"])
        self.address = str(pod["status"]["podIP"])
        self.root = plane.folder / "pods" / str(pod["metadata"]["uid"])
        self.container = self._find("containers", container)
        self.init = self._find("initContainers", "init-config-reloader")
        self.program: Program | None = None

    def _find(self, where: str, name: str) -> dict[str, Any]:
        return dict(next(made for made in self.pod["spec"][where] if made["name"] == name))

    def start(self) -> None:
        """Fill the volumes, run the init container, start the container."""
        for folder in ("bin", "etc", "tmp", "proc"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        for name, binary in self._binaries.items():
            self._bind(binary, self.root / "bin" / name)
        for file in ("hosts", "resolv.conf"):
            self._bind(self.plane.folder / file, self.root / "etc" / file)
        # Alertmanager's image has the time zones that its configuration names.
        zones = self.root / "usr/share/zoneinfo"
        zones.mkdir(parents=True)
        self._bind(next(path for path in map(Path, zoneinfo.TZPATH) if path.is_dir()), zones)
        self.sync()
        self.run()

    def run(self) -> None:
        """Start the container, for the first time or again."""
        command = self._command(self.container)
        self.program = self.plane.namespace.start(self.name, command, self._env(self.container))

    def _bind(self, source: Path, target: Path) -> None:
        if not target.exists():
            target.touch()
        self.plane.namespace.run("mount", "--bind", source.resolve(), target)

    def sync(self) -> None:
        """Fill the volumes anew and let the init container make the configuration of them."""
        for path, content in self.files(self.init, self.container).items():
            target = self.root / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                target.mkdir(exist_ok=True)
            else:
                target.write_bytes(content)
        self.plane.namespace.run(*self._command(self.init), env=self._env(self.init))

    def stop(self) -> None:
        """End it."""
        if self.program:
            self.program.stop()

    def _command(self, container: Mapping[str, Any]) -> list[str]:
        env = self._env(container)
        # A pod has a network of its own; these share one, so that each listens at its own address only.
        ports = [port["containerPort"] for port in container.get("ports", ()) if port["name"] == "http-web"]
        listen = [f"{LISTEN}{self.address}:{port}" for port in ports]
        arguments = [*(argument for argument in container.get("args", ()) if not argument.startswith(LISTEN)), *listen]
        for name, value in env.items():
            arguments = [argument.replace(f"$({name})", value) for argument in arguments]
        return ["chroot", str(self.root), f"/bin/{container['name']}", *arguments]

    def _env(self, container: Mapping[str, Any]) -> dict[str, str]:
        metadata = self.pod["metadata"]
        fields = {
            "metadata.name": metadata["name"],
            "metadata.namespace": metadata["namespace"],
            "status.podIP": self.address,
        }
        env = dict(SERVICE_ENV)
        for variable in container.get("env", ()):
            field = variable.get("valueFrom", {}).get("fieldRef", {}).get("fieldPath")
            env[variable["name"]] = fields[field] if field else variable.get("value", "")
        return env

    def files(self, *containers: Mapping[str, Any]) -> dict[str, bytes | None]:
        """Path and content of all that containers mount; a folder has none. Raises ``MountError`` like a kubelet."""
        volumes = {volume["name"]: volume for volume in self.pod["spec"]["volumes"]}
        found: dict[str, bytes | None] = {}
        for mount in [mount for container in containers for mount in container.get("volumeMounts", ())]:
            content = dict(self._content(volumes[mount["name"]]))
            path = mount["mountPath"]
            if mount.get("subPath") in content:
                found[path] = content[mount["subPath"]]
                continue
            found[path] = None
            found |= {f"{path}/{name}": data for name, data in content.items()}
        return found

    def _content(self, volume: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
        if "projected" in volume:
            for source in volume["projected"]["sources"]:
                yield from self._source(source)
        elif "secret" in volume:
            yield from self._source({"secret": {**volume["secret"], "name": volume["secret"]["secretName"]}})
        elif "configMap" in volume:
            yield from self._source({"configMap": volume["configMap"]})

    def _source(self, source: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
        (kind, asked), *_ = source.items()
        space = self.pod["metadata"]["namespace"]
        if kind == "serviceAccountToken":
            metadata = self.pod["metadata"]
            yield asked["path"], self.plane.token(space, self.pod["spec"]["serviceAccountName"], metadata).encode()
            return
        if kind == "downwardAPI":
            values = {"metadata.namespace": space, "metadata.name": self.name}
            for item in asked["items"]:
                yield item["path"], values[item["fieldRef"]["fieldPath"]].encode()
            return
        found = self.plane.api.get("v1", kind[0].upper() + kind[1:], asked["name"], space)
        if found is None:
            if not asked.get("optional"):
                raise MountError(f"MountVolume.SetUp failed: {kind} {asked['name']} not found")
            return
        data = {name: text.encode() for name, text in (found.get("data") or {}).items()}
        if kind == "secret":
            data = {name: base64.b64decode(text) for name, text in data.items()}
        data |= {name: base64.b64decode(text) for name, text in (found.get("binaryData") or {}).items()}
        for item in asked.get("items") or [{"key": key, "path": key} for key in data]:
            if item["key"] not in data:
                raise MountError(f"MountVolume.SetUp failed: {kind} {asked['name']} has no key {item['key']}")
            yield item["path"], data[item["key"]]


def unreadable(process: PodProcess, config: str) -> list[str]:
    """Files that a configuration names and the pod does not have."""
    try:
        mounted = process.files(process.container)
    except MountError as error:
        return [str(error)]
    named = [line.partition(":")[2].strip().strip('"') for line in config.splitlines() if "_file:" in line]
    return [f"{path}: is not mounted" for path in named if path not in mounted]
