"""The keys of a log line."""

from .model import LogField

LEVELS = ("debug", "info", "warning", "error", "critical")

LOG_FIELDS = (
    LogField("timestamp", "date", "UTC, milliseconds, Z.", "@timestamp", always=True),
    LogField("level", "keyword", "Severity; the pipeline writes it in capitals.", "level", always=True, values=LEVELS),
    LogField("service", "keyword", "Name of the service, always text.", "service", always=True),
    LogField("message", "text", "What happened, at most 128 KiB.", "message", always=True),
    LogField("trace_id", "keyword", "32 hexadecimal digits of the active trace.", "trace_id"),
    LogField("span_id", "keyword", "16 hexadecimal digits of the active span.", "span_id"),
    LogField("logger", "keyword", "Name of the logger, unless it is the root.", "log.logger"),
    LogField("exception.type", "keyword", "Class of the exception.", "error.type"),
    LogField("exception.message", "text", "Text of the exception.", "error.message"),
    LogField("exception.stacktrace", "text", "Stack trace, in the same event.", "error.stack_trace"),
    LogField("context", "flattened", "Whatever the caller adds, an object.", "context"),
)
