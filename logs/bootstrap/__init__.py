"""Brings what Elasticsearch and Kibana keep to the state of a folder of payloads, and changes only what differs.

A Job runs it as `python3 -m bootstrap [--check] <folder>`, with Python 3.9 or later and no packages.

A payload is a file `{"method": "PUT", "path": ..., "body": ...}`: what shall stand under the path. They are applied in
the order of their names. Nothing is ever deleted. What belongs to somebody else is left alone, and a mapping loses
a field only when DROP_FIELDS names it.

The environment gives SERVER_URL, ELASTICSEARCH_USER, ELASTICSEARCH_PASSWORD, WAIT_SECONDS (or 300), DROP_FIELDS (names
with commas between them, or nothing), and for an own authority its file in SERVER_CA.

Exit codes: 0 all is as it should be; 1 it is not; 2 wrong arguments, environment or payloads. The last line says why.
"""
