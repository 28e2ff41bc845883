"""SPL for the steps of a correlation: a row for each search that an event matches and each of its keys, once.

Rows carry `base` (`s` and the number of the search), `event_id`, `_time`, `at`, `key0`, `key1`, … and, where a condition is of
values, `value` (the distinct ones, each after `=`), `held` (how many), `amount` (their sum), `below` and `upto` (how many are less
than, and no more than, the condition's number). They come out of `stats`, after which `streamstats` looks back without a limit
(https://help.splunk.com/en/splunk-enterprise/spl-search-reference/9.4/search-commands/streamstats).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from casetrail.languages.base import Bounds
from casetrail.languages.spl.expressions import number
from casetrail.languages.spl.source import BASE, ID, SplLeaves, bounds
from casetrail.languages.spl.values import INTEGER, NO_MEDIAN, NUMBER, canonical, numeric
from casetrail.plan.nodes import Correlation, Figure, KeyPart, Search, Threshold, Type
from casetrail.plan.window import Window, window
from casetrail.stores.store import Backend
from casetrail.stores.unsupported import UnsupportedError, unknown

NONE = "-"
"""Stands where a row has no key of this place, so that no column to group by is ever null."""
_COUNTED = (Figure.SUM, Figure.AVG)


@dataclass(frozen=True, slots=True)
class Unit:
    """A correlation of a plan. units: for each base, what `base` holds for its steps: a search's name, or a node's."""

    plan: Correlation
    name: str
    units: tuple[str, ...]

    @property
    def settled(self) -> str:
        """The field that says whether the time after a step is known, where the condition is that nothing follows."""
        return f"settled_{self.name}" if self.plan.absent else ""

    @property
    def window(self) -> Window:
        return window(self.plan)

    @property
    def threshold(self) -> Threshold | None:
        return self.plan.condition if isinstance(self.plan.condition, Threshold) else None


@dataclass(frozen=True, slots=True)
class Leaf:
    """A search of a plan, by its place among the bases of the correlation that it is a base of."""

    search: Search
    parent: Correlation
    place: int


@dataclass
class Tree:
    """The searches that a plan stands on, in order, and its correlations, inner ones first."""

    leaves: list[Leaf] = field(default_factory=list)
    nodes: list[Unit] = field(default_factory=list)

    def grow(self, plan: Correlation) -> str:
        units = []
        for place, base in enumerate(plan.bases):
            if isinstance(base, Correlation):
                units.append(self.grow(base))
            else:
                self.leaves.append(Leaf(base, plan, place))
                units.append(f"s{len(self.leaves) - 1}")
        made = Unit(plan, f"c{len(self.nodes)}", tuple(units))
        self.nodes.append(made)
        return made.name

    @property
    def width(self) -> int:
        return max(len(node.plan.key) for node in self.nodes)


class SplSteps:
    """The steps of all searches of a plan, each with the keys of the correlation that it is a base of."""

    def __init__(self, tree: Tree, backend: Backend, run: Bounds) -> None:
        self.tree = tree
        self.run = run
        self.leaves = SplLeaves([leaf.search for leaf in tree.leaves], backend)
        self.waits = {node.settled: node.plan.span for node in tree.nodes if node.settled}
        self.keys = [f"key{place}" for place in range(tree.width)]
        self.figures = {node.threshold.figure for node in tree.nodes if node.threshold and node.threshold.value}

    def lines(self) -> Iterator[str]:
        body = list(self.body())
        yield self.leaves.base()
        yield from self.leaves.matching()
        yield from body

    def body(self) -> Iterator[str]:
        yield from bounds(self.run, self.waits)
        for place, key in enumerate(self.keys):
            yield from self.column(key, [self.key(leaf, place) for leaf in self.tree.leaves])
        if self.figures:
            yield from self.values()
        yield f"stats {', '.join(self.carried(amounts='sum'))} by {', '.join(['base', ID, *self.keys])}"

    def carried(self, *, amounts: str) -> list[str]:
        """What a row of a step keeps when steps are made one. amounts: how the figures of its values come together."""
        kept = ["min(_time) as _time", "min(at) as at"]
        kept += ["max(fresh) as fresh"] if self.run.start is not None or self.run.end is not None else []
        kept += [f"max({mark}) as {mark}" for mark in self.waits]
        kept += ["values(value) as value"] if Figure.DISTINCT in self.figures else []
        kept += [f"{amounts}({one}) as {one}" for one in self.amounts()]
        return kept

    def amounts(self) -> list[str]:
        """The columns of a step that sum up to a figure."""
        sums = ["held", "amount"] if self.figures & {Figure.SUM, Figure.AVG} else []
        ranks = ["held", "below", "upto"] if Figure.PERCENTILE in self.figures else []
        return list(dict.fromkeys([*sums, *ranks]))

    @staticmethod
    def key(leaf: Leaf, place: int) -> KeyPart | None:
        return leaf.parent.key[place] if place < len(leaf.parent.key) else None

    def column(self, column: str, parts: Sequence[KeyPart | None]) -> Iterator[str]:
        """A field with one of the values that each step's part has, in the form in which they compare; only steps with one stay."""
        sources = [self.source(number, part) for number, part in enumerate(parts)]
        yield f"eval {column}={self.by_leaf([text or _quoted(NONE) for text in sources])}"
        if not any(sources):
            return
        yield f"where isnotnull({column})"
        if any(self.many(number, part) for number, part in enumerate(parts)):
            yield f"mvexpand {column}"
        absent = self.present(column, parts)
        if absent:
            yield f"where {absent}"
        made = list(self.canonical(column, parts))
        yield from made
        if made and not all(line == f"eval {column}=lower({column})" for line in made):
            yield f"where isnotnull({column})"

    def source(self, number: int, part: KeyPart | None) -> str | None:
        known = part.fields[self.tree.leaves[number].place] if part else None
        return self.leaves.expressions[number].column(known).sql if known else None

    def many(self, number: int, part: KeyPart | None) -> bool:
        known = part.fields[self.tree.leaves[number].place] if part else None
        return bool(known and known.many)

    def by_leaf(self, texts: Sequence[str]) -> str:
        """The text for each search, told apart only where they differ."""
        groups = self.groups(texts.__getitem__)
        if len(groups) == 1:
            return texts[0]
        return f"case({','.join(f'{_either(numbers)},{text}' for text, numbers in groups.items())})"

    def groups(self, of: Callable[[int], str]) -> dict[str, list[int]]:
        found: defaultdict[str, list[int]] = defaultdict(list)
        for place in range(len(self.tree.leaves)):
            found[of(place)].append(place)
        return dict(found)

    def present(self, column: str, parts: Sequence[KeyPart | None]) -> str:
        """That a value isn't a text that stands for none."""
        absent: defaultdict[str, list[int]] = defaultdict(list)
        for place, part in enumerate(parts):
            known = part.fields[self.tree.leaves[place].place] if part else None
            if known is not None:
                expressions = self.leaves.expressions[place]
                for test in expressions.present(expressions.column(known), known):
                    absent[test.rpartition("!=")[2]].append(place)
        tests = []
        for text, numbers in absent.items():
            everywhere = len(numbers) == len(parts)
            tests.append(f"{column}!={text}" if everywhere else f"NOT ({column}={text} AND ({_either(numbers)}))")
        return " AND ".join(tests)

    def canonical(self, column: str, parts: Sequence[KeyPart | None]) -> Iterator[str]:
        forms = self.groups(lambda place: _form(parts[place]))
        if len(forms) == 1:
            part = next(iter(parts))
            yield from canonical(column, part.type, cased=part.cased) if part else ()
            return
        cases = []
        for count, numbers in enumerate(forms.values()):
            part = parts[numbers[0]]
            lines = list(canonical(f"form{count}", part.type, cased=part.cased)) if part else []
            if lines:
                yield f"eval form{count}={column}"
                yield from lines
            cases.append(f"{_either(numbers)},{f'form{count}' if lines else column}")
        yield f"eval {column}=case({','.join(cases)})"

    def values(self) -> Iterator[str]:
        """The values of each step, and what the figures over a window are sums of."""
        leaves = self.tree.leaves
        parts = [self.value(leaf) for leaf in leaves]
        sources = [self.source(place, part) or "null()" for place, part in enumerate(parts)]
        yield f"eval value={self.by_leaf(sources)}"
        yield f'eval held=if(isnull(value),0,1), value=coalesce(value,"{NONE}")'
        if any(self.many(place, part) for place, part in enumerate(parts)):
            yield "mvexpand value"
        absent = self.present("value", parts)
        if absent:
            yield f"eval held=if({absent},held,0)"
        measured = self.by_leaf([self.measured(leaf) for leaf in leaves])
        if measured != "held":
            yield f"eval held={measured}"
        if self.figures & {Figure.SUM, Figure.AVG}:
            summed = ["if(held=1,tonumber(value),0)" if self.figure(leaf) in _COUNTED else "0" for leaf in leaves]
            yield f"eval amount={self.by_leaf(summed)}"
        if Figure.PERCENTILE in self.figures:
            for column, op in (("below", "<"), ("upto", "<=")):
                tests = [_ranked(leaf, part, op) for leaf, part in zip(leaves, parts, strict=True)]
                yield f"eval {column}={self.by_leaf(tests)}"
        if Figure.DISTINCT in self.figures:
            distinct = [
                part if self.figure(leaf) is Figure.DISTINCT else None for leaf, part in zip(leaves, parts, strict=True)
            ]
            yield from self.canonical("value", distinct)
            yield 'eval value=if(held=1,"=".value,null())'

    @staticmethod
    def value(leaf: Leaf) -> KeyPart | None:
        return leaf.parent.value

    @staticmethod
    def figure(leaf: Leaf) -> Figure | None:
        condition = leaf.parent.condition
        return condition.figure if isinstance(condition, Threshold) else None

    def measured(self, leaf: Leaf) -> str:
        """Whether a value is one that a figure of numbers takes."""
        part, figure = self.value(leaf), self.figure(leaf)
        if part is None or figure is None:
            return "held"
        match figure:
            case Figure.EVENTS | Figure.DISTINCT:
                return "held"
            case Figure.SUM | Figure.AVG if part.type is not Type.INTEGER:
                raise UnsupportedError(
                    f"its {figure} is over numbers that needn't be whole, which Splunk doesn't add exactly"
                )
            case Figure.SUM | Figure.AVG | Figure.PERCENTILE:
                return f'if(match(value,"{INTEGER if part.type is Type.INTEGER else NUMBER}"),held,0)'
            case Figure.MEDIAN:
                raise UnsupportedError(NO_MEDIAN)
            case never:
                raise unknown(never)


def _form(part: KeyPart | None) -> str:
    return f"{part.type} {part.cased}" if part else ""


def _ranked(leaf: Leaf, part: KeyPart | None, op: str) -> str:
    """Whether a value compares so with the number of a percentile's condition."""
    condition = leaf.parent.condition
    if part is None or not isinstance(condition, Threshold) or condition.figure is not Figure.PERCENTILE:
        return "0"
    return f"if(held=1 AND {numeric('value', part.type)}{op}{number(condition.count)},1,0)"


def _quoted(text: str) -> str:
    return f'"{text}"'


def _either(numbers: Sequence[int]) -> str:
    return " OR ".join(f'base="{BASE}{number}"' for number in numbers)
