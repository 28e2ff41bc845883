"""A few dozen constructs of Sigma in every language, side by side: `side_by_side.yml` beside this file is the expectation.

python -m tests.languages.side_by_side          # print docs/languages.md
python -m tests.languages.side_by_side --write  # write what the languages say now into side_by_side.yml, to be reviewed
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml
from sigma.collection import SigmaCollection

from casetrail.languages.base import Bounds
from casetrail.languages.esql.expressions import EsqlExpressions
from casetrail.languages.kql.expressions import KqlExpressions
from casetrail.languages.languages import language_of
from casetrail.languages.querydsl.expressions import OpenSearchExpressions
from casetrail.languages.regex import REFUSALS, Dialect, Refusal
from casetrail.languages.spl.expressions import SplExpressions
from casetrail.languages.sql.duckdb import DUCKDB
from casetrail.languages.sql.expressions import SqlColumn, SqlExpressions
from casetrail.plan.nodes import Expr, Plan, Search
from casetrail.sigma.correlate import lower
from casetrail.stores.store import Backend
from casetrail.stores.unsupported import UnsupportedError
from tests.elastic import stores as elastic
from tests.kusto import stores as kusto
from tests.opensearch import stores as opensearch
from tests.splunk import stores as splunk
from tests.worlds import WORLD

FILE = Path(__file__).with_suffix(".yml")
EXPRESSIONS: Mapping[str, Callable[[Expr], str]] = {
    "ES|QL": lambda expr: EsqlExpressions(elastic.STORE).expression(expr),
    "KQL": lambda expr: KqlExpressions(kusto.STORE).expression(expr),
    "SPL": lambda expr: SplExpressions(splunk.STORE).where(expr),
    "OpenSearch": lambda expr: json.dumps(OpenSearchExpressions(opensearch.STORE).expression(expr), ensure_ascii=False),
    "DuckDB": lambda expr: SqlExpressions(
        DUCKDB, lambda field: SqlColumn(DUCKDB.identifier(field.path), many=field.many)
    ).expression(expr),
}
BACKENDS: Mapping[str, Backend] = {
    "ES|QL": elastic.BACKEND,
    "KQL": kusto.BACKEND,
    "SPL": splunk.BACKEND,
    "OpenSearch": opensearch.BACKEND,
}
Said = dict[str, Any]
_LONG = 20
_BAR = "\\|"
_BASES = [
    {
        "title": name,
        "name": name,
        "logsource": {"product": "test", "service": "log"},
        "detection": {"selection": {"kind": name}, "condition": "selection"},
    }
    for name in "abx"
]


def constructs() -> list[dict[str, Any]]:
    """The file's entries: `name`, `sigma` (a detection or a correlation) and `says` (by language: its text, or `refused`)."""
    found: list[dict[str, Any]] = yaml.safe_load(FILE.read_text("utf-8"))
    return found


def plan_of(sigma: Mapping[str, Any]) -> Plan:
    """The plan of an entry. `count` is a count of `a` by user, for what stands on a correlation."""
    if "correlation" in sigma:
        count = {"type": "event_count", "rules": ["a"], "group-by": ["user"], "timespan": "10m", "condition": {"gte": 5}}
        correlation = {"group-by": ["user"], "timespan": "1h", **sigma["correlation"]}
        rules: list[Any] = [
            *_BASES,
            {"title": "count", "name": "count", "correlation": count},
            {"title": "c", "name": "c", "correlation": correlation},
        ]
    else:
        source = {"product": "test", "service": "log"}
        rules = [{"title": "c", "name": "c", "logsource": source, "detection": sigma}]
    plan, problems = lower(SigmaCollection.from_dicts(rules)["c"], WORLD)
    if plan is None:
        raise ValueError(problems)
    return plan


def said(plan: Plan) -> dict[str, Said | str]:
    """What each language says of a plan: the text of a search's expression; for a correlation only whether it says it."""
    found: dict[str, Said | str] = {}
    for language in EXPRESSIONS if isinstance(plan, Search) else BACKENDS:
        try:
            if isinstance(plan, Search):
                found[language] = EXPRESSIONS[language](plan.where)
            else:
                language_of(BACKENDS[language]).query_of(plan, BACKENDS[language], Bounds())
                found[language] = "said"
        except UnsupportedError as error:
            found[language] = {"refused": error.reason}
    return found


def page() -> str:
    """docs/languages.md."""
    lines = [
        "# Constructs in every language",
        "",
        "What a rule's parts become, over a small log for tests; made by `make docs` from `tests/languages/side_by_side.yml`, which a test",
        "holds against the languages. What a language can't say is unsupported and never weakened. The names of fields are those of a",
        "made-up store: `user` is text, `code` is text in one spelling, `tags[]` and `items[].name` are lists, `n` is a whole number,",
        "`ip` an address.",
        "",
    ]
    for entry in constructs():
        lines += [f"## {entry['name']}", "", "```yaml", yaml.safe_dump(entry["sigma"], sort_keys=False).rstrip(), "```", ""]
        for language, text in entry["says"].items():
            if isinstance(text, dict):
                lines += [f"- {language}: *refused*: {text['refused']}"]
            elif text == "said":
                lines += [f"- {language}: said exactly"]
            else:
                lines += [f"- {language}: `` {' '.join(text.split())} ``"]
        lines.append("")
    return "\n".join(lines + _refused_regexes())


def _refused_regexes() -> list[str]:
    head = ["RE2", "", *Dialect]
    rows = [head, ["---"] * len(head), *(_row(refusal) for refusal in REFUSALS)]
    return [
        "## What a regular expression can't have",
        "",
        "A rule's regular expression is RE2's. All of RE2 is said in every language but for this:",
        "",
        *(f"| {' | '.join(cell.replace('|', _BAR) for cell in cells)} |" for cells in rows),
        "",
    ]


def _row(refusal: Refusal) -> list[str]:
    example = f"`{refusal.example}`" if len(refusal.example) < _LONG else ""
    return [example, refusal.what, *(refusal.why.get(dialect, "said exactly") for dialect in Dialect)]


def main() -> None:
    if "--write" in sys.argv:
        entries = [{**entry, "says": said(plan_of(entry["sigma"]))} for entry in constructs()]
        FILE.write_text(yaml.safe_dump(entries, sort_keys=False, allow_unicode=True, width=120), "utf-8")
    else:
        print(page(), end="")


if __name__ == "__main__":
    main()
