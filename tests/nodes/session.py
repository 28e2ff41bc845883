"""One node of each kind for a whole test session, started beside the tests that don't need it and shared by all workers.

The process that controls the session owns the nodes. Whoever collects a test that wants one says so by an empty file; the owner then
starts the node, writes its address into another file that the workers wait for, and stops it at the end.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path

from casetrail.engines.nodes import elasticsearch, opensearch
from casetrail.engines.nodes.maven import NodeUnavailable
from casetrail.engines.nodes.node import Node

NODES: dict[str, Callable[[], AbstractContextManager[Node]]] = {
    "elasticsearch": elasticsearch.running,
    "opensearch": opensearch.running,
}
"""How each node runs, by its name."""
VARIABLE = "CASETRAIL_TEST_NODES"
WAIT_SECONDS = 900


class Owner:
    """Starts each node at most once and stops it."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="casetrail-nodes-", ignore_cleanup_errors=True)
        self.done = threading.Event()
        self.threads: dict[str, threading.Thread] = {}
        os.environ[VARIABLE] = self.folder.name

    def start(self) -> None:
        """Start the nodes that are wanted so far."""
        for name in NODES:
            if name not in self.threads and _wanted(name).exists():
                self.threads[name] = threading.Thread(target=self.hold, args=[name])
                self.threads[name].start()

    def hold(self, name: str) -> None:
        try:
            with NODES[name]() as node:
                self.say(name, {"url": node.url})
                self.done.wait()
        except NodeUnavailable as error:
            self.say(name, {"missing": str(error)})

    def say(self, name: str, answer: dict[str, str]) -> None:
        file = Path(self.folder.name) / name
        written = file.with_suffix(".new")
        written.write_text(json.dumps(answer), "utf-8")
        os.replace(written, file)

    def stop(self) -> None:
        self.done.set()
        for thread in self.threads.values():
            thread.join()
        self.folder.cleanup()


def want(names: Iterable[str]) -> None:
    """Say that a collected test asks these nodes."""
    for name in names:
        _wanted(name).touch()


def _wanted(name: str) -> Path:
    return Path(os.environ[VARIABLE]) / f"{name}.wanted"


def address(name: str) -> str:
    """The address of the session's node of this name, once it serves.

    Raises NodeUnavailable when there is none, and LookupError when no collected test said that it asks it, so that none will come.
    """
    if not _wanted(name).exists():
        raise LookupError(f"no collected test says that it asks {name}: take its fixture, or the mark node({name!r})")
    file = Path(os.environ[VARIABLE]) / name
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        if file.exists():
            answer = json.loads(file.read_text("utf-8"))
            if "missing" in answer:
                raise NodeUnavailable(answer["missing"])
            return str(answer["url"])
        time.sleep(0.2)
    raise NodeUnavailable(f"the node gave no address within {WAIT_SECONDS} s")
