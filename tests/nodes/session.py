"""One node for a whole test session, started beside the tests that don't need it and shared by all workers.

The process that controls the session owns the node: it starts it once it knows that a collected test wants it, writes its
address into a file that the workers wait for, and stops it at the end.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from tests.nodes import elasticsearch
from tests.nodes.maven import NodeUnavailable

FOLDER = "tests/elastic/"
VARIABLE = "CASETRAIL_TEST_NODE"
WAIT_SECONDS = 900


class Owner:
    """Starts the node at most once and stops it."""

    def __init__(self) -> None:
        handle, name = tempfile.mkstemp(prefix="casetrail-node-", suffix=".json")
        os.close(handle)
        self.file = Path(name)
        self.done = threading.Event()
        self.thread: threading.Thread | None = None
        os.environ[VARIABLE] = name

    def collected(self, ids: Iterable[str]) -> None:
        """Start the node if one of the tests wants it."""
        if self.thread is None and any(FOLDER in identity for identity in ids):
            self.thread = threading.Thread(target=self.hold)
            self.thread.start()

    def hold(self) -> None:
        try:
            with elasticsearch.running() as node:
                self.say({"url": node.url})
                self.done.wait()
        except NodeUnavailable as error:
            self.say({"missing": str(error)})

    def say(self, answer: dict[str, str]) -> None:
        written = self.file.with_suffix(".new")
        written.write_text(json.dumps(answer), "utf-8")
        os.replace(written, self.file)

    def stop(self) -> None:
        self.done.set()
        if self.thread is not None:
            self.thread.join()
        self.file.unlink(missing_ok=True)


def address() -> str:
    """The address of the session's node, once it serves.

    Raises NodeUnavailable when there is none.
    """
    file = Path(os.environ[VARIABLE])
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        text = file.read_text("utf-8") if file.exists() else ""
        if text:
            answer = json.loads(text)
            if "missing" in answer:
                raise NodeUnavailable(answer["missing"])
            return str(answer["url"])
        time.sleep(0.2)
    raise NodeUnavailable(f"the node gave no address within {WAIT_SECONDS} s")
