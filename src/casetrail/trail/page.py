"""The result as one page that needs nothing beside it."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader

from casetrail import __version__
from casetrail.reading.spelled import visible
from casetrail.trail.result import Result

_FIRST = (
    "customers",
    "files",
    "sessions",
    "accounts",
    "cases",
    "made",
    "tokens",
    "unseen",
    "also",
    "searches",
    "ledger",
    "events",
)


def page(found: Result) -> str:
    """HTML, the same for the same result."""
    environment = Environment(
        loader=PackageLoader("casetrail", "templates"),
        autoescape=True,
        finalize=lambda value: visible(value) if isinstance(value, str) else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("trail.html.j2")
    tables = [found.table(name) for name in _FIRST]
    return template.render(found=found, tables=tables, version=__version__)
