"""A real Elasticsearch node for tests, put together from Maven Central: two classes of ours and the server's jars."""

from __future__ import annotations

import hashlib
import os
import queue
import shutil
import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.nodes.maven import NodeUnavailable, cache_folder, jars

HERE = Path(__file__).parent
PLUGINS = ("transport-netty4", "x-pack-core", "x-pack-esql-core", "x-pack-esql", "x-pack-kql", "mapper-version")
FLAGS = ("-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
START_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Node:
    """A running node. url: where it serves HTTP, on loopback."""

    url: str
    process: subprocess.Popen[str]


def _tool(name: str) -> str:
    home = os.environ.get("JAVA_HOME")
    found = shutil.which(name, path=str(Path(home) / "bin")) if home else None
    found = found or shutil.which(name)
    if found is None:
        raise NodeUnavailable(f"{name} is missing: install a JDK of version 17 or later, or set JAVA_HOME")
    return found


def _classes(class_path: str) -> Path:
    sources = sorted(HERE.glob("*.java"))
    content = b"".join(source.read_bytes() for source in sources) + (HERE / "artifacts.txt").read_bytes()
    kept = cache_folder() / "classes" / hashlib.sha256(content).hexdigest()[:16]
    if not kept.is_dir():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
            out = Path(folder) / "out"
            command = [_tool("javac"), "-nowarn", "-proc:none", "--release", "17", "-cp", class_path, "-d", str(out)]
            done = subprocess.run([*command, *map(str, sources)], capture_output=True, text=True, check=False)
            if done.returncode:
                raise NodeUnavailable(f"the test node's classes don't compile:\n{done.stderr[-2000:]}")
            if not kept.is_dir():
                out.rename(kept)
    return kept


@contextmanager
def running() -> Iterator[Node]:
    """A node that serves while the context lasts, with its data in a folder that is removed.

    It ends with this process, however that ends, since it reads its standard input.

    Raises NodeUnavailable when it can't be put together or doesn't start.
    """
    java = _tool("java")
    libraries = os.pathsep.join(map(str, jars(HERE / "artifacts.txt")))
    class_path = os.pathsep.join([str(_classes(libraries)), libraries])
    with tempfile.TemporaryDirectory(prefix="casetrail-es-", ignore_cleanup_errors=True) as home:
        command = [java, *FLAGS, "-cp", class_path, "org.elasticsearch.node.TestNode", home, *PLUGINS]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
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
