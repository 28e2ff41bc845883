"""Rules on how late a row came: what they are held to, and how far they look back."""

from __future__ import annotations

from pathlib import Path

import pytest

from casetrail.build.targets import backend_of
from casetrail.languages.base import Bounds
from casetrail.languages.languages import language_of
from casetrail.logs.contract import Contract
from casetrail.pack.backend import targets
from casetrail.pack.pack import Pack
from casetrail.plan import nodes
from casetrail.plan.nodes import (
    Compare,
    Correlation,
    Equals,
    Field,
    Figure,
    Is,
    KeyPart,
    Op,
    Plan,
    Search,
    Threshold,
    fields,
    searches,
    sources,
)
from casetrail.schedule.schedule import LATEST, schedule
from casetrail.stores.store import Backend
from casetrail.stores.unsupported import UnsupportedError

PACK = Pack.load(Path(__file__).parents[2])
BACKENDS = {name: backend_of(PACK, name) for name in targets(PACK)}
LATE = {
    name: plan
    for name, plan in PACK.rules.plans().items()
    if any(field in {contract.lateness for contract in PACK.contracts.values()} for field in fields(plan))
}


def lateness(contract: Contract) -> Field:
    assert contract.lateness is not None
    return contract.lateness


@pytest.mark.parametrize("name", [name for name in LATE if name.endswith("_later_than_contract")])
def test_a_rule_on_what_the_contract_allows_asks_for_just_that(name: str) -> None:
    asked = {(search.source, test.check) for search in searches(LATE[name]) for test in nodes.tests(search.where)}
    ((source, check),) = asked
    greatest = PACK.contracts[source].delay.greatest
    assert check == Compare(Op.GT, greatest // 1_000_000)
    assert greatest % 1_000_000 == 0


def test_each_product_has_such_a_rule() -> None:
    held = {PACK.contracts[search.source].product for name in LATE for search in searches(LATE[name])}
    assert held == {contract.product for contract in PACK.contracts.values()}


@pytest.mark.parametrize("target", BACKENDS)
@pytest.mark.parametrize("name", LATE)
def test_it_looks_back_further_than_its_log_may_be_late(name: str, target: str) -> None:
    plan, backend = LATE[name], BACKENDS[target]
    found = schedule(plan, backend, PACK.contracts)
    stamps = [stamp for stamp in map(backend.stamped, sources(plan)) if stamp]
    assert found.fresh >= min([LATEST, *(stamp.oldest for stamp in stamps)]) > found.delay


def test_a_lateness_that_a_replaced_time_hides_is_refused_by_name() -> None:
    contract = PACK.contracts["okta/okta"]
    sentinel = BACKENDS["sentinel"]
    for op, seconds, words in (
        (Op.GT, 172_800, "that arrive 2.0 days after their time, and Microsoft Sentinel replaces the time"),
        (Op.LT, -90_000, "that arrive 1.0 days before their time, and Microsoft Sentinel replaces the time"),
    ):
        plan = Search("late", contract.key, Is(lateness(contract), Compare(op, seconds)))
        with pytest.raises(UnsupportedError, match=words):
            schedule(plan, sentinel, PACK.contracts)
        assert schedule(plan, BACKENDS["splunk"], PACK.contracts).fresh >= LATEST
    assert schedule(Search("late", contract.key, Is(lateness(contract), Compare(Op.GT, 172_799))), sentinel, PACK.contracts)
    assert sentinel.stamped("salesforce/eventlogfile") is None


def test_other_rules_look_back_no_further_than_their_logs_are_late() -> None:
    name, plan = next(
        (name, plan) for name, plan in PACK.rules.plans().items() if name not in LATE and isinstance(plan, Search)
    )
    found = schedule(plan, BACKENDS["splunk"], PACK.contracts)
    assert found.fresh == found.delay + 2 * found.interval, name


@pytest.mark.parametrize("target", BACKENDS)
def test_each_store_of_each_target_says_how_to_work_it_out(target: str) -> None:
    backend = BACKENDS[target]
    for source, store in backend.stores.items():
        place = store.fields[lateness(PACK.contracts[source]).path]
        assert place.derive
        assert place not in store.columns
        assert place.name.lower() == "lateness"
        said = query(Search("late", source, Is(lateness(PACK.contracts[source]), Compare(Op.GT, 60))), backend)
        assert store.arrival in said
        assert said.count("60") >= 1


def query(plan: Plan, backend: Backend) -> str:
    return language_of(backend).query_of(plan, backend, Bounds())


def test_what_opensearch_cannot_say_of_it_is_refused() -> None:
    field = lateness(PACK.contracts["okta/okta"])
    with pytest.raises(UnsupportedError, match="by a script, which compares it with a number and no more"):
        query(Search("late", "okta/okta", Is(field, Equals(60))), BACKENDS["opensearch"])


@pytest.mark.parametrize(
    ("target", "reason"), [("opensearch", "can't group by it or count it"), ("sentinel", "be grouped by or counted")]
)
def test_no_steps_are_grouped_by_it(target: str, reason: str) -> None:
    field = lateness(PACK.contracts["okta/okta"])
    base = Search("late", "okta/okta", Is(field, Compare(Op.GT, 60)))
    key = KeyPart("late", (field,), field.type, cased=True)
    plan = Correlation("many", (base,), (key,), 60_000_000, Threshold(Figure.EVENTS, Op.GTE, 2))
    with pytest.raises(UnsupportedError, match=reason):
        query(plan, BACKENDS[target])
