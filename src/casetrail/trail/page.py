"""The result as one page that needs nothing beside it."""

from __future__ import annotations

from importlib.resources import files

from jinja2 import Environment

from casetrail import __version__
from casetrail.trail.result import Result

_FIRST = ("customers", "files", "sessions", "accounts", "cases", "made", "unseen", "also", "searches", "ledger", "events")


def page(found: Result) -> str:
    """HTML, the same for the same result."""
    text = files("casetrail").joinpath("templates", "trail.html.j2").read_text("utf-8")
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(text)
    tables = [found.table(name) for name in _FIRST]
    return template.render(found=found, tables=tables, version=__version__)
