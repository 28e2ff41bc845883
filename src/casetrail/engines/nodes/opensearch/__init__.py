"""A real OpenSearch node: the stock server of Maven Central, embedded by one class of ours, since as root it won't start alone."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from casetrail.engines.nodes.java import compiled
from casetrail.engines.nodes.maven import jars, unpacked
from casetrail.engines.nodes.node import Node, java_of, serving

HERE = Path(__file__).parent
SERVER = "opensearch-3.6.0"
MODULES = ("ingest-common", "lang-mustache", "lang-painless", "transport-netty4")
NEEDED = tuple(f"{SERVER}/{part}/" for part in ("lib", "config", *(f"modules/{module}" for module in MODULES)))
"""The other modules aren't asked for anything; the one with analysers wants a Java with all locales."""
FLAGS = ("-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED")


@contextmanager
def running() -> Iterator[Node]:
    """A node that serves while the context lasts, with its data in a folder that is removed.

    It ends with this process, however that ends, since it reads its standard input.

    Raises NodeUnavailable when it can't be put together or doesn't start.
    """
    java = java_of(21)
    pinned = HERE / "artifacts.txt"
    (archive,) = jars(pinned)
    home = unpacked(archive, NEEDED) / SERVER
    classes = compiled([HERE / "TestNode.java"], "", pinned.read_bytes())
    class_path = f"{classes}{os.pathsep}{home / 'lib' / '*'}"
    with (
        tempfile.TemporaryDirectory(prefix="casetrail-os-", ignore_cleanup_errors=True) as data,
        serving([java, *FLAGS, "-cp", class_path, "TestNode", str(home), data]) as node,
    ):
        yield node
