"""A shipped query with what people read: what it is, what it finds, over which time, and what each of its stages does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from casetrail.languages.comments import commented
from casetrail.languages.languages import language_of
from casetrail.packages.formats import Packaged
from casetrail.packages.registry import format_of
from casetrail.plan.nodes import Correlation
from casetrail.plan.words import condition_words, span_words
from casetrail.stores.store import Backend
from casetrail.stores.unsupported import UnsupportedError


def readable(item: Packaged, backend: Backend) -> Packaged:
    """The item with comments in its query; as it is where the language has none, or where they make it longer than the SIEM takes."""
    comments = language_of(backend).comments
    if comments is None:
        return item
    told = replace(item, query=commented(item.query, list(header(item)), comments))
    try:
        format_of(backend).require_held(told, backend)
    except UnsupportedError:
        return item
    return told


def header(item: Packaged) -> Iterator[str]:
    """What is said above a query, a text for each thing."""
    sigma, plan, when = item.rule.sigma, item.plan, item.schedule
    links = [str(link) for link in sigma.references or ()]
    yield f"{sigma.title} ({item.rule.level})"
    yield ", ".join([item.rule.name, f"version {item.version}", *([str(sigma.id)] if sigma.id else []), *links[:1]])
    yield f"Finds: {sigma.description or sigma.title}"
    if isinstance(plan, Correlation):
        by = f"; by {', '.join(part.name for part in plan.key)}" if plan.key else ""
        yield f"Matches: {condition_words(plan)}{by}"
    window = f", and the {span_words(plan.span)} of the window" if isinstance(plan, Correlation) else ""
    yield (
        f"Window: it runs every {span_words(when.interval)} and reads back {span_words(when.lookback)}: "
        f"events that came up to {span_words(when.delay)} late{window}"
    )
