"""What a window is to KQL: a chain of joins to the step that may match, and one join of that step with those around it."""

from __future__ import annotations

from dataclasses import dataclass

from casetrail.languages.rewrites import first_seen
from casetrail.plan.window import AT, Keep, Look, Mark, Of, Range, Seen, Window
from casetrail.stores.unsupported import UnsupportedError

_EARLIER = Seen(Of.LAST, Range(None, -1))


@dataclass(frozen=True, slots=True)
class Joined:
    """chain: the bases of a chain, each step strictly later than the one before; none for a step that stands for itself.

    around: figures over the steps around the last, by column; keep, evidence: as in `Window`.
    """

    chain: tuple[int, ...]
    around: tuple[tuple[str, Seen], ...]
    keep: Keep
    evidence: Range | None


def joined(window: Window) -> Joined:
    """A window as joins. Raises UnsupportedError for one that isn't a chain and a look."""
    found = first_seen(window)
    chain, rest = _chain(found.nodes)
    match rest:
        case ():
            return Joined(chain, (), found.keep, found.evidence)
        case (Look(figures=figures),):
            return Joined(chain, figures, found.keep, found.evidence)
        case _:
            raise UnsupportedError("its condition is more than a chain of steps and a look around the last, which KQL joins")


def _chain(nodes: tuple[Look | Mark, ...]) -> tuple[tuple[int, ...], tuple[Look | Mark, ...]]:
    match nodes:
        case (Mark(base=base, column=column), *rest) if column == AT:
            chain = [base]
        case _:
            return (), nodes
    while True:
        match rest:
            case [Look(figures=((earlier, seen),)), Mark(base=base, column=column), *after] if (
                earlier == column and seen == _EARLIER
            ):
                chain.append(base)
                rest = after
            case _:
                return tuple(chain), tuple(rest)
