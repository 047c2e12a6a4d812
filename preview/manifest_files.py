"""Rendered objects as files: a stable name for each, stable bytes, and no secret value."""

from collections import Counter
from collections.abc import Iterator

from preview.masking import key, masked
from preview.plan import Plan
from preview.rendered import Rendered, Rendering
from preview.yamlfile import dump


def manifest_files(plan: Plan, rendering: Rendering) -> Iterator[tuple[str, str, str]]:
    """Release, file name without suffix, and content of each object."""
    secret = key(plan.project)
    known = [(item, masked(item.manifest, item.volatile, secret)) for item in rendering.objects]
    names = [f"{item.kind.lower()}-{manifest['metadata']['name']}" for item, manifest in known]
    counts = Counter((item.release.name, name) for (item, _), name in zip(known, names, strict=True))
    for (item, manifest), name in zip(known, names, strict=True):
        unique = counts[item.release.name, name] == 1
        yield item.release.name, name if unique else _with_namespace(item, name), _content(item, manifest)


def _with_namespace(item: Rendered, name: str) -> str:
    """A name with the namespace after the kind."""
    kind = item.kind.lower()
    return f"{kind}-{item.namespace}-{name.removeprefix(f'{kind}-')}" if item.namespace else name


def _content(item: Rendered, manifest: dict[str, object]) -> str:
    """The object as YAML with sorted keys; a CustomResourceDefinition, which is long, as its chart has it."""
    return item.text if item.kind == "CustomResourceDefinition" and not item.volatile else dump(manifest)
