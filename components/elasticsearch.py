"""Elasticsearch with one least-privilege user per client."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NotRequired

import pulumi
import pulumi_kubernetes as k8s

from . import charts, secrets
from .elasticsearch_snapshots import SnapshotsSettings, keystore, node_config, pod
from .kubernetes import PlacedArgs, anti_affinity, release
from .model import AntiAffinity, Count, Flag, Model, Resources, Volume, amount, small, spread

UNSAFE_NODES = 2
PEOPLE = "kibana-user"  # `kibana` is reserved for the server itself.
DATA = "elasticsearch-data"  # ECK mounts a claim or volume of exactly this name as the data path.


class ElasticsearchSettings(Model):
    """How large and how available Elasticsearch is."""

    nodes: Count = 1
    """Nodes, each with all roles; 1, or at least 3, since two cannot elect a master when one is lost."""
    volume: Volume | None = None
    """Volume of each node; without one, logs and traces are lost when the pod restarts."""
    resources: Resources = small("250m", "2Gi", "2Gi")
    """Resources of each node; the Java heap takes half of the memory."""
    anti_affinity: AntiAffinity = "soft"
    """Whether nodes avoid each other's Kubernetes nodes."""
    keep_volumes: Flag = True
    """Whether volumes stay when Elasticsearch is removed."""
    snapshots: SnapshotsSettings | None = None
    """Where snapshots of the logs go, when they are made, and how long they are kept; without it there are none."""

    def problems(self) -> Iterable[str]:
        """What Elasticsearch does not start or survive with."""
        if self.nodes == UNSAFE_NODES:
            yield "nodes: two nodes cannot elect a master when one is lost; write 1 or 3"
        if amount(self.resources.memory) < 2**30:
            yield f"resources.memory: {self.resources.memory} is too little for Elasticsearch; write 1Gi or more"
        if amount(self.resources.memory_limit or self.resources.memory) != amount(self.resources.memory):
            yield "resources.memoryLimit: differs from memory, and the heap is half of it; write the same as memory"
        yield from spread(self.nodes, self.anti_affinity, "nodes")


class ElasticsearchArgs(PlacedArgs):
    """Arguments of ``Elasticsearch``."""

    users: Mapping[str, Sequence[str]]
    """Users to make, each with its roles."""
    roles: Mapping[str, Mapping[str, Any]]
    """Roles in the form of Elasticsearch's roles.yml."""
    snapshot_secret: NotRequired[pulumi.Input[str] | None]
    """Key of S3 or Azure, or Google's credentials file, for snapshots that need one."""
    settings: NotRequired[Mapping[str, Any]]
    """Keys of ``ElasticsearchSettings``."""


def _node_set(name: str, s: ElasticsearchSettings) -> dict[str, Any]:
    in_pod, in_container = pod(s.snapshots) if s.snapshots else ({}, {})
    spec: dict[str, Any] = {"containers": [{"name": "elasticsearch", "resources": {}, **in_container}], **in_pod}
    if _with_role(s):
        spec["serviceAccountName"] = name
    if s.anti_affinity == "hard":  # ECK prefers different nodes by itself.
        spec["affinity"] = anti_affinity("hard", {"elasticsearch.k8s.elastic.co/cluster-name": name})
    claims = {}
    if s.volume:
        claims = {"volumeClaimTemplates": [{"metadata": {"name": DATA}, "spec": s.volume.claim_spec()}]}
    else:
        spec["volumes"] = [{"name": DATA, "emptyDir": {}}, *in_pod.get("volumes", [])]
    return {
        "name": "default",
        "count": s.nodes,
        # Memory-mapped files need a kernel setting that a restricted pod cannot make.
        "config": {"node.store.allow_mmap": False, **(node_config(s.snapshots) if s.snapshots else {})},
        "podTemplate": {"metadata": {}, "spec": spec},
        "resources": s.resources.spec(),
        **claims,
    }


def _with_secret(s: ElasticsearchSettings) -> bool:
    return bool(s.snapshots and s.snapshots.secret_wanted)


