"""KQL for correlations, in exact sliding windows: each step of a key is joined with the others of its key, and the window is a
plain comparison of two times. The cost is the steps that a run is for times the steps of their keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from casetrail.languages.base import Bounds
from casetrail.languages.kql.expressions import operator
from casetrail.languages.kql.steps import ID, KqlSteps, Setting, bounded, keys, shown
from casetrail.languages.kql.text import literal, moment, name, timespan
from casetrail.plan.nodes import (
    AllOf,
    AnyOf,
    Correlation,
    Figure,
    KeyPart,
    Order,
    Present,
    Threshold,
    Together,
    Type,
    Without,
    wanted_bases,
)
from casetrail.stores.unsupported import UnsupportedError

MOST = 1_048_576
"""The most values that `make_set` and `make_list` keep (Microsoft: "make_set() (aggregation function)")."""
_TAKEN = (ID, "timegenerated", "n", "evidence")
EVIDENCE = 100
"""The most ids that a completion carries."""


def correlation_query(plan: Correlation, setting: Setting) -> str:
    """The query for a correlation's completions: rows of event_id, TimeGenerated, the key, n and evidence.

    Raises UnsupportedError when KQL can't say it.
    """
    steps = KqlSteps(setting)
    writer = _Windows(steps)
    lines = [*writer.completions(plan, setting.run, setting.new), *writer.result(plan)]
    lets = "".join(f"let {table} = {text};\n" for table, text in steps.lets.items())
    return lets + "\n| ".join(lines)


class _Windows:
    def __init__(self, steps: KqlSteps) -> None:
        self.steps = steps
        self.setting = steps.setting

    def completions(self, plan: Correlation, run: Bounds, new: int | None = None) -> Iterator[str]:
        """Rows of id, at, the key, n and evidence. new: only those that became known since so long before the run."""
        inner = {number: self.inner(base) for number, base in enumerate(plan.bases) if isinstance(base, Correlation)}
        table = self.steps.table(plan, inner)
        match plan.condition:
            case Threshold() as threshold:
                yield from self.threshold(threshold, plan, table, run)
            case Order() as order:
                yield from self.order(order, plan, table, run, new)
            case together:
                yield from self.together(together, plan, table, run)
        waits = plan.absent
        if new is not None and not waits:
            yield f"where arrived > ago({timespan(new)})"

    def inner(self, base: Correlation) -> str:
        lines = self.completions(base, Bounds(known=self.setting.run.known))
        return self.steps.let("done", "\n| ".join(lines))

    def by(self, plan: Correlation) -> str:
        return ", ".join(["id", "at", *keys(plan), *shown(plan)])

    def left(self, plan: Correlation, table: str, bases: Sequence[int], run: Bounds) -> Iterator[str]:
        """The steps that may complete: of these bases, and of this run; one a key and event."""
        yield table
        if not bases:
            yield "where false"
        elif len(set(bases)) < len(plan.bases):
            yield f"where {_either('base', bases)}"
        yield from bounded("at", run)
        yield f"distinct {self.by(plan)}"

    def beside(self, plan: Correlation, table: str, kind: str = "inner", bases: Sequence[int] = ()) -> str:
        """The join with all steps of the key, or those of some bases."""
        only = f" | where {_either('base', bases)}" if bases else ""
        columns = ["other_base = base", "other_id = id", "other_at = at"]
        columns += ["other_value = value"] if plan.value else []
        columns += ["other_arrived = arrived"] if self.setting.arrivals else []
        key = ", ".join(keys(plan))
        return f"join kind={kind} ({table}{only} | project {key}, {', '.join(columns)}) on {key}"

    def within(self, plan: Correlation) -> str:
        return f"other_at between ((at - {timespan(plan.span)}) .. at)"

    def summarize(self, plan: Correlation, *figures: str, more: Sequence[str] = ()) -> str:
        listed = [*figures, f"evidence = make_set(other_id, {EVIDENCE})"]
        listed += ["arrived = max(other_arrived)"] if self.setting.arrivals else []
        return f"summarize {', '.join(listed)} by {', '.join([self.by(plan), *more])}"

    def threshold(self, threshold: Threshold, plan: Correlation, table: str, run: Bounds) -> Iterator[str]:
        yield from self.left(plan, table, range(len(plan.bases)), run)
        yield self.beside(plan, table)
        yield f"where {self.within(plan)}"
        match threshold.figure:
            case Figure.EVENTS if len(plan.bases) == 1:
                yield self.summarize(plan, "n = count()")
            case Figure.EVENTS:
                _require_countable(threshold)
                yield self.summarize(plan, "n = array_length(make_set(other_id))")
            case Figure.DISTINCT:
                _require_countable(threshold)
                yield self.summarize(plan, f"n = {_distinct(threshold)}")
            case Figure.SUM | Figure.AVG:
                figure = "sum" if threshold.figure is Figure.SUM else "avg"
                yield self.summarize(plan, f"n = {figure}(other_value)", "values = countif(isnotnull(other_value))")
                yield "where values > 0"
            case _:
                yield self.summarize(plan, "held = array_sort_asc(make_list(other_value))")
                yield "extend size = array_length(held)"
                yield "where size > 0"
                yield f"extend n = {_ranked(threshold)}"
        yield f"where n {operator(threshold.op)} {literal(threshold.count)}"

    def together(self, together: Together, plan: Correlation, table: str, run: Bounds) -> Iterator[str]:
        yield from self.left(plan, table, sorted(wanted_bases(together)), run)
        yield self.beside(plan, table)
        yield f"where {self.within(plan)}"
        counted = [f"base{number} = countif(other_base == {number})" for number in sorted(_named(together))]
        yield self.summarize(plan, *counted, "n = array_length(make_set(other_base))")
        yield f"where {_present(together)}"

    def order(self, order: Order, plan: Correlation, table: str, run: Bounds, new: int | None) -> Iterator[str]:
        first, *later = order.wanted
        if not later and not order.after:
            yield from self.first_seen(order, plan, table, run)
            return
        yield from self.chain(order, plan, table, run)
        yield self.beside(plan, table)
        following = f"(other_at between (at .. (at + {timespan(plan.span)})) and {_either('other_base', order.after)})"
        yield f"where {self.within(plan)}{f' or {following}' if order.after else ''}"
        figures = []
        if order.before:
            figures.append(f"seen = {_earliest(order.before)}")
            figures += [f"opening = {_earliest([first])}"] if later else []
        if order.after:
            figures.append(f"followed = countif({_either('other_base', order.after)} and other_at > at)")
        yield self.summarize(plan, *figures)
        if order.before:
            yield f"where isnull(seen) or seen >= {'opening' if later else 'at'}"
        if order.after:
            yield "where followed == 0"
            yield f"where at + {timespan(plan.span)} <= {moment(run.known)}"
            if new is not None:
                yield f"where at + {timespan(plan.span)} > {moment(run.known)} - {timespan(new)}"
        yield "extend n = array_length(evidence)"

    def first_seen(self, order: Order, plan: Correlation, table: str, run: Bounds) -> Iterator[str]:
        """One wanted step before which there is none of some bases in its window."""
        yield from self.left(plan, table, order.wanted, run)
        more = []
        if self.setting.arrivals:
            by = self.by(plan)
            yield f"join kind=inner ({table} | summarize arrived = max(arrived) by {by}) on {by}"
            yield f"project {by}, arrived"
            more = ["arrived"]
        if order.before:
            yield self.beside(plan, table, "leftouter", order.before)
            yield f"summarize seen = countif({self.within(plan)} and other_at < at) by {', '.join([self.by(plan), *more])}"
            yield "where seen == 0"
        yield "extend n = 1, evidence = pack_array(id)"

    def chain(self, order: Order, plan: Correlation, table: str, run: Bounds) -> Iterator[str]:
        """The last steps of all chains whose first step is in their window."""
        first, *later = order.wanted
        key = ", ".join(keys(plan))
        if not later:
            yield from self.left(plan, table, [first], run)
            return
        reached = f"{table} | where base == {first} | project {key}, start = at, reached = at"
        for place, base in enumerate(later):
            final = place == len(later) - 1
            lines = [table, f"where base == {base}", *(bounded("at", run) if final else [])]
            lines += [
                f"join kind=inner ({reached}) on {key}",
                f"where reached < at and start >= at - {timespan(plan.span)}",
            ]
            if final:
                yield from [*lines, f"distinct {self.by(plan)}"]
            else:
                made = [*lines, f"summarize start = max(start) by id, at, {key}", f"project {key}, start, reached = at"]
                reached = self.steps.let("chain", "\n| ".join(made))

    def result(self, plan: Correlation) -> Iterator[str]:
        more = "".join(f", {column} = {text}" for column, text in self.columns(plan).items())
        yield f"project {ID} = id, TimeGenerated = at{more}, n, evidence"
        yield f"order by TimeGenerated asc, {ID} asc"

    def columns(self, plan: Correlation) -> dict[str, str]:
        """What shows the key, by the columns' names."""
        made: dict[str, str] = {}
        for place, (column, part) in enumerate(zip(key_columns(plan, self.setting), plan.key, strict=True)):
            text = f"iff(isempty(shown{place}), key{place}, shown{place})" if part.type is Type.ADDRESS else f"key{place}"
            made[name(column)] = text
        return made


