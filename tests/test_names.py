"""A SIEM, its language and its format are asked for by name in their own folders alone; elsewhere code asks what they can do."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "casetrail"
BACKENDS = [yaml.safe_load(path.read_text("utf-8")) for path in sorted((ROOT / "backends").glob("*/backend.yml"))]
NAMES = {backend[key] for backend in BACKENDS for key in ("name", "language", "package")}


def asked(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The names that code compares something with, or matches it with."""
    for node in ast.walk(tree):
        parts = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
        parts += [node.value] if isinstance(node, ast.MatchValue) else []
        for one in (inner for part in parts for inner in ast.walk(part)):
            if isinstance(one, ast.Constant) and one.value in NAMES:
                yield one.lineno, str(one.value)


def test_nothing_asks_which_siem_it_is() -> None:
    assert {"elastic", "kibana", "esql", "sentinel", "kql", "splunk", "spl", "opensearch"} <= NAMES
    found = [
        f"{path.relative_to(SOURCE)}:{line}: {name}"
        for path in sorted(SOURCE.rglob("*.py"))
        for line, name in asked(ast.parse(path.read_text("utf-8")))
    ]
    assert found == []
