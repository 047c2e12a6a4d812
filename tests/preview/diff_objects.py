"""Objects that the tests of the comparison change."""

from tests.preview.diff_trees import manifest

DEPLOYMENT = manifest("""
apiVersion: apps/v1
kind: Deployment
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: "registry.example.com/web:1.9"
          env: [{name: A, value: "1"}]
          securityContext: {runAsNonRoot: true, capabilities: {drop: [ALL]}}
        - {name: side, image: "registry.example.com/side:1"}
""")
STATEFUL = manifest("""
apiVersion: apps/v1
kind: StatefulSet
spec:
  replicas: 2
  serviceName: web
  podManagementPolicy: Parallel
  template: {spec: {containers: [{name: web, image: "web:1"}]}}
  volumeClaimTemplates: [{metadata: {name: data}, spec: {resources: {requests: {storage: 1Gi}}}}]
""")
DAEMON = manifest("""
apiVersion: apps/v1
kind: DaemonSet
spec:
  updateStrategy: {type: RollingUpdate}
  template: {spec: {containers: [{name: web, image: "web:1", args: ["--level=info"]}]}}
""")
JOB = manifest("""
apiVersion: batch/v1
kind: Job
spec: {backoffLimit: 1, template: {spec: {containers: [{name: web, image: "web:1", args: [run]}]}}}
""")
CLAIM = manifest("""
kind: PersistentVolumeClaim
spec: {accessModes: [ReadWriteOnce], storageClassName: fast, resources: {requests: {storage: 10Gi}}}
""")
PROMETHEUS = manifest("""
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
spec:
  replicas: 2
  retention: 15d
  retentionSize: 80GiB
  version: v3.1.0
  image: "prometheus:v3.1.0"
  storage: {volumeClaimTemplate: {spec: {storageClassName: fast, resources: {requests: {storage: 100Gi}}}}}
  resources: {requests: {memory: 1Gi}}
  ruleSelector: {}
""")
ELASTIC = manifest("""
apiVersion: elasticsearch.k8s.elastic.co/v1
kind: Elasticsearch
spec:
  version: 9.4.0
  nodeSets:
    - name: default
      count: 3
      config: {a: b}
      volumeClaimTemplates: [{metadata: {name: elasticsearch-data}, spec: {resources: {requests: {storage: 300Gi}}}}]
""")
SECRET = manifest("{kind: Secret, type: Opaque, stringData: {user: '<secret 0123456789abcdef>', word: '<secret>'}}")
ROLE = manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
rules:
  - {apiGroups: [""], resources: [pods], verbs: [get, list]}
  - {apiGroups: [apps], resources: ["*"], verbs: ["*"]}
""")
BINDING = manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
roleRef: {kind: Role, name: reader, apiGroup: rbac.authorization.k8s.io}
subjects: [{kind: ServiceAccount, name: web, namespace: site}]
""")
SERVICE = manifest("""
kind: Service
spec: {type: ClusterIP, selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}
""")
INGRESS = manifest("""
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {annotations: {example.com/auth-secret: login, note: a}}
spec:
  tls: [{hosts: [a.example.com], secretName: cert}]
  rules: [{host: a.example.com, http: {paths: [{path: /, backend: {service: {name: web}}}]}}]
""")
POLICY = manifest("{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, spec: {podSelector: {}, ingress: []}}")
RULES = manifest("""
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
spec:
  groups:
    - name: a
      interval: 30s
      rules:
        - alert: Slow
          expr: "rate(x[5m]) > 0.5 and y < 3"
          for: 5m
          labels: {severity: warning, team: a}
          annotations: {summary: s}
        - {alert: Down, expr: up == limit, labels: {severity: critical}}
        - {alert: Down, expr: up == 0, labels: {severity: warning}}
        - {record: limit, expr: vector(0.05)}
        - {record: "job:up", expr: sum(up)}
""")
BOARD = manifest("""
kind: ConfigMap
metadata: {labels: {grafana_dashboard: "1"}}
data:
  a.json: |
    {"title": "Orders", "uid": "orders", "templating": {"list": []}, "panels": [
      {"id": 1, "title": "Rate", "targets": [{"refId": "A", "expr": "rate(a[5m])"}], "fieldConfig": {"unit": "s"}},
      {"id": 2, "title": "Row", "type": "row", "panels": [
        {"id": 3, "title": "Inner", "targets": [{"refId": "A", "expr": "b"}, {"refId": "B", "expr": "c"}]}]}]}
""")
CONFIG = manifest("{kind: ConfigMap, data: {app.conf: 'a = 1'}}")
LIFECYCLE = manifest("""
kind: ConfigMap
data:
  10-logs.json: |
    {"body": {"policy": {"phases": {"hot": {"min_age": "0ms"}, "delete": {"min_age": "30d"}}}}}
""")
ROUTES = manifest("""
apiVersion: monitoring.coreos.com/v1alpha1
kind: AlertmanagerConfig
spec:
  route:
    receiver: team
    groupWait: 30s
    routes:
      - {receiver: boss, matchers: [{name: severity, value: critical, matchType: "="}], repeatInterval: 1h}
      - {receiver: quiet, matchers: [{name: severity, value: info, matchType: "="}]}
  receivers:
    - {name: team, emailConfigs: [{to: team@example.com}]}
    - {name: boss}
  inhibitRules: [{equal: [namespace]}]
  muteTimeIntervals: [{name: nights}]
""")
LOGSTASH = manifest("""
apiVersion: logstash.k8s.elastic.co/v1alpha1
kind: Logstash
spec: {count: 1, config: {a: b}, pipelines: [{pipeline.id: main, config.string: "input {\\n}\\noutput {\\n}\\n"}]}
""")
CLEANER = manifest("""
apiVersion: batch/v1
kind: CronJob
metadata: {name: jaeger-es-index-cleaner}
spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: c, image: "c:1", args: ["14", "http://a"]}]}}}}}
""")
SPACE = manifest("{kind: Namespace, metadata: {labels: {pod-security.kubernetes.io/enforce: baseline}}}")
MONITOR = manifest("{apiVersion: monitoring.coreos.com/v1, kind: ServiceMonitor, spec: {endpoints: [{port: http}]}}")
DEFINITION = manifest("""
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
spec: {versions: [{name: v1, served: true}, {name: v2, served: true}]}
""")
