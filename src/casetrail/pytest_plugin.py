"""A plugin for pytest: `pytest --casetrail=DIR` makes each case of a pack a test on each embedded engine.

Without DIR it is the pack of the current folder.

Without that option nothing of casetrail is imported and nothing is collected.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from casetrail.engines.base import Engine
    from casetrail.pack.cases import Case
    from casetrail.pack.pack import Pack
    from casetrail.plan.nodes import Plan
    from casetrail.proof.run import CaseOutcome

ENGINES = ("reference", "duckdb")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("casetrail", "cases of Sigma rules")
    group.addoption(
        "--casetrail",
        metavar="DIR",
        action="append",
        nargs="?",
        const="",
        help="Make each case of the pack in this folder a test; that of the current folder if none is named.",
    )
    group.addoption(
        "--casetrail-engine", choices=ENGINES, action="append", help="An engine that the cases run on; both if not given."
    )


def pytest_configure(config: pytest.Config) -> None:
    for named in config.getoption("--casetrail") or ():
        folder = config.invocation_params.dir / named if named else _whose(config.invocation_params.dir)
        pack = Loaded(folder.resolve(), config.getoption("--casetrail-engine") or ENGINES)
        if not pack.fixtures.is_dir():
            raise pytest.UsageError(f"--casetrail {named}: there are no cases: write {pack.fixtures / 'NAME.yml'}")
        config.pluginmanager.register(Cases(pack), f"casetrail {pack.folder}")
        # What lies below another argument is found there; pytest before 9 would leave out the other's own tests.
        others = [(config.invocation_params.dir / argument.partition("::")[0]).resolve() for argument in config.args]
        if not any(pack.fixtures.is_relative_to(other) for other in others):
            config.args.append(str(pack.fixtures))


def _whose(here: Path) -> Path:
    from casetrail.pack.whose import whose

    place = whose(here)
    if place is None:
        raise pytest.UsageError(f"--casetrail: {here} is in no pack: name its folder, as in --casetrail=DIR")
    return place.folder


class Loaded:
    """A pack that is read when its first case is asked for, and what its cases need."""

    def __init__(self, folder: Path, engines: tuple[str, ...]) -> None:
        self.folder = folder
        self.fixtures = folder / "fixtures"
        self.names = tuple(dict.fromkeys(engines))

    @cached_property
    def pack(self) -> Pack:
        from casetrail.pack.pack import Pack

        return Pack.load(self.folder)

    @cached_property
    def files(self) -> frozenset[Path]:
        from casetrail.pack.cases import paths_below

        return frozenset(path.resolve() for path in paths_below(self.folder))

    @cached_property
    def plan(self) -> Callable[[Case], Plan]:
        from casetrail.proof.run import planner

        return planner(self.pack)

    @cached_property
    def engines(self) -> dict[str, Engine]:
        from casetrail.engines.duckdb import Duckdb
        from casetrail.engines.reference import Reference

        known: dict[str, Callable[[], Engine]] = {"reference": Reference, "duckdb": Duckdb}
        return {name: known[name]() for name in self.names}


class Cases:
    """Collects the case files of a pack."""

    def __init__(self, loaded: Loaded) -> None:
        self.loaded = loaded

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        if file_path.resolve() not in self.loaded.files:
            return None
        return CaseModule.from_parent(parent, path=file_path, loaded=self.loaded)


class CaseModule(pytest.File):
    """The cases of one rule."""

    def __init__(self, *, loaded: Loaded, **rest: Any) -> None:
        super().__init__(**rest)
        self.loaded = loaded

    def collect(self) -> Iterator[pytest.Item]:
        from casetrail.pack.cases import read_cases
        from casetrail.pack.files import PackError
        from casetrail.reading.yaml import read

        try:
            cases = read_cases(self.path, self.loaded.pack).cases
        except PackError as error:
            raise self.CollectError(str(error)) from error
        (document, *_) = read(self.path)
        for number, case in enumerate(cases):
            line = document.position(["cases", number]).line
            for engine in self.loaded.names:
                name = f"{case.name}[{engine}]"
                yield CaseItem.from_parent(self, name=name, loaded=self.loaded, case=case, engine=engine, line=line)


class CaseItem(pytest.Item):
    """A case on an engine."""

    def __init__(self, *, loaded: Loaded, case: Case, engine: str, line: int, **rest: Any) -> None:
        super().__init__(**rest)
        self.loaded = loaded
        self.case = case
        self.engine = engine
        self.line = line

    def runtest(self) -> None:
        from casetrail.engines.base import Trial
        from casetrail.proof.run import CaseOutcome

        case = self.case
        (verdict,) = self.loaded.engines[self.engine].verdicts([Trial(self.loaded.plan(case), case.events, case.seen_until)])
        refused = isinstance(verdict, Exception)
        outcome = CaseOutcome(case, self.engine, None if isinstance(verdict, Exception) else verdict, str(verdict) * refused)
        if not outcome.passed:
            raise Failed(outcome, self.loaded.plan(case))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        from casetrail.pack.files import PackError

        if isinstance(excinfo.value, Failed | PackError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.line - 1, f"{self.case.rule}: {self.name}"


class Failed(Exception):
    """A case didn't complete on the events that it says. The message has both, and why each differs."""

    def __init__(self, outcome: CaseOutcome, plan: Plan) -> None:
        from casetrail.proof.trace import differences

        case = outcome.case
        lines = [f"{case.rule}: {case.name}, on {outcome.engine}"]
        if outcome.got is None:
            lines.append(f"refused: {outcome.refused}")
        else:
            lines += [f"expected: {_listed(case.completes)}", f"got:      {_listed(outcome.got)}"]
            lines += differences(plan, case.events, outcome.missing, outcome.extra)
        super().__init__("\n".join(lines))


def _listed(ids: frozenset[str]) -> str:
    return ", ".join(sorted(ids)) or "nothing"
