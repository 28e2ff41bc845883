"""From which version of what stores a log on a rule can be right."""

from __future__ import annotations

from collections.abc import Iterator

from casetrail.plan.nodes import Correlation, Field, Plan, SameAs, Search, tests
from casetrail.stores.places import Stores
from casetrail.stores.shape import reached


def since(plan: Plan, stores: Stores) -> dict[str, str]:
    """By log source the least version whose stored rows hold all that a plan asks for, where not all known ones do."""
    found: dict[str, str] = {}
    for source, version in _needs(plan, stores):
        if version and not reached(found.get(source, "0"), version):
            found[source] = version
    return found


def _needs(plan: Plan, stores: Stores) -> Iterator[tuple[str, str]]:
    match plan:
        case Search(source=source, where=where):
            for test in tests(where):
                yield from _column(source, test.field, stores, whole=False)
                if isinstance(test.check, SameAs):
                    for field in (test.field, test.check.other):
                        yield from _column(source, field, stores, whole=True)
        case Correlation(bases=bases, key=key):
            for number, base in enumerate(bases):
                yield from _needs(base, stores)
                parts = (*key, *([plan.value] if plan.value else []))
                for held in (part.fields[number] for part in parts):
                    if isinstance(base, Search) and held is not None:
                        yield from _column(base.source, held, stores, whole=True)


def _column(source: str, field: Field, stores: Stores, *, whole: bool) -> Iterator[tuple[str, str]]:
    """whole: whether its value is needed, and not just a test of it."""
    store = stores.get(source)
    stored = store.fields.get(field.path) if store else None
    if stored is not None:
        yield source, stored.since
        if whole:
            yield source, stored.column_since
