"""Programs in Painless, OpenSearch's script language, each in a file of its own. What differs from rule to rule are parameters."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent


@cache
def program(*names: str) -> str:
    """The text of a program: files of this folder, one after the other."""
    return "\n".join((_HERE / f"{name}.painless").read_text("utf-8").strip() for name in names)
