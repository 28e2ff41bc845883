"""KQL for correlations, in exact sliding windows: each step of a key is joined with the others of its key, and the window is a
plain comparison of two times. The cost is the steps that a run is for times the steps of their keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from casetrail.languages.base import Bounds
from casetrail.languages.kql.joins import Joined, joined
from casetrail.languages.kql.looks import either, figure, require_countable, test_lines, within
from casetrail.languages.kql.steps import ID, KqlSteps, Setting, bounded, keys, shown
from casetrail.languages.kql.text import name, timespan
from casetrail.plan.nodes import Correlation, Type
from casetrail.plan.window import Range, Seen, window
from casetrail.stores.places import Stores, key_names

_TAKEN = (ID, "timegenerated", "n", "evidence")
EVIDENCE = 100
"""The most ids that a completion carries."""


def correlation_query(plan: Correlation, setting: Setting) -> str:
    """The query for a correlation's completions: rows of event_id, TimeGenerated, the key, n and evidence.

    Raises UnsupportedError when KQL can't say it.
    """
    steps = KqlSteps(setting)
    writer = _Windows(steps)
    new = [] if setting.new is None else [f"where arrived > ago({timespan(setting.new)})"]
    lines = [*writer.completions(plan, setting.run), *new, *writer.result(plan)]
    lets = "".join(f"let {table} = {text};\n" for table, text in steps.lets.items())
    return lets + "\n| ".join(lines)


class _Windows:
    def __init__(self, steps: KqlSteps) -> None:
        self.steps = steps
        self.setting = steps.setting

    def completions(self, plan: Correlation, run: Bounds) -> Iterator[str]:
        """Rows of id, at, the key, n and evidence; with arrivals, of when each became known too."""
        inner = {number: self.inner(base) for number, base in enumerate(plan.bases) if isinstance(base, Correlation)}
        table = self.steps.table(plan, inner)
        form = joined(window(plan))
        yield from self.chain(form, plan, table, run) if form.chain else self.left(plan, table, form, run)
        yield from self.alone(form, plan, table) if form.evidence is None else self.around(form, plan, table, form.evidence)
        yield from test_lines(form.keep.test, run.known, arrivals=self.setting.arrivals)
        yield from _shown_count(form)

    def inner(self, base: Correlation) -> str:
        lines = self.completions(base, Bounds(known=self.setting.run.known))
        return self.steps.let("done", "\n| ".join(lines))

    def by(self, plan: Correlation) -> str:
        return ", ".join(["id", "at", *keys(plan), *shown(plan)])

    def left(self, plan: Correlation, table: str, form: Joined, run: Bounds) -> Iterator[str]:
        """The steps that may match: of the bases that are kept, and of this run; one a key and event."""
        bases = form.keep.bases
        arrived = self.setting.arrivals and form.evidence is None
        yield table
        if not bases:
            yield "where false"
        elif len(set(bases)) < len(plan.bases):
            yield f"where {either('base', bases)}"
        yield from bounded("at", run)
        yield f"summarize arrived = max(arrived) by {self.by(plan)}" if arrived else f"distinct {self.by(plan)}"

    def chain(self, form: Joined, plan: Correlation, table: str, run: Bounds) -> Iterator[str]:
        """The last steps of all chains whose first step is in their window."""
        first, *later = form.chain
        key = ", ".join(keys(plan))
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

    def beside(self, plan: Correlation, table: str, kind: str = "inner", bases: Sequence[int] = ()) -> str:
        """The join with all steps of the key, or those of some bases."""
        only = f" | where {either('base', bases)}" if bases else ""
        columns = ["other_base = base", "other_id = id", "other_at = at"]
        columns += ["other_value = value"] if plan.value else []
        columns += ["other_arrived = arrived"] if self.setting.arrivals else []
        key = ", ".join(keys(plan))
        return f"join kind={kind} ({table}{only} | project {key}, {', '.join(columns)}) on {key}"

    def around(self, form: Joined, plan: Correlation, table: str, evidence: Range) -> Iterator[str]:
        """The figures over the steps around each that may match, which are its evidence."""
        beyond = [seen for _, seen in form.around if seen.range != evidence]
        filtered = None if beyond else evidence
        yield self.beside(plan, table)
        # What a look asks of beyond the evidence is asked to be absent, so that no match has any of it among its evidence.
        rows = [within(evidence), *(f"({within(seen.range)} and {either('other_base', seen.bases)})" for seen in beyond)]
        yield f"where {' or '.join(rows)}"
        made = [figure(column, seen, plan, filtered) for column, seen in form.around]
        require_countable(made, form.keep.test)
        summed = {name: text for one in made for name, text in one.summed.items()}
        if not form.chain and "n" not in dict(form.around):
            summed["n"] = "array_length(make_set(other_base))"
        summed["evidence"] = f"make_set(other_id, {EVIDENCE})"
        if self.setting.arrivals:
            summed["arrived"] = "max(other_arrived)"
        yield f"summarize {', '.join(f'{name} = {text}' for name, text in summed.items())} by {self.by(plan)}"
        yield from (line for one in made for line in one.lines)

    def alone(self, form: Joined, plan: Correlation, table: str) -> Iterator[str]:
        """The figures over the steps of the bases that are asked for, where the step itself is all the evidence."""
        if form.around:
            by = ", ".join([self.by(plan), *(["arrived"] if self.setting.arrivals else [])])
            asked = sorted({base for _, seen in form.around for base in seen.bases})
            yield self.beside(plan, table, "leftouter", asked)
            figures = [figure(column, _only(seen, asked), plan, None) for column, seen in form.around]
            summed = (f"{name} = {text}" for one in figures for name, text in one.summed.items())
            yield f"summarize {', '.join(summed)} by {by}"

    def result(self, plan: Correlation) -> Iterator[str]:
        more = "".join(f", {column} = {text}" for column, text in self.columns(plan).items())
        yield f"project {ID} = id, TimeGenerated = at{more}, n, evidence"
        yield f"order by TimeGenerated asc, {ID} asc"

    def columns(self, plan: Correlation) -> dict[str, str]:
        """What shows the key, by the columns' names."""
        made: dict[str, str] = {}
        for place, (column, part) in enumerate(zip(key_columns(plan, self.setting.stores), plan.key, strict=True)):
            text = f"iff(isempty(shown{place}), key{place}, shown{place})" if part.type is Type.ADDRESS else f"key{place}"
            made[name(column)] = text
        return made


def key_columns(plan: Correlation, stores: Stores) -> list[str]:
    """The key's columns in the result: `key_names` as KQL's columns, each once and none that a result has already."""
    made: list[str] = []
    for place, shown_as in enumerate(key_names(plan, stores, _column)):
        label = shown_as.replace(".", "_").replace("-", "_")
        made.append(f"key{place}" if label.lower() in {*_TAKEN, *map(str.lower, made)} else label)
    return made


def _column(stored: str) -> str:
    return stored.rpartition(".")[2]


def _only(seen: Seen, asked: Sequence[int]) -> Seen:
    """A figure over steps that are of some bases already."""
    return replace(seen, bases=()) if sorted(set(seen.bases)) == list(asked) else seen


def _shown_count(form: Joined) -> Iterator[str]:
    """What is shown as the figure of a condition that has none."""
    if form.evidence is None:
        yield "extend n = 1, evidence = pack_array(id)"
    elif form.chain:
        yield "extend n = array_length(evidence)"
