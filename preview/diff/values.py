"""Custom objects that follow from a release's values alone, for charts that are not rendered."""

from collections.abc import Iterator, Mapping
from typing import Any

from preview.diff.tree import Item
from preview.parts import Release, Resource

# Chart, kind, where the values hold the spec: helm.sh charts of prometheus-community and of Elastic.
_SPECS = (
    ("kube-prometheus-stack", "Prometheus", ("prometheus", "prometheusSpec")),
    ("kube-prometheus-stack", "Alertmanager", ("alertmanager", "alertmanagerSpec")),
    ("eck-elasticsearch", "Elasticsearch", ()),
    ("eck-kibana", "Kibana", ()),
    ("eck-logstash", "Logstash", ()),
    ("eck-beats", "Beat", ()),
)
_OTHERWISE = {"storageSpec": "storage"}
_NO_SPEC = frozenset({"fullnameOverride", "nameOverride", "annotations", "labels"})


def expected(release: Item) -> Iterator[Item]:
    """The custom objects, as far as the values set them."""
    inputs: dict[str, Any] = dict(release.manifest)
    chart = Release(Resource("", release.name, "", "", (), inputs, component=False)).chart
    for name, kind, path in _SPECS:
        spec: Any = inputs.get("values")
        for part in path:
            spec = spec.get(part) if isinstance(spec, Mapping) else None
        if chart == name and isinstance(spec, Mapping):
            content = {_OTHERWISE.get(key, key): value for key, value in spec.items() if key not in _NO_SPEC}
            yield Item(kind, release.name, release.namespace, release.name, {"spec": content})
