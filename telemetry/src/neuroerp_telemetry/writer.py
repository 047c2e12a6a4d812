"""A thread that writes lines to a stream, so that nobody else waits for it."""

import os
import threading
import time
import weakref
from collections.abc import Callable
from queue import SimpleQueue
from typing import IO, Any

LONGEST_QUEUE = 10_000
"""Lines."""
MOST_BYTES = 64_000_000
"""Of all lines that wait."""


class LineWriter:
    """Takes lines at any time and writes them one after the other."""

    def __init__(self, stream: IO[str] | IO[bytes], dropped: Callable[[str], None]) -> None:
        self._stream: Any = stream
        self._dropped = dropped
        self._reset()
        itself = weakref.ref(self)

        def forked() -> None:
            writer = itself()
            if writer:
                writer._reset()  # noqa: SLF001 - its own

        # Threads do not survive a fork, locks keep their state, and what waited belongs to the parent.
        os.register_at_fork(after_in_child=forked)

    def _reset(self) -> None:
        # Reentrant: a finalizer or a signal handler may log in the middle of another put().
        self._lock = threading.RLock()
        self._queue: SimpleQueue[bytes | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lines = self._bytes = 0

    def put(self, line: str) -> None:
        """Have a line written, or drop it when too many wait; does not wait for the stream, never raises."""
        try:
            raw = line.encode("utf-8", "backslashreplace") + b"\n"
            with self._lock:
                full = self._lines >= LONGEST_QUEUE or self._bytes + len(raw) > MOST_BYTES
                if not full:
                    if self._thread is None:
                        self._start()
                    self._lines += 1
                    self._bytes += len(raw)
                    self._queue.put(raw)
        except Exception:  # noqa: BLE001 - no memory, or no thread to be had
            self.dropped("write_error")
        else:
            if full:
                self.dropped("queue_full")

    def dropped(self, reason: str) -> None:
        """Count a line that is lost; never raises."""
        try:
            self._dropped(reason)
        except Exception:  # noqa: BLE001 - a function of somebody else's
            return

    def drain(self, timeout: float) -> bool:
        """Wait until everything is written, for so many seconds at most; whether it is."""
        end = time.monotonic() + timeout
        while self._lines:
            if time.monotonic() >= end:
                return False
            time.sleep(0.002)
        return True

    def close(self) -> None:
        """Let the thread end after the last line; a later line starts another one."""
        with self._lock:
            if self._thread is not None:
                self._queue.put(None)
                self._thread, self._queue = None, SimpleQueue()

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._work, args=(self._queue,), name="log-writer", daemon=True)
        self._thread.start()

    def _work(self, queue: "SimpleQueue[bytes | None]") -> None:
        while (raw := queue.get()) is not None:
            try:
                self._write(raw)
            except Exception:  # noqa: BLE001 - a closed pipe, a full disk
                self.dropped("write_error")
            with self._lock:
                self._lines -= 1
                self._bytes -= len(raw)

    def _write(self, raw: bytes) -> None:
        # Bytes where possible: a text stream may have an encoding that cannot hold the line.
        binary = getattr(self._stream, "buffer", None)
        if binary is None and hasattr(self._stream, "encoding"):
            self._stream.write(raw.decode())
            self._stream.flush()
        else:
            target = binary or self._stream
            target.write(raw)
            target.flush()
