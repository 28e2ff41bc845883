"""What a rule asks a log for, and from which version of what stores the log on it can be right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from casetrail.plan.nodes import Correlation, Field, Plan, SameAs, Search, tests
from casetrail.stores.places import Stores
from casetrail.stores.shape import latest


@dataclass(frozen=True, slots=True)
class Asked:
    """A field of a log source. whole: whether its value is needed (as a key, or beside another field's), and not just a test of it."""

    source: str
    field: Field
    whole: bool


def asked(plan: Plan) -> Iterator[Asked]:
    """What a plan asks for, in order; the same more than once."""
    match plan:
        case Search(source=source, where=where):
            for test in tests(where):
                both = [test.field, test.check.other] if isinstance(test.check, SameAs) else []
                yield Asked(source, test.field, whole=bool(both))
                yield from (Asked(source, field, whole=True) for field in both)
        case Correlation(bases=bases, key=key):
            for number, base in enumerate(bases):
                yield from asked(base)
                for part in (*key, *([plan.value] if plan.value else [])):
                    held = part.fields[number]
                    if isinstance(base, Search) and held is not None:
                        yield Asked(base.source, held, whole=True)


def since(plan: Plan, stores: Stores) -> dict[str, str]:
    """By log source the least version whose stored rows hold all that a plan asks for, where any is known."""
    found: dict[str, str] = {}
    for each in asked(plan):
        store = stores.get(each.source)
        stored = store.fields.get(each.field.path) if store else None
        if store is not None and stored is not None:
            column = stored.column_since if each.whole else ""
            found[each.source] = latest(found.get(each.source, ""), store.since, stored.since, column)
    return {source: version for source, version in found.items() if version}
