"""Snapshots of Elasticsearch: where they go, when, and what the nodes need to reach that place."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

import pulumi
from pydantic import Field, StrictInt
from pydantic.alias_generators import to_camel

from . import cron
from .model import Count, Days, Flag, Model, Name, Url

FOLDER = "/snapshots"
"""Where the volume of type `fs` is mounted."""
TOKEN_FOLDER = "/usr/share/elasticsearch/config/repository-s3"  # noqa: S105 - a folder
TOKEN_FILE = "aws-web-identity-token-file"  # noqa: S105 - the one name that Elasticsearch reads
_BELONGS = {
    "s3": ("bucket", "endpoint", "region", "path_style", "account", "role_arn"),
    "gcs": ("bucket",),
    "azure": ("bucket", "account"),
    "fs": ("claim",),
}
"""Type -> the fields that mean something with it."""
_NEEDED = {"s3": ("bucket",), "gcs": ("bucket",), "azure": ("bucket", "account"), "fs": ("claim",)}
Text = Annotated[str, Field(min_length=1, pattern=r"^[^\s/]+$")]
Path = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*$")]


class SnapshotsSettings(Model):
    """Where snapshots of the logs go, when they are made, and how long they are kept."""

    type: Literal["s3", "gcs", "azure", "fs"]
    """Amazon S3 or what speaks like it, Google Cloud Storage, Azure Blob Storage, or a volume that all nodes mount."""
    bucket: Text | None = None
    """Bucket, or Azure's container; it must exist."""
    base_path: Path | None = None
    """Folder in it, which no other cluster may write to; the environment's name when it is left out."""
    endpoint: Url | None = None
    """URL of a service that speaks like S3, with a certificate of a public authority; Amazon's when it is left out."""
    region: Text | None = None
    """Region of the bucket at S3."""
    path_style: Flag = False
    """Whether the bucket stands in the path of the URL, not in its host: most services that speak like S3 want that."""
    account: Text | None = None
    """Id of the access key of S3, or Azure's storage account; its key is the secret `snapshotSecret`."""
    role_arn: str | None = Field(default=None, pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/\S+$")
    """IAM role that nodes take on EKS, instead of an access key; it trusts the ServiceAccount `elasticsearch`."""
    claim: Name | None = None
    """PersistentVolumeClaim of yours in the platform's namespace, ReadWriteMany, for type `fs`."""
    schedule: str = Field(default="30 1 * * *", pattern=cron.PATTERN)
    """When a snapshot is made, in five fields of cron, as UTC."""
    keep_days: Days = 30
    """Days that a snapshot is kept."""
    at_least: Count = 5
    """Snapshots that are kept even when they are older."""
    at_most: Annotated[StrictInt, Field(ge=1, le=1000)] = 50
    """Snapshots that are kept at most."""
    stale_days: Count = 2
    """Days without a good snapshot after which people are told; more than the longest pause of `schedule`."""
    traces: Flag = False
    """Whether traces are in it, too."""

    def problems(self) -> Iterable[str]:
        """What a type does not know or cannot do without, and times that Elasticsearch cannot keep."""
        known = {field for fields in _BELONGS.values() for field in fields}
        unknown = sorted(known.difference(_BELONGS[self.type]))
        yield from (f"{to_camel(key)}: type {self.type} has none; remove it" for key in unknown if getattr(self, key))
        missing = [key for key in _NEEDED[self.type] if not getattr(self, key)]
        yield from (f"{to_camel(key)}: is missing; type {self.type} needs it" for key in missing)
        if self.type == "s3" and bool(self.account) == bool(self.role_arn):
            yield "account: type s3 needs either an access key or a role; write account, or roleArn"
        if self.at_least > self.at_most:
            yield f"atLeast: {self.at_least} is over atMost ({self.at_most}); write at most {self.at_most}"
        numbers = list(cron.wrong(self.schedule))
        yield from (f"schedule: {line}" for line in numbers)
        try:
            cron.for_elasticsearch("0 0 * * *" if numbers else self.schedule)
        except ValueError as error:
            yield f"schedule: {error}"

    @property
    def secret_wanted(self) -> bool:
        """Whether the stack gives a secret for this place."""
        return self.type in ("gcs", "azure") or bool(self.account)


def keystore(s: SnapshotsSettings, secret: pulumi.Input[str]) -> dict[str, pulumi.Input[str]]:
    """Setting of Elasticsearch's keystore -> value."""
    if s.type == "gcs":
        return {"gcs.client.default.credentials_file": secret}
    name, key = ("access_key", "secret_key") if s.type == "s3" else ("account", "key")
    return {f"{s.type}.client.default.{name}": str(s.account), f"{s.type}.client.default.{key}": secret}


def node_config(s: SnapshotsSettings) -> dict[str, Any]:
    """The part of `elasticsearch.yml`."""
    if s.type == "fs":
        return {"path.repo": [FOLDER]}
    client = {"endpoint": s.endpoint, "region": s.region, "path_style_access": s.path_style}
    return {f"s3.client.default.{key}": value for key, value in client.items() if value}


def pod(s: SnapshotsSettings) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is added to the pod of a node, and to its container."""
    if s.type == "fs":
        volume = {"name": "snapshots", "persistentVolumeClaim": {"claimName": s.claim}}
        return {"volumes": [volume]}, {"volumeMounts": [{"name": "snapshots", "mountPath": FOLDER}]}
    if not s.role_arn:
        return {}, {}
    # As Elasticsearch reads it: a file in this folder alone, under this name. The kubelet renews it.
    token = {"audience": "sts.amazonaws.com", "expirationSeconds": 86400, "path": TOKEN_FILE}
    volume = {"name": "aws-token", "projected": {"sources": [{"serviceAccountToken": token}]}}
    env = {"AWS_ROLE_ARN": s.role_arn, "AWS_WEB_IDENTITY_TOKEN_FILE": f"{TOKEN_FOLDER}/{TOKEN_FILE}"}
    return {"volumes": [volume]}, {
        "env": [{"name": key, "value": value} for key, value in env.items()],
        "volumeMounts": [{"name": "aws-token", "mountPath": TOKEN_FOLDER, "readOnly": True}],
    }
