"""Which way the code's rooms lie: nothing imports what comes after it, and no modules import in a circle (docs/architecture.md)."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src"
ROOMS = (
    *(
        {"reading"},
        {"plan"},
        {"logs"},
        {"stores"},
        {"sigma"},
        {"pack"},
        {"check", "languages"},
        {"schedule"},
        {"engines"},
        {"hunt"},
    ),
    *({"packages"}, {"build"}, {"proof", "incidents", "trail"}, {"pages", "cli", "pytest_plugin"}, {"__main__"}),
)
ORDER = {room: place for place, rooms in enumerate(ROOMS) for room in rooms}
MODULES = {
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__"): path for path in SOURCE.rglob("*.py")
}


def imports(module: str) -> set[str]:
    """The modules of casetrail that a module imports, wherever in it the import stands."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text("utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [inner if (inner := f"{node.module}.{name}") in MODULES else node.module for name in names]
        found |= {name for name in names if name in MODULES and name != "casetrail"}
    return found


def test_nothing_imports_a_later_room() -> None:
    room = {module: module.split(".")[1] for module in MODULES if "." in module}
    against = [
        f"{module} -> {other}"
        for module in room
        for other in sorted(imports(module))
        if ORDER[room[other]] > ORDER[room[module]]
    ]
    beside = [
        f"{module} -> {other}"
        for module in room
        for other in sorted(imports(module))
        if ORDER[room[other]] == ORDER[room[module]] and room[other] != room[module]
    ]
    assert against + beside == []


def test_no_modules_import_in_a_circle() -> None:
    TopologicalSorter({module: imports(module) for module in MODULES}).prepare()
