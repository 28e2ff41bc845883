"""One node of each kind for a whole test session, started beside the tests that don't need it and shared by all workers.

The process that controls the session owns the nodes: it starts one once it knows that a collected test wants it, writes its
address into a file that the workers wait for, and stops it at the end.
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

NODES: dict[str, tuple[str, Callable[[], AbstractContextManager[Node]]]] = {
    "elasticsearch": ("tests/elastic/", elasticsearch.running),
    "opensearch": ("tests/opensearch/", opensearch.running),
}
"""By name: the folder of the tests that want the node, and how it runs."""
VARIABLE = "CASETRAIL_TEST_NODES"
WAIT_SECONDS = 900


class Owner:
    """Starts each node at most once and stops it."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="casetrail-nodes-", ignore_cleanup_errors=True)
        self.done = threading.Event()
        self.threads: dict[str, threading.Thread] = {}
        os.environ[VARIABLE] = self.folder.name

    def collected(self, ids: Iterable[str]) -> None:
        """Start the nodes that the tests want."""
        wanted = list(ids)
        for name, (folder, _) in NODES.items():
            if name not in self.threads and any(folder in identity for identity in wanted):
                self.threads[name] = threading.Thread(target=self.hold, args=[name])
                self.threads[name].start()

    def hold(self, name: str) -> None:
        try:
            with NODES[name][1]() as node:
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


def address(name: str) -> str:
    """The address of the session's node of this name, once it serves.

    Raises NodeUnavailable when there is none.
    """
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