def _with_role(s: ElasticsearchSettings) -> bool:
    return bool(s.snapshots and s.snapshots.role_arn)


def _values(name: str, s: ElasticsearchSettings, user_secrets: Sequence[str]) -> dict[str, Any]:
    return {
        "fullnameOverride": name,
        "version": charts.ELASTIC_STACK_VERSION,
        "auth": {
            "fileRealm": [{"secretName": secret} for secret in user_secrets],
            "roles": [{"secretName": secrets.ELASTICSEARCH_ROLES.name}],
        },
        **({"secureSettings": [{"secretName": secrets.SNAPSHOTS.name}]} if _with_secret(s) else {}),
        "nodeSets": [_node_set(name, s)],
        "volumeClaimDeletePolicy": "DeleteOnScaledownOnly" if s.keep_volumes else "DeleteOnScaledownAndClusterDeletion",
    }


class Elasticsearch(pulumi.ComponentResource):
    """An Elasticsearch cluster under the ECK operator, its roles, and a Secret with the login of each user."""

    url: pulumi.Output[str]
    """URL of Elasticsearch inside the cluster; its certificate names exactly this host."""
    ca_secret: pulumi.Output[str]
    """Name of the Secret with `ca.crt`, which the operator makes."""
    login_secret: pulumi.Output[str]
    """Name of the Secret with the login for people, in Kibana."""

    def __init__(self, name: str, args: ElasticsearchArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create users and roles first: the operator reads them when it makes the cluster."""
        super().__init__("neuroerp-observability:index:Elasticsearch", name, {}, opts)
        settings = ElasticsearchSettings.model_validate(args.get("settings", {}))
        child, namespace = pulumi.ResourceOptions(parent=self), args["namespace"]
        # JSON is YAML, and keeps the order that the content has.
        roles = secrets.secret(
            secrets.ELASTICSEARCH_ROLES, namespace, {"roles.yml": json.dumps(args["roles"], indent=2)}, child
        )
        users = [self._user(user, granted, namespace) for user, granted in args["users"].items()]
        more = [self._keystore(settings, args)] if _with_secret(settings) else []
        if _with_role(settings):
            more.append(
                k8s.core.v1.ServiceAccount(
                    name,
                    metadata={"name": name, "namespace": namespace},
                    automount_service_account_token=False,
                    opts=child,
                )
            )

        names = [secrets.elasticsearch_user(user).name for user in args["users"]]
        after = pulumi.ResourceOptions(parent=self, depends_on=[roles, *users, *more])
        release(name, charts.ECK_ELASTICSEARCH, args, _values(name, settings, names), after)

        self.url = pulumi.Output.format("https://{0}-es-http.{1}.svc:9200", name, namespace)
        self.ca_secret = pulumi.Output.from_input(f"{name}-es-http-certs-public")
        self.login_secret = pulumi.Output.from_input(secrets.elasticsearch_user(PEOPLE).name)
        self.register_outputs({"url": self.url, "caSecret": self.ca_secret, "loginSecret": self.login_secret})

    def _keystore(self, s: ElasticsearchSettings, args: ElasticsearchArgs) -> pulumi.Resource:
        given = args.get("snapshot_secret")
        if s.snapshots is None or given is None:
            raise ValueError("settings.snapshots: this place needs a secret; give snapshot_secret")
        child = pulumi.ResourceOptions(parent=self)
        return secrets.secret(secrets.SNAPSHOTS, args["namespace"], keystore(s.snapshots, given), child)

    def _user(self, user: str, granted: Sequence[str], namespace: pulumi.Input[str]) -> pulumi.Resource:
        spec, child = secrets.elasticsearch_user(user), pulumi.ResourceOptions(parent=self)
        login: dict[str, pulumi.Input[str]] = {
            "username": user,
            "password": secrets.password(spec, child).result,
            "roles": ",".join(granted),
        }
        return secrets.secret(spec, namespace, login, child, kind="kubernetes.io/basic-auth")
