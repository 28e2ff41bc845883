"""ES|QL for correlations, in exact sliding windows: what `plan.window` lowers a condition to, printed.

ES|QL has no window functions. The steps of a key are gathered into one list, which is expanded twice, so that each step stands beside each
other step of its key; a look's range is then a plain comparison of two times. The cost is the square of a key's steps. A look in
stretches costs no more than its steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from casetrail.languages.base import Bounds
from casetrail.languages.esql.expressions import LIMIT, name
from casetrail.languages.esql.forms import Form, form
from casetrail.languages.esql.kept import Tests, asked
from casetrail.languages.esql.looks import Others, counted, hull, within
from casetrail.languages.esql.rows import Rows
from casetrail.languages.esql.step_text import VALUE, beside, milliseconds, packed
from casetrail.languages.esql.steps import steps
from casetrail.languages.esql.stretches import in_stretches
from casetrail.languages.stretches import Stretched
from casetrail.plan.nodes import Correlation
from casetrail.plan.window import AT, Look, Mark, Range, window
from casetrail.stores.places import Stores, key_names
from casetrail.stores.unsupported import unknown

ID = "event_id"
"""The column of the completing event's `_id` in what a correlation's query returns."""
_ITSELF = Range(0, 0)


def correlation_query(plan: Correlation, stores: Stores, run: Bounds) -> str:
    """The query for a correlation's completions: rows of event_id, @timestamp, the key, n and evidence.

    Raises UnsupportedError when ES|QL can't say it.
    """
    return "\n| ".join(_lines(plan, stores, run))


def _lines(plan: Correlation, stores: Stores, run: Bounds) -> Iterator[str]:
    milliseconds(plan.span)
    keys = [f"key{number}" for number in range(len(plan.key))]
    yield from steps(plan, stores)
    yield from _Windows(plan, keys, form(window(plan)), run).lines()
    yield from _result(keys, [name(shown) for shown in key_names(plan, stores)])


def _result(keys: Sequence[str], shown: Sequence[str]) -> Iterator[str]:
    """The matches, one an event and key. shown: what the key's parts are called."""
    more = "".join(f", {one} = {key}" for key, one in zip(keys, shown, strict=True))
    yield f"STATS n = MAX(n), evidence = VALUES(evidence) BY {', '.join(['id', 'at', *keys])}"
    yield f"EVAL {ID} = id, @timestamp = TO_DATETIME(at){more}"
    yield f"KEEP {', '.join([ID, '@timestamp', *shown, 'n', 'evidence'])}"
    yield f"SORT @timestamp, {ID}"
    yield f"LIMIT {LIMIT}"


@dataclass(frozen=True, slots=True)
class _Windows:
    plan: Correlation
    keys: Sequence[str]
    form: Form
    run: Bounds

    def lines(self) -> Iterator[str]:
        """The steps that match, each with n and its evidence."""
        nodes = self.form.nodes
        last = max((place for place, node in enumerate(nodes) if not isinstance(node, Mark)), default=None)
        rows = Rows((), frozenset([AT, VALUE] if self.plan.value else [AT]))
        for place, node in enumerate(nodes):
            rows = self.after(rows, node, self.asked if place == last else [], place == last)
        tests = [*(self.asked if last is None else []), *Tests(rows, self.run.known).conjuncts(self.form.keep.test)]
        yield from rows.lines
        yield f"WHERE {' AND '.join(tests) or 'TRUE'}"
        yield from self.shown()

    @property
    def asked(self) -> list[str]:
        return list(asked(self.form.keep, len(self.plan.bases), self.run))

    def after(self, rows: Rows, node: Look | Mark | Stretched, asked: Sequence[str], last: bool) -> Rows:
        """The rows with what a node adds. asked: what is asked of a step besides; last: whether the node is the last look."""
        match node:
            case Mark():
                return rows.marked(node)
            case Look():
                return self.beside(rows, node, asked, self.form.evidence if last else None)
            case Stretched(figures=figures):
                return rows.seen(in_stretches(node, self.keys, asked), (column for column, _ in figures))
            case never:
                raise unknown(never)

    def beside(self, rows: Rows, look: Look, asked: Sequence[str], evidence: Range | None) -> Rows:
        """The rows with a look's figures over the steps beside each, and the ids of those in the evidence."""
        ranges = [_ITSELF, *([evidence] if evidence else []), *(seen.range for _, seen in look.figures)]
        others = Others(hull(ranges), self.plan.value, rows.mark)
        carried = [rows.column(column) for column in others.carried(look)]
        summed = {column: others.figure(seen) for column, seen in look.figures}
        if evidence:
            summed |= {"n": others.values("other_base", evidence)} if self.counts_bases else {}
            summed |= {"evidence": others.values("other_id", evidence)}
        lines = [
            packed(carried, self.plan.value.type if self.plan.value else None),
            *beside(carried, self.keys),
            f"WHERE {' AND '.join([*within(others.inside), *asked])}",
            *others.read(carried),
            f"STATS {', '.join(f'{column} = {text}' for column, text in summed.items())} "
            f"BY {', '.join([*self.keys, 'id', 'at', 'base'])}",
            *counted(look),
        ]
        return rows.seen(lines, (column for column, _ in look.figures))

    @property
    def is_chain(self) -> bool:
        return any(isinstance(node, Mark) for node in self.form.nodes)

    @property
    def counts_bases(self) -> bool:
        """Whether a match shows of how many bases its window has steps, since its condition has no figure."""
        columns = {column for node in self.form.nodes if isinstance(node, Look) for column, _ in node.figures}
        return not self.is_chain and "n" not in columns

    def shown(self) -> Iterator[str]:
        """What a match shows as n and as its evidence."""
        if self.form.evidence is None:
            yield "EVAL n = 1, evidence = id"
        elif self.is_chain:
            yield "EVAL n = MV_COUNT(evidence)"
        elif self.counts_bases:
            yield "EVAL n = MV_COUNT(n)"
