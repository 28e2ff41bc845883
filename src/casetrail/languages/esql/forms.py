"""What a window is to ES|QL: each look in the form that costs the least."""

from __future__ import annotations

from dataclasses import dataclass

from casetrail.languages.rewrites import fewest_looks, first_seen, near_starts
from casetrail.languages.stretches import Stretched, stretched
from casetrail.plan.window import Keep, Look, Mark, Range, Window


@dataclass(frozen=True, slots=True)
class Form:
    """nodes: those of a `Window`, some looks of it in another form; keep, evidence: as there."""

    nodes: tuple[Look | Mark | Stretched, ...]
    keep: Keep
    evidence: Range | None


def form(window: Window) -> Form:
    """A window that means the same. Stretches hold no evidence, and so are for a step that is its own."""
    found = near_starts(fewest_looks(first_seen(window)))
    nodes: tuple[Look | Mark | Stretched, ...] = found.nodes
    if found.evidence is None:
        nodes = tuple(stretched(node) if isinstance(node, Look) else node for node in nodes)
    return Form(nodes, found.keep, found.evidence)
