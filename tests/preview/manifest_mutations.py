"""For each check of rendered objects: mistakes in the chart of the tests, and what the check says of them."""

from preview.checks import Check
from preview.checks.daemons import check_alertmanager_config, check_prometheus_config, check_rules
from preview.checks.rendered_references import check_rendered_references, check_rendered_services
from preview.checks.rendering import check_custom_objects, check_rendered_apis, check_rendered_objects, check_rendering
from preview.checks.selectors import check_selectors

ENDPOINTS = "kind: Endpoints\napiVersion: v1\nmetadata: {name: old}\n---\n"
BINDING = """kind: RoleBinding
apiVersion: rbac.authorization.k8s.io/v1
metadata: {name: a}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: [{kind: ServiceAccount, name: web}]
---
"""
WEBHOOK = """kind: ValidatingWebhookConfiguration
apiVersion: admissionregistration.k8s.io/v1
metadata: {name: a}
webhooks:
  - name: a.example.com
    sideEffects: None
    admissionReviewVersions: [v1]
    clientConfig: {service: {name: web, namespace: site, path: /}}
---
"""
PEER = "    - from: [{podSelector: {matchLabels: {app: none}}}]\n      ports: [{port: 8080}]"
PROMETHEUS = """apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: a}
spec:
  %s: {name: more, key: more.yaml}
---
apiVersion: v1
kind: Secret
metadata: {name: more}
stringData:
  more.yaml: |
    - %s
---
"""
SCRAPE = PROMETHEUS % ("additionalScrapeConfigs", "scrape_interval: often")
ALERTING = PROMETHEUS % ("additionalAlertManagerConfigs", "api_version: v9")

