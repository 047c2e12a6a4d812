"""Helm releases."""

import re
from collections.abc import Iterator

from policy.context import Context
from policy.manifests import HELM, RELEASE_KINDS, Manifest, at, group, kind, known, mapping

_EXACT = re.compile(r"v?\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")


def _spec(manifest: Manifest) -> Manifest | None:
    is_release = group(manifest) == HELM and kind(manifest) in RELEASE_KINDS
    return mapping(manifest.get("spec")) if is_release else None


def chart_version(manifest: Manifest, context: Context) -> Iterator[str]:  # noqa: ARG001 - all rules have one signature
    """Every Helm release names one exact version of its chart."""
    if (spec := _spec(manifest)) is None:
        return
    version = spec.get("version")
    if version is None or (known(version) and not _EXACT.fullmatch(str(version))):
        yield f"takes version {version or 'whatever is newest'} of {spec.get('chart')}; name one, like 1.2.3"
    if spec.get("devel"):
        yield "takes versions that are not released; remove devel"


def chart_repository(manifest: Manifest, context: Context) -> Iterator[str]:
    """In production every chart comes over an encrypted way, or from a directory."""
    if not context.production or (spec := _spec(manifest)) is None:
        return
    for source in (spec.get("chart"), at(spec, "repositoryOpts", "repo")):
        if isinstance(source, str) and source.startswith("http://"):
            yield f"takes its chart from {source}; use https or oci"
