"""A SIEM, its language and its format are named in their own folders alone; elsewhere code asks what they can do."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

from casetrail.build.targets import backend_of
from casetrail.languages.languages import language_of
from casetrail.pack.backend import targets
from casetrail.pack.pack import Pack
from casetrail.packages.registry import format_of
from casetrail.stores.store import Backend

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "casetrail"
PACK = Pack.load(ROOT)
BACKENDS = [backend_of(PACK, target) for target in targets(PACK)]
CHOICES = {
    "cli/show/cluster.py": "the target whose queries a hunt on a cluster runs",
    "engines/opensearch.py": "what the engine is called",
    "packages/sigma/limits.py": "what pySigma calls its backends",
    "proof/provers.py": "which engine proves which target, unless a user says otherwise",
}
"""Where a name is no question of which SIEM it is, and what it is."""


def names(backend: Backend) -> set[str]:
    return {backend.name, backend.language, backend.package}


def homes(backend: Backend) -> set[Path]:
    """The folders of a backend's language and format."""
    return {Path(inspect.getfile(made)).parent for made in (language_of(backend).query_of, format_of(backend).files)}


NAMES = set().union(*map(names, BACKENDS))


def trees() -> Iterator[tuple[Path, ast.AST]]:
    for path in sorted(SOURCE.rglob("*.py")):
        yield path, ast.parse(path.read_text("utf-8"))


def named(tree: ast.AST) -> Iterator[ast.Constant]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and node.value in NAMES)


def test_a_siem_is_named_in_its_own_folders_alone() -> None:
    own = {name: {home for each in BACKENDS if name in names(each) for home in homes(each)} for name in NAMES}
    found = {
        f"{path.relative_to(SOURCE)}": node.lineno
        for path, tree in trees()
        for node in named(tree)
        if path.parent not in own[str(node.value)]
    }
    assert {path: line for path, line in found.items() if path not in CHOICES} == {}
    assert set(found) == set(CHOICES)


def test_nothing_asks_which_siem_it_is() -> None:
    found = [
        f"{path.relative_to(SOURCE)}:{name.lineno}: {name.value!s}"
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare | ast.MatchValue)
        for name in named(node)
    ]
    assert found == []
