"""Classes of our own, compiled once against a server's jars."""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from casetrail.engines.nodes.maven import NodeUnavailable
from casetrail.engines.nodes.node import java_tool
from casetrail.reading.kept import cache_folder


def compiled(sources: Sequence[Path], class_path: str, pinned: bytes, release: int = 17) -> Path:
    """The folder of the class files, in the user's cache by what they were made of.

    pinned: what tells one class path from another. Raises NodeUnavailable when they don't compile.
    """
    content = b"".join(source.read_bytes() for source in sources) + pinned
    kept = cache_folder() / "classes" / hashlib.sha256(content).hexdigest()[:16]
    if kept.is_dir():
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
        out = Path(folder) / "out"
        command = [
            java_tool("javac"), "-nowarn", "-proc:none", "--release", str(release), "-cp", class_path, "-d", str(out),
        ]  # fmt: skip
        done = subprocess.run([*command, *map(str, sources)], capture_output=True, text=True, check=False)
        if done.returncode:
            raise NodeUnavailable(f"the node's classes don't compile:\n{done.stderr[-2000:]}")
        if not kept.is_dir():
            out.rename(kept)
    return kept