# For each check: a file of the chart, what stands in it, what stands there instead, and what the check says then.
MUTATIONS: dict[Check, list[tuple[str, str, str, str]]] = {
    check_rendering: [("templates/widget.yaml", "note: null", '{{ fail "no color" }}', "no color")],
    check_rendered_objects: [
        (
            "templates/deployment.yaml",
            "replicas: {{",
            "replica: {{",
            "web: Deployment site/web: spec.replica is unknown; did you mean replicas? (Kubernetes 1.33, 1.37)",
        ),
        (
            "templates/services.yaml",
            "port: 80,",
            'port: "80",',
            "web: Service site/web: spec.ports[0].port '80' is not",
        ),
        ("templates/hooks.yaml", "restartPolicy: Never\n      c", "restart: Never\n      c", "restart is unknown"),
        ("crds/widgets.yaml", "storage: true", "stored: true", "spec.versions[0].stored is unknown"),
        ("templates/network.yaml", "policy/v1\n", "policy/v1beta1\n", "policy/v1beta1 is not served"),
    ],
    check_rendered_apis: [
        (
            "templates/network.yaml",
            "policy/v1\n",
            "policy/v1beta1\n",
            "Kubernetes 1.36 does not serve policy/v1beta1 PodDisruptionBudget",
        ),
        (
            "templates/config.yaml",
            "apiVersion: v1",
            f"{ENDPOINTS}apiVersion: v1",
            "web: Endpoints site/old: v1 Endpoints is deprecated in Kubernetes 1.36",
        ),
    ],
    check_custom_objects: [
        (
            "templates/widget.yaml",
            "size: 3",
            "sise: 3",
            "web: Widget site/web: spec.sise is unknown; did you mean size?",
        ),
        ("templates/widget.yaml", "size: 3", 'size: "3"', "spec.size '3' is not of type 'integer'"),
        ("templates/widget.yaml", ".Values.color", '"blue"', "'blue' is not one of ['red', 'green', '=']"),
        ("templates/widget.yaml", "color: {{ .Values.color }}", "", "'color' is a required property"),
        ("templates/widget.yaml", "port: http", "port: [http]", "spec.port ['http'] is not of type"),
        ("templates/widget.yaml", "any: thing", "any: 1", "spec.labels.any 1 is not of type 'string'"),
        (
            "templates/widget.yaml",
            "com/v1",
            "com/v2",
            "Widget site/web: example.com/v2 is not served; the charts bring v1",
        ),
        ("templates/widget.yaml", "kind: Widget", "kind: Gadget", "the charts bring no version of this kind"),
    ],
    check_rendered_references: [
        (
            "templates/deployment.yaml",
            "key: password}",
            "key: word}",
            "web: Deployment site/web: spec.template.spec.containers[0].env[0].valueFrom.secretKeyRef names key",
        ),
        (
            "templates/deployment.yaml",
            "configMap: {name: {{ .Release.Name }}}",
            "configMap: {name: wob}",
            "ConfigMap site/wob, which nobody makes",
        ),
        (
            "templates/deployment.yaml",
            "serviceAccountName: {{ .Release.Name }}",
            "serviceAccountName: wob",
            "names ServiceAccount site/wob",
        ),
        (
            "templates/config.yaml",
            "apiVersion: v1",
            f"{BINDING}apiVersion: v1",
            "web: RoleBinding site/a: roleRef names Role reader, which nobody makes",
        ),
    ],
    check_rendered_services: [
        (
            "templates/network.yaml",
            "service: {name: {{ .Release.Name }}",
            "service: {name: wob",
            "web: Ingress site/web: spec.rules[0].http.paths[0].backend.service names Service site/wob",
        ),
        (
            "templates/network.yaml",
            "port: {name: http}",
            "port: {number: 81}",
            "names port 81 of Service web, which has",
        ),
        (
            "templates/config.yaml",
            "apiVersion: v1",
            f"{WEBHOOK}apiVersion: v1",
            "webhooks[0].clientConfig.service names port 443 of Service web, which has 80, http",
        ),
        ("templates/deployment.yaml", "--color=", "http://web.site.svc:81/", "args[0] names port 81 of Service web"),
    ],
    check_selectors: [
        (
            "templates/services.yaml",
            "selector: {{- ",
            "selector: {app: wob} #",
            "web: Service site/web: spec.selector finds no pod in site: app=wob",
        ),
        (
            "templates/services.yaml",
            "targetPort: http",
            "targetPort: https",
            "port https is none of the pod that spec.selector finds, which has 8080, http",
        ),
        (
            "templates/network.yaml",
            "  podSelector:\n    matchLabels: {{-",
            "  podSelector:\n    matchLabels: {app: wob} #",
            "web: NetworkPolicy site/web: spec.podSelector finds no pod in site: app=wob",
        ),
        (
            "templates/network.yaml",
            "    - ports: [{port: 8080}]",
            PEER,
            "spec.ingress[0].from finds no pod in site: app=none",
        ),
        (
            "templates/network.yaml",
            "  maxUnavailable: 1\n  selector:\n    matchLabels: {{-",
            "  maxUnavailable: 1\n  selector:\n    matchExpressions: [{key: app, operator: Exists}] #",
            "web: PodDisruptionBudget site/web: spec.selector finds no pod in site: app Exists",
        ),
        (
            "templates/network.yaml",
            "- port: http",
            "- port: web",
            "web: ServiceMonitor site/web: port web is none of the Service",
        ),
        (
            "templates/services.yaml",
            'labels: {{- include "shop.labels" . | nindent 8 }}',
            "labels: {app: wob}",
            "web: ServiceMonitor site/web: spec.selector finds no Service in site",
        ),
    ],
    check_rules: [
        ("templates/monitoring.yaml", "up == 0", "up ==", "web: PrometheusRule site/web: "),
        ("templates/monitoring.yaml", "for: 5m", "for: often", "not a valid duration string"),
    ],
    check_prometheus_config: [
        (
            "templates/config.yaml",
            "apiVersion: v1",
            f"{SCRAPE}apiVersion: v1",
            "Prometheus site/a: additionalScrapeConfigs",
        ),
        ("templates/config.yaml", "apiVersion: v1", f"{ALERTING}apiVersion: v1", "additionalAlertManagerConfigs: "),
    ],
    check_alertmanager_config: [
        (
            "templates/monitoring.yaml",
            "receiver: team",
            "receiver: tem",
            'web: Secret site/web-alertmanager: undefined receiver "tem"',
        ),
    ],
}
