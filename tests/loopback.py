"""This machine's loopback: its address, free ports of it, and what a client needs to know there."""

import socket
import ssl

HOST = "127.0.0.1"
NOBODY_TRUSTED = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients of plain HTTP: by themselves they read all authorities of the world, each 20 ms of processor time."""


def free_port() -> int:
    """A port on which nobody listens now."""
    with socket.create_server((HOST, 0)) as server:
        return int(server.getsockname()[1])
