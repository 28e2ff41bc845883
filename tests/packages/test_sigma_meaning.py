"""What published backends make of the rules completes on the same events as the rules, but for the letter case that is told of.

Kusto's queries run on duckdb-kql and Splunk's on our model. Lucene's aren't run.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from casetrail.build.targets import backend_of
from casetrail.engines.base import Trial
from casetrail.engines.splunk_model import SplunkModel
from casetrail.languages.base import Bounds
from casetrail.languages.languages import language_of
from casetrail.pack.cases import Case, case_files
from casetrail.pack.pack import Pack
from casetrail.packages.sigma.limits import TOOLS, losses, refusals
from casetrail.packages.sigma.pipeline import pipeline, watchlist_pipeline
from casetrail.plan.nodes import Search
from casetrail.proof.parsed_kusto import DistinctEvents
from casetrail.proof.run import planner
from casetrail.stores.store import Backend

ROOT = Path(__file__).parents[2]
SIGMA = os.environ.get("CASETRAIL_SIGMA_CLI", "")
PACK = Pack.load(ROOT)
ENGINES: dict[str, type[SplunkModel] | type[DistinctEvents]] = {"splunk": SplunkModel, "sentinel": DistinctEvents}

pytestmark = pytest.mark.skipif(
    not SIGMA, reason="no sigma-cli: CASETRAIL_SIGMA_CLI doesn't name one; `tox -e sigma-cli` does"
)


@dataclass(frozen=True)
class Job:
    """A case of a rule on single events, under its own watchlists."""

    case: Case
    pack: Pack


def jobs(target: str) -> Iterator[Job]:
    backend = backend_of(PACK, target)
    for file in case_files(PACK):
        if not isinstance(PACK.rules[file.rule].plan, Search) or not PACK.rules[file.rule].alone:
            continue
        for case in file.cases:
            pack = PACK.with_watchlists(case.watchlists) if case.watchlists else PACK
            if file.rule not in refusals(pack, backend) and named_by_columns(file.rule, backend):
                yield Job(case, pack)


def named_by_columns(rule: str, backend: Backend) -> bool:
    """Whether plain columns name the events of a rule's log. In Splunk's rows of Google's log it takes parameters, which ours digs out."""
    plan = PACK.rules[rule].plan
    assert isinstance(plan, Search)
    store = backend.stores[plan.source]
    return not any(place.type == "parameter" for place in store.fields.values() if place.name in store.identity)


def converted(target: str, wanted: list[Job]) -> list[str]:
    backend = backend_of(PACK, target)
    names = pipeline(PACK, backend).decode()
    asked = [
        {
            "target": TOOLS[backend.language].target,
            "rule": PACK.rules[job.case.rule].path.read_text("utf-8"),
            "pipelines": [watchlist_pipeline(job.pack.watchlists).decode(), names],
        }
        for job in wanted
    ]
    command = [str(Path(SIGMA).with_name("python")), str(Path(__file__).with_name("sigma_convert.py"))]
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0, done.stderr
    made: list[str] = json.loads(done.stdout)
    return made


def ids(engine: SplunkModel | DistinctEvents, query: str, trial: Trial) -> frozenset[str]:
    """The events that a converted query finds, named as our own query names them."""
    own = language_of(engine.backend).query_of(trial.plan, engine.backend, Bounds())
    naming = next(line for line in own.split("\n") if re.match(r"\| (eval|extend) event_id ?=", line))
    if isinstance(engine, DistinctEvents):
        engine.load(engine.apart(trial.plan, trial.events))
        return frozenset(engine.ids(f"{query}\n{naming}"))
    assert isinstance(trial.plan, Search)
    index = engine.backend.stores[trial.plan.source].index
    return engine.ids(re.sub(r'^index="[^"]*"', f"index={index}", query) + f"\n{naming} | table event_id", trial)


@pytest.mark.parametrize("target", ENGINES)
def test_a_converted_query_completes_on_the_events_of_the_cases(target: str) -> None:
    backend, plan = backend_of(PACK, target), planner(PACK)
    engine = ENGINES[target](backend, PACK.contracts)
    wanted = list(jobs(target))
    assert len({job.case.rule for job in wanted}) > 20
    wrong = set()
    for job, query in zip(wanted, converted(target, wanted), strict=True):
        trial = Trial(plan(job.case), job.case.events, job.case.seen_until)
        got = ids(engine, query, trial)
        if got != job.case.completes:
            assert got > job.case.completes, (job.case.rule, job.case.name, query)
            assert job.case.rule in losses(job.pack, backend), (job.case.rule, job.case.name, query)
            wrong.add(job.case.rule)
    assert len(wrong) <= 3
