"""ES|QL for correlations, in exact sliding windows.

ES|QL has no window functions. The steps of a key are gathered into one list, which is expanded twice, so that each step
stands beside each other step of its key (`other_…`); the window is then a plain comparison of two times. The cost is the
square of a key's steps. A first seen and an absence have one wanted step, and cost no more than the steps: time is laid out in
stretches as long as the window, and whether another step lies in the window is told exactly by the outermost ones of two stretches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from casetrail.languages.base import Ago, Bounds, Instant
from casetrail.languages.esql.expressions import LIMIT, literal, name, operator
from casetrail.languages.esql.steps import BESIDE, milliseconds, step, steps
from casetrail.plan.nodes import (
    AllOf,
    AnyOf,
    Correlation,
    Figure,
    Order,
    Present,
    Threshold,
    Together,
    Type,
    Without,
    wanted_bases,
)
from casetrail.stores.places import Stores, key_names
from casetrail.stores.unsupported import UnsupportedError, unknown

_TYPES = {Type.INTEGER: "TO_LONG", Type.NUMBER: "TO_DOUBLE"}
ID = "event_id"
"""The column of the completing event's `_id` in what a correlation's query returns."""


def moment(time: Instant) -> str:
    """A time as ES|QL for milliseconds since 1970."""
    if isinstance(time, Ago):
        return f"TO_LONG(NOW()) - {time.micros // 1000}" if time.micros else "TO_LONG(NOW())"
    return str(time // 1000)


def correlation_query(plan: Correlation, stores: Stores, run: Bounds) -> str:
    """The query for a correlation's completions: rows of event_id, @timestamp, the key, n and evidence.

    Raises UnsupportedError when ES|QL can't say it.
    """
    return "\n| ".join(_EsqlPipeline(plan, stores, run).lines())


class _EsqlPipeline:
    def __init__(self, plan: Correlation, stores: Stores, run: Bounds) -> None:
        self.plan = plan
        self.run = run
        self.stores = stores
        self.span = milliseconds(plan.span)
        self.keys = [f"key{number}" for number in range(len(plan.key))]

    def lines(self) -> Iterator[str]:
        value = self.plan.condition.value if isinstance(self.plan.condition, Threshold) else None
        yield from steps(self.plan, self.stores)
        yield step(value.type if value else None)
        match self.plan.condition:
            case Order(wanted=(_,)) as order:
                yield from self.alone(order)
            case Threshold() as threshold:
                yield from self.threshold(threshold)
            case Order() as order:
                yield from self.order(order)
            case Present() | AllOf() | AnyOf() | Without() as together:
                yield from self.together(together)
            case never:
                raise unknown(never)
        yield from self.result()

    @property
    def by(self) -> str:
        return f" BY {', '.join(self.keys)}" if self.keys else ""

    def expand(self) -> Iterator[str]:
        yield f"STATS steps = VALUES(step){self.by}"
        yield from BESIDE

    def wanted(self, bases: Sequence[int]) -> str:
        """The completing steps: of a wanted base, and of this run."""
        listed = ", ".join(f'"{base}"' for base in sorted(set(bases)))
        text = f"base IN ({listed})" if listed else "FALSE"
        text += f" AND at >= {moment(self.run.start)}" if self.run.start is not None else ""
        return f"{text} AND at <= {moment(self.run.end)}" if self.run.end is not None else text

    def by_step(self, *more: str) -> str:
        return ", ".join([*self.keys, "id", "at", "base", *more])

    def threshold(self, threshold: Threshold) -> Iterator[str]:
        figure = self.figure(threshold)
        yield from self.expand()
        yield f"WHERE gap >= 0 AND gap <= {self.span} AND {self.wanted(range(len(self.plan.bases)))}"
        if threshold.value:
            cast = _TYPES.get(threshold.value.type, "")
            number = f"{cast}(SUBSTRING(other_value, 2))" if cast else "other_value"
            yield f'EVAL held = CASE(STARTS_WITH(other_value, "="), {number}, NULL)'
        yield f"STATS n = {figure}, evidence = VALUES(other_id) BY {self.by_step()}"
        if threshold.figure in (Figure.EVENTS, Figure.DISTINCT):
            yield "EVAL n = COALESCE(MV_COUNT(n), 0)"
        yield f"WHERE n {operator(threshold.op)} {literal(threshold.count)}"

    def figure(self, threshold: Threshold) -> str:
        many = threshold.value and any(field is not None and field.many for field in threshold.value.fields)
        match threshold.figure:
            case Figure.EVENTS:
                return "VALUES(other_id)"
            case Figure.DISTINCT:
                return "VALUES(held)"
            case Figure.SUM | Figure.AVG if not many:
                return "SUM(held)" if threshold.figure is Figure.SUM else "AVG(held)"
            case Figure.SUM | Figure.AVG:
                raise UnsupportedError(f"its {threshold.figure} is over a list, of which ES|QL drops repeated values")
            case _:
                raise UnsupportedError(f"its {threshold.figure} is only estimated by ES|QL")

    def together(self, together: Together) -> Iterator[str]:
        yield from self.expand()
        yield f"WHERE gap >= 0 AND gap <= {self.span} AND {self.wanted(sorted(wanted_bases(together)))}"
        yield f"STATS n = VALUES(other_base), evidence = VALUES(other_id) BY {self.by_step()}"
        yield f"WHERE {_present(together)}"
        yield "EVAL n = MV_COUNT(n)"

    def order(self, order: Order) -> Iterator[str]:
        first, *later = order.wanted
        last = order.wanted[-1]
        for number, base in enumerate(later):
            final = number == len(later) - 1
            before = order.wanted[number]
            yield from self.expand()
            earlier = f'other_base == "{before}" AND gap > 0'
            source = "other_at" if number == 0 else "TO_LONG(other_start)"
            known = "" if number == 0 else ' AND other_start != "-"'
            figures = [f"start = MAX(CASE({earlier}{known}, {source}, NULL))"]
            figures += self.around(order, first) if final else []
            figures += [f"evidence = VALUES(CASE(gap >= 0 AND gap <= {self.span}, other_id, NULL))"] if final else []
            yield f"STATS {', '.join(figures)} BY {self.by_step()}"
            if not final:
                yield f'EVAL start = CASE(base == "{base}", start, NULL)'
                yield ('EVAL step = CONCAT(TO_STRING(at), " ", base, " ", COALESCE(TO_STRING(start), "-"), " - ", id)')
        tests = [self.wanted([last]), f"start IS NOT NULL AND at - start <= {self.span}"]
        if order.before:
            tests.append("(seen IS NULL OR seen >= opening)")
        if order.after:
            tests.append(f"followed == 0 AND at + {self.span} <= {moment(self.run.known)}")
        yield f"WHERE {' AND '.join(tests)}"
        yield "EVAL n = MV_COUNT(evidence)"

    def around(self, order: Order, first: int) -> list[str]:
        found = []
        inside = f"gap >= 0 AND gap <= {self.span}"
        if order.before:
            listed = ", ".join(f'"{base}"' for base in order.before)
            found.append(f"seen = MIN(CASE(other_base IN ({listed}) AND {inside}, other_at, NULL))")
            found.append(f'opening = MIN(CASE(other_base == "{first}" AND {inside}, other_at, NULL))')
        if order.after:
            listed = ", ".join(f'"{base}"' for base in order.after)
            found.append(f"followed = SUM(CASE(other_base IN ({listed}) AND gap < 0 AND gap >= -{self.span}, 1, 0))")
        return found

    def alone(self, order: Order) -> Iterator[str]:
        """One wanted step, before or after which there is none of some bases.

        Stretches are as long as the window. Before a step lies one in its window when the first of its own stretch is before it, or the
        last of the stretch before isn't before the window; after it likewise.
        """
        places, figures, tests = ["place"], [], []
        if order.before:
            here, there = (self.outermost(order.before, place) for place in ("place", "place + 1"))
            figures += [f"first_here = MIN({here})", f"last_before = MAX({there})"]
            tests += ["(first_here IS NULL OR first_here >= at)", f"(last_before IS NULL OR last_before < at - {self.span})"]
            places.append("place + 1")
        if order.after:
            here, there = (self.outermost(order.after, place) for place in ("place", "place - 1"))
            figures += [f"last_here = MAX({here})", f"first_after = MIN({there})"]
            tests += ["(last_here IS NULL OR last_here <= at)", f"(first_after IS NULL OR first_after > at + {self.span})"]
            tests.append(f"at + {self.span} <= {moment(self.run.known)}")
            places.append("place - 1")
        near = places[0]
        for place in places[1:]:
            near = f"MV_APPEND({near}, {place})"
        yield f"EVAL at = TO_LONG(@timestamp), place = TO_LONG(@timestamp) / {self.span}"
        yield f"EVAL near = {near}"
        yield "MV_EXPAND near"
        steps = f"steps = VALUES(CASE(near == place AND {self.wanted(order.wanted)}, step, NULL))"
        yield f"STATS {', '.join([*figures, steps])} BY {', '.join([*self.keys, 'near'])}"
        yield "WHERE steps IS NOT NULL"
        yield "MV_EXPAND steps"
        yield 'DISSECT steps "%{at} %{base} %{start} %{value} %{id}"'
        yield "EVAL at = TO_LONG(at)"
        yield f"WHERE {' AND '.join(tests) or 'TRUE'}"
        yield "EVAL n = 1, evidence = id"

    def outermost(self, bases: Sequence[int], place: str) -> str:
        """The times of steps of some bases that count for a stretch as lying in `place`."""
        listed = ", ".join(f'"{base}"' for base in bases)
        return f"CASE(base IN ({listed}) AND near == {place}, at, NULL)"

    def result(self) -> Iterator[str]:
        shown = [name(one) for one in key_names(self.plan, self.stores)]
        more = "".join(f", {one} = {key}" for key, one in zip(self.keys, shown, strict=True))
        yield f"STATS n = MAX(n), evidence = VALUES(evidence) BY {', '.join(['id', 'at', *self.keys])}"
        yield f"EVAL {ID} = id, @timestamp = TO_DATETIME(at){more}"
        yield f"KEEP {', '.join([ID, '@timestamp', *shown, 'n', 'evidence'])}"
        yield f"SORT @timestamp, {ID}"
        yield f"LIMIT {LIMIT}"


def _present(together: Together) -> str:
    match together:
        case Present(base=base):
            return f'MV_COUNT(MV_DEDUPE(MV_APPEND(n, "{base}"))) == MV_COUNT(MV_DEDUPE(n))'
        case Without(arg=arg):
            return f"NOT ({_present(arg)})"
        case AllOf(args=args):
            return "(" + " AND ".join(map(_present, args)) + ")"
        case AnyOf(args=args):
            return "(" + " OR ".join(map(_present, args)) + ")"
