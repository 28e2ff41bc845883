"""A real Elasticsearch node, put together from Maven Central: two classes of ours and the server's jars."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from casetrail.engines.nodes.java import compiled
from casetrail.engines.nodes.maven import jars
from casetrail.engines.nodes.node import Node, java_tool, serving

HERE = Path(__file__).parent
PLUGINS = ("transport-netty4", "x-pack-core", "x-pack-esql-core", "x-pack-esql", "x-pack-kql", "mapper-version")
FLAGS = ("-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


@contextmanager
def running() -> Iterator[Node]:
    """A node that serves while the context lasts, with its data in a folder that is removed.

    It ends with this process, however that ends, since it reads its standard input.

    Raises NodeUnavailable when it can't be put together or doesn't start.
    """
    java = java_tool("java")
    pinned = HERE / "artifacts.txt"
    libraries = os.pathsep.join(map(str, jars(pinned)))
    classes = compiled(sorted(HERE.glob("*.java")), libraries, pinned.read_bytes())
    class_path = os.pathsep.join([str(classes), libraries])
    with tempfile.TemporaryDirectory(prefix="casetrail-es-", ignore_cleanup_errors=True) as home:
        command = [java, *FLAGS, "-cp", class_path, "org.elasticsearch.node.TestNode", home, *PLUGINS]
        with serving(command) as node:
            yield node
