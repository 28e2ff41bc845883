"""docs/architecture.md: what it names is there, what it shows is so, and its steps can be followed."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner

from casetrail.build.targets import backend_of, build
from casetrail.cli import main
from casetrail.languages.base import Checks
from casetrail.pack.pack import Pack
from casetrail.packages import registry
from casetrail.plan.nodes import Correlation
from casetrail.plan.window import Compares, Look, window
from casetrail.plan.words import plan_lines, span_words
from casetrail.schedule.schedule import shipped_query
from tests.test_rooms import ROOMS

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
RULE = "okta_session_two_networks"
INSIDE = {"pytest_plugin", "__main__"}


def blocks(language: str) -> list[str]:
    found = re.findall(rf"^ *```{language}\n(.*?)^ *```", PAGE, re.DOTALL | re.MULTILINE)
    return [re.sub(r"^   ", "", text, flags=re.MULTILINE) for text in found]


def module(name: str, text: str) -> ModuleType:
    made = ModuleType(name)
    exec(compile(text, name, "exec"), made.__dict__)
    return made


@pytest.fixture(scope="module")
def pack() -> Pack:
    return Pack.load(ROOT)


def test_every_path_and_name_is_there() -> None:
    for path, name in set(re.findall(r"`((?:src|tests|docs|bench)/[\w./-]*)(?:::(\w+))?`", PAGE)):
        assert (ROOT / path).exists(), path
        if name:
            tree = ast.parse((ROOT / path).read_text("utf-8"))
            assert name in {getattr(node, "name", None) for node in tree.body}, f"{path}::{name}"


def test_the_rooms_are_those_of_the_code_in_their_order_and_words() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", PAGE, re.MULTILINE)
    order = {name: place for place, rooms in enumerate(ROOMS) for name in rooms}
    assert {name for name, _ in rows} == set(order) - INSIDE
    assert [order[name] for name, _ in rows] == sorted(order[name] for name, _ in rows)
    for name, words in rows:
        assert ast.get_docstring(ast.parse((ROOT / "src/casetrail" / name / "__init__.py").read_text("utf-8"))) == words


def test_the_rule_goes_the_way_that_is_shown(pack: Pack) -> None:
    explained, looks, query = blocks("text")
    plan = pack.rules[RULE].plan
    assert isinstance(plan, Correlation)
    assert list(plan_lines(plan))[:2] == explained.splitlines()
    lowered = window(plan)
    (look,) = lowered.nodes
    test = lowered.keep.test
    assert isinstance(look, Look)
    assert isinstance(test, Compares)
    ((column, seen),) = look.figures
    assert looks.splitlines() == [
        f"look  {column} = {seen.figure} of [-{span_words(-(seen.range.low or 0))}, {seen.range.high}]",
        f"keep  base {lowered.keep.bases[0]}: {test.column} {test.op} {test.value}",
    ]
    written = shipped_query(plan, backend_of(pack, "sentinel"), pack.contracts).splitlines()
    assert [line for line in query.splitlines() if line not in written] == []


def named(what: str) -> set[str]:
    (listed,) = re.findall(rf"<!-- {what} -->\n(.*?)<!-- end -->", PAGE, re.DOTALL)
    return set(re.findall(r"`(\S+)`", listed))


def missed(folder: Path, was: str, now: str) -> set[str]:
    """The files in which a type checker finds something to do when a line of the plan's nodes is another."""
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__", "data"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    nodes = folder / "src/casetrail/plan/nodes.py"
    text = nodes.read_text("utf-8")
    assert was in text
    nodes.write_text(text.replace(was, now), "utf-8")
    command = [sys.executable, "-m", "mypy", "--no-incremental", "src"]
    found = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return {line.partition(":")[0] for line in found.stdout.splitlines() if ": error:" in line}


def test_a_type_checker_names_what_an_aggregate_needs(tmp_path: Path) -> None:
    last = '    PERCENTILE = "value_percentile"\n'
    assert missed(tmp_path, last, f'{last}    MODE = "value_mode"\n') == named("figure")


def test_a_type_checker_names_what_a_kind_needs(tmp_path: Path) -> None:
    kind = "@dataclass(frozen=True, slots=True)\nclass Ratio:\n    over: int\n\n\nCondition = Ratio | "
    assert missed(tmp_path, "Condition = ", kind) == named("kind")


def test_the_methods_of_a_language_are_all_named() -> None:
    (listed,) = re.findall(r"methods of a language are (.*?)\.\n", PAGE, re.DOTALL)
    assert set(re.findall(r"`(\w+)`", listed)) == Checks.__abstractmethods__


def test_a_format_is_added_by_one_module_and_a_word(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    listing = module("listing", blocks("python")[0])
    kept = {**registry.FORMATS, "queries": listing.FORMAT, "kibana": listing.FORMAT}
    monkeypatch.setattr(registry, "FORMATS", kept)
    plan = pack.rules[RULE].plan
    assert plan is not None
    text = build(pack, ["elastic"]).files["elastic/all.txt"].decode()
    uncommented = "\n".join(line for line in text.split("\n") if not line.startswith("// "))
    assert shipped_query(plan, backend_of(pack, "elastic"), pack.contracts) in uncommented


def test_a_command_is_added_by_one_module_and_a_line(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    made = module("casetrail.cli.count", blocks("python")[1])
    monkeypatch.setitem(sys.modules, "casetrail.cli.count", made)
    monkeypatch.setitem(main._COMMANDS, "count", "Count the rules of the pack.")
    run = CliRunner().invoke(main.cli, ["--pack", str(ROOT), "count"])
    assert run.stdout == f"{len(pack.rules)}\n"
