"""Mutual TLS between Filebeat and Logstash: the part of the pipeline that takes nothing else."""

FOLDER = "/usr/share/logstash/certs"
"""Where Logstash has `tls.crt` and `tls.key` of its own, and `ca.crt` of the authority of those that send to it."""

_PORT = "    port => 5044\n"
_TLS = f"""\
    ssl_enabled => true
    ssl_certificate => "{FOLDER}/tls.crt"
    ssl_key => "{FOLDER}/tls.key"
    ssl_certificate_authorities => ["{FOLDER}/ca.crt"]
    ssl_client_authentication => "required"
"""

SETTINGS = {"ssl.reload.automatic": True}
"""`logstash.yml`: a renewed certificate is taken up without a restart (Logstash 9.5 or later).

Logstash does not start with this alone: it needs `config.reload.automatic` too, which the operator always sets.
"""


def encrypted(pipeline: str) -> str:
    """The pipeline with an input that only those can send to who have a certificate of the authority.

    Raises ValueError when the pipeline has no input of Beats, or several.
    """
    if pipeline.count(_PORT) != 1:
        raise ValueError("the pipeline must have one input of Beats, with `port => 5044` on a line of its own")
    return pipeline.replace(_PORT, _PORT + _TLS)
