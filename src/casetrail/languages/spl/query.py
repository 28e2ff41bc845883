"""SPL for any plan."""

from __future__ import annotations

from collections.abc import Iterator

from casetrail.languages.base import Bounds
from casetrail.languages.dotted import refuse_dotted
from casetrail.languages.language import Language
from casetrail.languages.spellings import as_stored, stored_test
from casetrail.languages.spl.comments import COMMENTS
from casetrail.languages.spl.expressions import SplExpressions, search_name
from casetrail.languages.spl.lookups import LIVE
from casetrail.languages.spl.source import ID, SplLeaves
from casetrail.languages.spl.steps import NONE, SplSteps, Tree, Unit
from casetrail.languages.spl.windows import MEMBER, SplWindow
from casetrail.plan.nodes import Correlation, Expr, KeyPart, Plan, Search, Type, fields
from casetrail.plan.window import Range
from casetrail.stores.places import key_names, store_of
from casetrail.stores.store import Backend
from casetrail.stores.unsupported import UnsupportedError

_EVIDENCE = 25
"""How many steps a row's evidence looks back on: `list` keeps a hundred, and `mvexpand` gives up at 500 MB a chunk of rows."""


def query_of(plan: Plan, backend: Backend, run: Bounds) -> str:
    """The query for what completes a plan: rows of event_id, _time and what was tested, or the key, n and evidence.

    Raises UnsupportedError when SPL or the store can't say it.
    """
    refuse_dotted(plan, "Splunk")
    plan = as_stored(plan, live=_live(backend))
    if isinstance(plan, Search):
        return "\n| ".join(_search(plan, backend))
    return "\n| ".join(_SplPipeline(plan, backend, run).lines())


def _search(plan: Search, backend: Backend) -> Iterator[str]:
    leaves = SplLeaves([plan], backend)
    lines = [line for line in leaves.matching() if not line.startswith(("eval base=", "eval at="))]
    expressions = leaves.expressions[0]
    shown = dict.fromkeys(search_name(expressions.column(known).stored.name) for known in fields(plan))
    yield leaves.base()
    yield from lines
    yield f"table {', '.join([ID, '_time', *(one for one in shown if one != '_time')])}"


class _SplPipeline:
    def __init__(self, plan: Correlation, backend: Backend, run: Bounds) -> None:
        self.plan = plan
        self.run = run
        self.backend = backend
        self.tree = Tree()
        self.tree.grow(plan)
        self.steps = SplSteps(self.tree, backend, run)
        self.keys = tuple(self.steps.keys)

    def lines(self) -> Iterator[str]:
        yield from self.steps.lines()
        *inner, root = self.tree.nodes
        for node in inner:
            yield from self.stage(node)
            yield f'where hit=1 OR NOT match(base,"^{MEMBER}")'
            yield f'eval base=if(match(base,"^{MEMBER}"),"{node.name}",base)'
        yield from self.stage(root)
        yield from self.result(root)

    def stage(self, node: Unit) -> Iterator[str]:
        """A correlation's steps, each with whether it completes it (`hit`). Steps of others pass."""
        chained = len(self.tree.nodes) > 1
        if chained:
            yield from self.members(node)
        yield from SplWindow(self.keys, len(node.plan.bases), chained, node.settled).lines(node.window)

    def members(self, node: Unit) -> Iterator[str]:
        told = [f'base="{unit}","{MEMBER}{number}"' for number, unit in enumerate(node.units)]
        yield f"eval base=case({','.join(told)},1=1,base)"
        inner = {number: base for number, base in enumerate(node.plan.bases) if isinstance(base, Correlation)}
        if node is self.tree.nodes[0]:
            return
        if inner and node.threshold and node.threshold.value:
            raise UnsupportedError("it counts the values of a correlation's matches")
        moved = []
        for place, key in enumerate(self.keys):
            part = node.plan.key[place] if place < len(node.plan.key) else None
            cases = [f'base="{MEMBER}{number}",{_inner(base, part)}' for number, base in inner.items()]
            moved.append(f"new{place}=case({','.join(cases)},1=1,{key})")
        if inner and moved:
            yield f"eval {', '.join(moved)}"
            yield "eval " + ", ".join(f"{key}=new{place}" for place, key in enumerate(self.keys))
        carried = ", ".join(self.steps.carried(amounts="max"))
        yield f"stats {carried} by {', '.join(['base', ID, *self.keys])}"

    def result(self, node: Unit) -> Iterator[str]:
        if self.run.start is not None or self.run.end is not None:
            yield "eval hit=if(hit=1 AND fresh=1,1,0)"
        within = node.window.evidence
        yield from self.alone() if within is None else self.evidence(node, within)
        shown = [search_name(one) for one in key_names(self.plan, self.backend.stores)]
        if shown:
            yield "rename " + ", ".join(f"{key} as {one}" for key, one in zip(self.keys, shown, strict=False))
        yield f"sort 0 +num(_time), +str({ID})"
        yield f"table {', '.join([ID, '_time', *shown, 'n', 'evidence'])}"

    def alone(self) -> Iterator[str]:
        yield "where hit=1"
        yield f"eval n=1, evidence={ID}"

    def evidence(self, node: Unit, within: Range) -> Iterator[str]:
        """The matches, each with the ids of the steps in a range of time that it is shown with."""
        by = f" by {', '.join(self.keys)}" if self.keys else ""
        here = f" by {', '.join([*self.keys, 'at'])}"
        figure = ["n"] if node.threshold else []
        yield f"eventstats max(hit) as kept{by}"
        yield "where kept=1"
        yield "sort 0 +num(at)"
        yield f'eval stamp=at." ".{ID}'
        yield f"streamstats window={_EVIDENCE} global=f list(stamp) as recent{by}"
        yield f"eventstats values(recent) as recent{here}"
        yield "where hit=1"
        yield f"fields {', '.join([ID, '_time', 'at', *self.keys, *figure, 'recent'])}"
        yield "mvexpand recent"
        yield f'where tonumber(mvindex(split(recent," "),0))>=at-{-(within.low or 0)}'
        yield 'eval evidence=replace(recent,"^[^ ]+ ","")'
        kept = ["min(_time) as _time", *(f"max({one}) as {one}" for one in figure), "values(evidence) as evidence"]
        yield f"stats {', '.join(kept)} by {', '.join([ID, *self.keys])}"
        if not figure:
            yield "eval n=mvcount(evidence)"


def _inner(base: Correlation, part: KeyPart | None) -> str:
    """Where the completions of a correlation carry a part of a key."""
    if part is None:
        return f'"{NONE}"'
    place = next(place for place, own in enumerate(base.key) if own.name == part.name)
    return f"lower(key{place})" if part.type is Type.TEXT and not part.cased else f"key{place}"


def piece_of(part: Expr, search: Search, backend: Backend) -> str:
    """The text that one part of a search becomes. Raises UnsupportedError."""
    return SplExpressions(store_of(search, backend.stores), backend.options).where(stored_test(part))


def _live(backend: Backend) -> bool:
    return backend.options.get("watchlists") == LIVE


SPL = Language("spl", "spl", query_of, piece_of, reads_lists=_live, comments=COMMENTS)
