"""Is the platform under the ERP healthy: targets, probes, pods, nodes and the cache."""

from . import erp, system_health
from .grafana import Dashboard, Row
from .links import Links
from .panels import Panel, override, panel, thresholds

POD = f'{erp.APP},pod=~"$pod"'
POD_RATIO = '{namespace=~"$namespace",pod=~"$pod"}'
NODE = '{instance=~"$node"}'


def dashboard(links: Links) -> Dashboard:
    """VALEO-NeuroERP System Overview."""
    cpu, memory, files, cpu_share, memory_share, restarts = _pods(links)
    return erp.dashboard(
        __name__,
        "VALEO-NeuroERP System Overview",
        {
            "Health": [
                Row(system_health.now(links), height=6, widths=(4, 4, 4, 12)),
                Row([*system_health.checks(), system_health.ages()]),
            ],
            "Services": [Row(system_health.services())],
            "Application pods": [Row([cpu, memory, files]), Row([cpu_share, memory_share, restarts])],
            "Nodes": [Row(_nodes())],
            "Redis": [Row(_redis())],
        },
        tags=["overview", "system"],
        variables=[erp.NAMESPACES, erp.PODS, erp.NODES],
    )


def _pods(links: Links) -> list[Panel]:
    restarts = erp.increase("kube_pod_container_status_restarts_total", erp.NAMESPACE, "namespace, pod", "1h")
    return [
        panel(
            "timeseries",
            "CPU Usage",
            "CPU cores that each pod uses: compare with its limit below.",
            "short",
            (erp.rate("process_cpu_seconds_total", POD, "pod"), "{{pod}}"),
            axis="cores",
        ),
        panel(
            "timeseries",
            "Memory Usage",
            "Resident memory of each pod: a line that only climbs is a leak.",
            "bytes",
            (f"sum by (pod) (process_resident_memory_bytes{{{POD}}})", "{{pod}}"),
        ),
        panel(
            "timeseries",
            "Open files",
            "Files and connections that each pod holds open: a line that only climbs is a leak, too.",
            "short",
            (f"sum by (pod) (process_open_fds{{{POD}}})", "{{pod}}"),
        ),
        panel(
            "bargauge",
            "CPU of limit",
            "CPU that each pod uses of what it may use: from 80 % on it is about to be throttled.",
            "percentunit",
            (f"max by (pod) (namespace_pod_container:process_cpu:limit_ratio{POD_RATIO})", "{{pod}}"),
            thresholds=erp.above(0.6, 0.8),
            low=0,
            high=1,
        ),
        panel(
            "bargauge",
            "Memory of limit",
            "Memory that each pod uses of what it may use: at 100 % the kernel kills it.",
            "percentunit",
            (f"max by (pod) (namespace_pod_container:process_memory:limit_ratio{POD_RATIO})", "{{pod}}"),
            thresholds=erp.above(0.7, 0.85),
            low=0,
            high=1,
        ),
        panel(
            "timeseries",
            "Pod restarts",
            "Container restarts of the hour before each bar: any bar is a reason to read the last logs of that pod.",
            "short",
            (f"{restarts} > 0", "{{pod}}"),
            thresholds=thresholds("green", (1, "red")),
            links=links.logs("Logs of the pod in Kibana", 'kubernetes.pod.name:"${__field.labels.pod}"'),
            bars=True,
        ),
    ]


def _nodes() -> list[Panel]:
    return [
        panel(
            "timeseries",
            "Node CPU / memory",
            "Share of CPU and memory in use on each node: above 90 % pods get slow or are evicted.",
            "percentunit",
            (f"instance:system_cpu_usage:ratio_rate5m{NODE}", "cpu {{instance}}"),
            (f"instance:system_memory_usage:ratio{NODE}", "mem {{instance}}"),
            thresholds=erp.above(0.8, 0.9),
        ),
        panel(
            "bargauge",
            "Node disk",
            "Used share of each file system: from 90 % on free space or grow it before writes fail.",
            "percentunit",
            (
                f"max by (instance, mountpoint) (instance_mountpoint:system_disk_usage:ratio{NODE})",
                "{{instance}} {{mountpoint}}",
            ),
            thresholds=erp.above(0.8, 0.9),
            low=0,
            high=1,
        ),
        panel(
            "timeseries",
            "Node network",
            "Traffic of each node: received above the zero line, sent below it.",
            "Bps",
            (f"instance:system_network_receive_bytes:rate5m{NODE}", "rx {{instance}}"),
            (f"instance:system_network_transmit_bytes:rate5m{NODE}", "tx {{instance}}"),
            overrides=[override("tx .*", {"custom.transform": "negative-Y"})],
        ),
    ]


def _redis() -> list[Panel]:
    hits, misses = (
        f"sum by (instance) (rate(redis_keyspace_{kind}_total[$__rate_interval]))" for kind in ("hits", "misses")
    )
    return [
        panel(
            "timeseries",
            "Redis memory",
            "Memory that Redis uses and, where one is set, its maximum: when they meet, keys are evicted.",
            "bytes",
            ("redis_memory_used_bytes", "used {{instance}}"),
            ("redis_memory_max_bytes > 0", "max {{instance}}"),
        ),
        panel(
            "timeseries",
            "Redis hit ratio",
            "Share of look-ups that found their key: below 80 % the cache takes little load off the database.",
            "percentunit",
            (f"{hits} / ({hits} + {misses})", "{{instance}}"),
            thresholds=thresholds("yellow", (0.8, "green")),
        ),
        panel(
            "timeseries",
            "Redis clients",
            "Connected clients, those blocked on a waiting command, and new ones that Redis rejected: it may be full.",
            "short",
            ("redis_connected_clients", "connected {{instance}}"),
            ("redis_blocked_clients", "blocked {{instance}}"),
            (
                erp.increase("redis_rejected_connections_total", "", "instance", "$__rate_interval"),
                "rejected {{instance}}",
            ),
        ),
    ]
