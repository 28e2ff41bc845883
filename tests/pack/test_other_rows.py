"""Every hit of any rule on rows that nobody here wrote is explained: what is in the row, and why the rule is right to complete on it.

As in a hunt, each file is known up to its last row: whether something followed it, nobody can say.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from casetrail.engines.reference import evaluate
from casetrail.logs.event import Event, event_of
from casetrail.logs.rows import rows
from casetrail.pack.pack import Pack

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT.parent / "shared" / "samples"
PACK = Pack.load(ROOT)
FIRST = (
    "the file holds no earlier work of this person, so all in it is new to them; in a log that reaches back it would not be"
)
WHY: dict[str, dict[str, str]] = {
    "chrome_CONTENT_UNSCANNED_personal_gmail.json": {
        "chrome_personal_profile": "the download was made in a profile of a private account, and the list of corporate domains is empty",
    },
    "ocsf_system.api_token.create.raw.json": {
        "okta_api_token_created": "the row is a person's creation of an API token, with success",
        "okta_admin_network_without_signin": f"an administrator's work from a network with no sign-in; {FIRST}",
        "okta_admin_new_country": f"an administrator's work from the United States; {FIRST}",
        "okta_change_without_console": f"a token was made and the console wasn't opened; {FIRST}",
    },
    "panther_okta_admin_role_assigned.yml": {
        "okta_admin_role_granted": "the row grants an administrator role",
        "okta_super_admin_granted": "the roles that the user holds now include the super administrator's",
        "okta_admin_new_country": f"the grant came from the United States; {FIRST}",
        "okta_change_without_console": f"an administrator was made and the console wasn't opened; {FIRST}",
    },
    "panther_okta_user_mfa_reset_all.yml": {
        "okta_admin_network_without_signin": f"factors were reset from a network with no sign-in; {FIRST}",
        "okta_admin_new_country": f"factors were reset from the United States; {FIRST}",
    },
    "rtem_BulkApiResultEventStore.json": {
        "salesforce_bulk_results_taken": f"the result of a bulk query over accounts was fetched; {FIRST}",
    },
}
"""By file and rule why the hit is right. A hit that isn't here, or one here that is gone, fails."""


def files() -> list[Path]:
    return sorted(path for path in SAMPLES.rglob("*") if path.suffix in (".json", ".yml")) if SAMPLES.is_dir() else []


def events(path: Path) -> Iterator[Event]:
    text = path.read_text("utf-8")
    document: Any = yaml.safe_load(text) if path.suffix == ".yml" else orjson.loads(text)
    for contract, row in rows(document, PACK.contracts):
        event = event_of(row, contract)
        if event is not None:
            yield event


@pytest.mark.skipif(not files(), reason="the folder of other people's rows is not here")
@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_every_hit_on_rows_of_others_is_explained(path: Path) -> None:
    log = list(events(path))
    end = max((event.time for event in log), default=None)
    hit = {name for name, plan in PACK.rules.plans().items() if evaluate(plan, log, seen_until=end).ids}
    assert hit == set(WHY.get(path.name, {}))


@pytest.mark.skipif(not files(), reason="the folder of other people's rows is not here")
def test_no_explanation_is_of_a_file_or_rule_that_is_gone() -> None:
    assert set(WHY) <= {path.name for path in files()}
    assert {rule for told in WHY.values() for rule in told} <= set(PACK.rules.plans())
