"""What leads to the pods of a Service: its address inside the cluster, and an ingress with TLS."""

import asyncio
import ssl
import sys
from contextlib import suppress
from pathlib import Path

_SECONDS_TO_CONNECT = 1.0


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    target.close()


async def main() -> None:
    """Arguments: folder of the certificate, address of the Service and its port, the same of the ingress, pods."""
    folder, service, port, ingress, secure_port, *pods = sys.argv[1:]

    async def lead(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for pod in pods:
            with suppress(OSError, TimeoutError):
                found = await asyncio.wait_for(asyncio.open_connection(pod, int(port)), _SECONDS_TO_CONNECT)
                await asyncio.gather(_copy(reader, found[1]), _copy(found[0], writer))
                return
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(folder, "mail.crt"), Path(folder, "mail.key"))
    await asyncio.start_server(lead, service, int(port))
    await asyncio.start_server(lead, ingress, int(secure_port), ssl=context)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
