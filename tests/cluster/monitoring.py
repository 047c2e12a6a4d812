"""A stack's monitoring under the real operator: our objects, the servers' own, and the application that is watched."""

from typing import Any

import yaml

from components.scraping import ScrapeTarget, scrape_spec
from tests.cluster.api import Manifest
from tests.cluster.change import GONE, changed, named
from tests.cluster.chart_objects import MONITORING, alertmanager, make, prometheus
from tests.cluster.deployment import Deployment
from tests.cluster.monitoring_checks import alertmanager_config, not_reconciled, prometheus_config
from tests.waiting import wait

APP_PORT = 8080
FROM_ELSEWHERE = "elsewhere"


class Monitoring:
    """What the operator gets to see, and the mutants beside it."""

    def __init__(self, deployment: Deployment, *, mutants: bool = True) -> None:
        self.deployment, self.api, self.stack = deployment, deployment.api, deployment.stack
        self.monitor = named(self.stack.manifests, "ServiceMonitor", "valeo-neuroerp")
        (self.app_namespace,) = self.monitor["spec"]["namespaceSelector"]["matchNames"]
        *around, server = prometheus(self.stack)
        # Otherwise an alert that fires before Alertmanager is discovered would be sent again after a minute only.
        self.prometheus = changed(server, "spec|rules", {"alert": {"resendDelay": "1s"}})
        *before, self.alertmanager = alertmanager(self.stack)
        self.servers = {"alertmanager": self.alertmanager, "prometheus": self.prometheus}
        self.services = [made for made in [*around, *before] if made["kind"] == "Service"]
        self.elsewhere = self._elsewhere()
        self.mutant_monitors = self._mutant_monitors()
        self.mutant_alertmanagers = self._mutant_alertmanagers()
        self.mutant_prometheus = self._mutant_prometheus()
        deployment.make(make("v1", "Namespace", self.app_namespace, ""), *self.application())
        if mutants:
            deployment.make(
                make("v1", "Namespace", FROM_ELSEWHERE, ""),
                *self.elsewhere,
                *self.mutant_monitors.values(),
                *(made for objects in self.mutant_alertmanagers.values() for made in objects),
                self.mutant_prometheus,
            )
        deployment.make(*before, self.alertmanager, *around, self.prometheus)

    def reconciled(self) -> None:
        """Wait until the operator has brought both servers about."""
        wait("the operator", lambda: not not_reconciled(self.api, [*self.servers.values()]), 30)

    @property
    def selected(self) -> list[Manifest]:
        """The objects that Prometheus must take up: ours, and those of another namespace."""
        ours = [made for made in self.stack.manifests if made["apiVersion"].startswith("monitoring.coreos.com/")]
        return [*ours, *self.elsewhere]

    @property
    def config(self) -> dict[str, Any]:
        """The configuration of Prometheus that the operator wrote."""
        return prometheus_config(self.api, self.stack.platform, self.prometheus["metadata"]["name"])

    def alertmanager_config(self, mutant: str = "") -> dict[str, Any]:
        """The configuration of Alertmanager, or of a mutant of it, that the operator wrote."""
        return alertmanager_config(self.api, self.stack.platform, mutant or self.alertmanager["metadata"]["name"])

    @property
    def given_config(self) -> dict[str, Any]:
        """The configuration of Alertmanager that the program gives to the chart."""
        return dict(self.stack.values("alertmanager")["alertmanager"]["config"])

    @property
    def health_urls(self) -> list[str]:
        """The application's health endpoints that are probed."""
        probes = [named(self.stack.manifests, "Probe", "neuroerp-health")]
        return [url for made in probes for url in made["spec"]["targets"]["staticConfig"]["static"]]

    def application(self, name: str = "neuroerp-api", replicas: int = 2) -> list[Manifest]:
        """A service of the application: pods behind a Service, as its own deployment has them."""
        labels = {"app.kubernetes.io/name": name, **self.monitor["spec"]["selector"]["matchLabels"]}
        port = self.monitor["spec"]["endpoints"][0]["port"]
        container = {"name": "api", "image": "api", "ports": [{"name": port, "containerPort": APP_PORT}]}
        pod = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
        selector = {"matchLabels": labels}
        service = make(
            "v1", "Service", name, self.app_namespace,
            spec={"selector": labels, "ports": [{"name": port, "port": APP_PORT, "targetPort": APP_PORT}]},
        )  # fmt: skip
        service["metadata"]["labels"] = labels
        return [
            make(
                "apps/v1", "Deployment", name, self.app_namespace,
                spec={"replicas": replicas, "selector": selector, "template": pod},
            ),
            service,
        ]  # fmt: skip

    def _elsewhere(self) -> list[Manifest]:
        rule = {"groups": [{"name": "team", "rules": [{"record": "team:up:sum", "expr": "sum(up)"}]}]}
        target = ScrapeTarget(job="legacy", targets=["legacy.example.com:9100"])
        scrape = "monitoring.coreos.com/v1alpha1"
        probe = next(made for made in self.stack.manifests if made["kind"] == "Probe")
        monitor, probe = (
            changed(changed(made, "metadata|namespace", FROM_ELSEWHERE), "metadata|name", "team")
            for made in (self.monitor, probe)
        )
        return [
            changed(monitor, "spec|endpoints|0|relabelings|1|replacement", "team"),
            changed(probe, "spec|jobName", "team"),
            make(MONITORING, "PrometheusRule", "team", FROM_ELSEWHERE, spec=rule),
            make(scrape, "ScrapeConfig", "legacy", FROM_ELSEWHERE, spec=scrape_spec(target)),
        ]

    def _mutant_monitors(self) -> dict[str, Manifest]:
        """The scrape job of the application with one mistake each, by name; the API server takes them all."""
        mistakes: dict[str, tuple[str, object]] = {
            "wrong-label": ("spec|selector|matchLabels", {"app.kubernetes.io/part-of": "valeo-neuroerp-"}),
            "wrong-namespace": ("spec|namespaceSelector|matchNames", ["neuroerp-staging"]),
            "no-namespace": ("spec|namespaceSelector", GONE),
            "wrong-port": ("spec|endpoints|0|port", "metrics"),
            "no-labeldrop": ("spec|endpoints|0|relabelings|0", GONE),
            "no-job": ("spec|endpoints|0|relabelings|1", GONE),
            "bad-regex": ("spec|endpoints|0|relabelings|0|regex", "("),
        }
        return {
            name: changed(changed(self.monitor, path, value), "metadata|name", name)
            for name, (path, value) in mistakes.items()
        }

    def _mutant_alertmanagers(self) -> dict[str, list[Manifest]]:
        """Alertmanagers with one mistake each in their configuration."""
        given, space = self.given_config, self.stack.platform
        stray = changed(given, "route|receiver", "oncall")
        configs = {"missing": ("other-name", "alertmanager.yaml", given), "key": ("key", "config.yaml", given)}
        configs["receiver"] = ("receiver", "alertmanager.yaml", stray)
        made = {}
        for name, (secret, key, config) in configs.items():
            spec = {**self.alertmanager["spec"], "replicas": 0, "configSecret": f"mutant-{name}"}
            data = {key: yaml.safe_dump(config)}
            made[name] = [
                make("v1", "Secret", f"mutant-{secret}", space, stringData=data),
                make(MONITORING, "Alertmanager", f"mutant-{name}", space, spec=spec),
            ]
        return made

    def _mutant_prometheus(self) -> Manifest:
        """A Prometheus with the chart's default selectors: only what carries the release's label."""
        values = self.stack.values("prometheus")
        for kind in ("serviceMonitor", "podMonitor", "probe", "rule", "scrapeConfig"):
            values = changed(values, f"prometheus|prometheusSpec|{kind}SelectorNilUsesHelmValues", GONE)
        made = prometheus(self.stack, values)[-1]
        return changed(changed(made, "metadata|name", "mutant"), "spec|replicas", 0)