def key_columns(plan: Correlation, setting: Setting) -> list[str]:
    """The key's columns in the result: each has the name of the column that holds it, where that is one, else of the key's part."""
    made: list[str] = []
    for place, part in enumerate(plan.key):
        names = set(_columns(plan, part, setting))
        label = names.pop() if len(names) == 1 else part.name.replace(".", "_").replace("-", "_")
        made.append(f"key{place}" if label.lower() in {*_TAKEN, *map(str.lower, made)} else label)
    return made


def _columns(plan: Correlation, part: KeyPart, setting: Setting) -> Iterator[str]:
    for base, field in zip(plan.bases, part.fields, strict=True):
        if isinstance(base, Correlation):
            yield from _columns(base, next(own for own in base.key if own.name == part.name), setting)
        elif field is not None:
            yield setting.stores[base.source].fields[field.path].name.rpartition(".")[2]


def _either(column: str, bases: Sequence[int]) -> str:
    listed = sorted(set(bases))
    return f"{column} == {listed[0]}" if len(listed) == 1 else f"{column} in ({', '.join(map(str, listed))})"


def _earliest(bases: Sequence[int]) -> str:
    return f"min(iff({_either('other_base', bases)}, other_at, datetime(null)))"


def _distinct(threshold: Threshold) -> str:
    counted = "coalesce(array_length(make_set(other_value)), 0)"
    if threshold.value is not None and threshold.value.type in (Type.TEXT, Type.ADDRESS):
        # The empty text is a missing value, and not one of them.
        return f"{counted} - iff(countif(isempty(other_value)) > 0, 1, 0)"
    return counted


def _ranked(threshold: Threshold) -> str:
    if threshold.figure is Figure.MEDIAN:
        return "(toreal(held[toint((size - 1) / 2)]) + toreal(held[toint(size / 2)])) / 2"
    rank = f"toint(({threshold.percentile or 0} * size + 99) / 100)"
    return f"toreal(held[max_of({rank}, 1) - 1])"


def _require_countable(threshold: Threshold) -> None:
    if threshold.count >= MOST:
        raise UnsupportedError(f"it counts to {threshold.count}, and KQL counts {MOST} different values at most")


def _named(together: Together) -> set[int]:
    match together:
        case Present(base=base):
            return {base}
        case Without(arg=arg):
            return _named(arg)
        case AllOf(args=args) | AnyOf(args=args):
            return {base for arg in args for base in _named(arg)}


def _present(together: Together) -> str:
    match together:
        case Present(base=base):
            return f"base{base} > 0"
        case Without(arg=arg):
            return f"not({_present(arg)})"
        case AllOf(args=args):
            return "(" + " and ".join(map(_present, args)) + ")"
        case AnyOf(args=args):
            return "(" + " or ".join(map(_present, args)) + ")"
