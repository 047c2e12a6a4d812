"""The health checks and the endpoints that run them."""

from .model import Endpoint, HealthCheck

REASONS = ("timeout", "unhealthy", "error")
"""All that an answer tells of a failure: texts of exceptions hold hosts and passwords."""

LIVE, READY, HEALTH = "/health/live", "/health/ready", "/health"

ENDPOINTS = (
    Endpoint(HEALTH, 5.0, "The platform's own dependencies, for probes from outside and for people."),
    Endpoint(LIVE, 1.0, "Whether the process still turns; never a dependency."),
    Endpoint(READY, 5.0, "Whether this pod can take requests; 503 while it shuts down."),
)

CHECKS = (
    HealthCheck("server", "A turn of the event loop.", (LIVE,), critical=True, timeout=1.0, ttl=0.0),
    HealthCheck("database", "A query on a pooled connection.", (HEALTH, READY), critical=True),
    # An outage that all pods share must not take every pod out of service.
    HealthCheck("cache", "A ping of the cache.", (HEALTH, READY), critical=False),
    HealthCheck("queue", "A look at a queue that must exist.", (HEALTH, READY), critical=False),
    HealthCheck("dependencies", "Requests to the services that this one calls.", (READY,), critical=False),
)
