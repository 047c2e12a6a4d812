"""The attributes of the resource and of the spans that this package makes."""

from .model import Attribute

NAMESPACE = "valeo-neuroerp"
SPAN_NAME = "{http.request.method} {http.route}"

ATTRIBUTES = (
    Attribute("service.name", "resource", "string", "Name of the service.", always=True),
    Attribute("service.version", "resource", "string", "Version of the service.", always=True),
    Attribute("service.namespace", "resource", "string", f"Always {NAMESPACE}.", always=True),
    Attribute("deployment.environment.name", "resource", "string", "Environment, like prod.", always=True),
    Attribute("k8s.pod.name", "resource", "string", "From OTEL_RESOURCE_ATTRIBUTES."),
    Attribute("k8s.namespace.name", "resource", "string", "From OTEL_RESOURCE_ATTRIBUTES."),
    Attribute("http.request.method", "span", "string", "Method, _OTHER when it is none of the known.", always=True),
    Attribute("url.scheme", "span", "string", "http, https, ws or wss.", always=True),
    Attribute("url.path", "span", "string", "Path without the query, at most 256 characters.", always=True),
    Attribute("network.protocol.version", "span", "string", "HTTP version."),
    Attribute("server.address", "span", "string", "Address that the server listens on."),
    Attribute("server.port", "span", "int", "Port that the server listens on."),
    Attribute("http.route", "span", "string", "Route template, where one matched."),
    Attribute("http.response.status_code", "span", "int", "Status of the response."),
    Attribute("error.type", "span", "string", "Class of the exception, or the status of a server error."),
)
