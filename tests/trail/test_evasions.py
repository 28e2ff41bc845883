"""Ways to be lost on a trail, and ways in which a trail takes in what isn't its."""

from __future__ import annotations

from pathlib import Path

import pytest

from casetrail.trail.node import Node, Strength, indicator
from casetrail.trail.walk import Limits
from tests.incidents.replays import pack
from tests.trail.rows import elf, log, okta, stored, strengths, trail

EVE, BOB, ROBOT = "005000000000Eve", "005000000000Bob", "005000000Robot1"
OUTSIDE, HOME, VPN = "198.51.100.66", "203.0.113.5", "192.0.2.130"


def test_an_address_that_many_share_is_shown_and_not_walked(tmp_path: Path) -> None:
    crowd = [okta(number, f"user{number}", f"r{number}", VPN, f"s{number}") for number in range(20)]
    store = stored(log(tmp_path, [*crowd, okta(30, "user3", "mine", OUTSIDE, "s3")]))
    found = trail(store, f"address:{OUTSIDE}")
    assert set(strengths(found)) == {"mine", "r3"}
    assert found.aside[Node("address", VPN)].own
    seeded = trail(store, f"address:{VPN}")
    assert seeded.steps == {}
    assert "20 accounts" in seeded.aside[Node("address", VPN)].why
    assert len(trail(store, f"address:{VPN}", through=(f"address:{VPN}",)).steps) == 21


def test_a_vpn_that_the_intruder_uses_first_takes_nobody_else_in(tmp_path: Path) -> None:
    crowd = [okta(100 + number, f"user{number}", f"r{number}", VPN, f"s{number}") for number in range(20)]
    mine = [okta(1, "eve", "a", OUTSIDE, "session"), okta(5, "eve", "b", VPN, "session")]
    found = trail(stored(log(tmp_path, [*mine, *crowd])), f"address:{OUTSIDE}")
    assert set(strengths(found)) == {"a", "b"}
    assert "21 accounts" in found.aside[Node("address", VPN)].why


def test_a_stolen_session_is_followed_both_ways_and_its_owners_other_sessions_are_not(tmp_path: Path) -> None:
    rows = [
        okta(0, "owner", "before", HOME, "old"),
        okta(60, "owner", "signs in", HOME, "stolen"),
        okta(90, "owner", "replayed", OUTSIDE, "stolen"),
        okta(900, "owner", "after", HOME, "new"),
    ]
    found = trail(stored(log(tmp_path, rows)), f"address:{OUTSIDE}")
    assert set(strengths(found)) == {"signs in", "replayed"}
    assert {"session:new", "session:old"} <= {str(node) for node in found.aside}


def test_an_address_that_changes_within_a_session_leads_to_what_comes_from_the_new_one(tmp_path: Path) -> None:
    other = "198.51.100.67"
    rows = [
        okta(0, "eve", "first", OUTSIDE, "one"),
        okta(5, "eve", "moved", other, "one"),
        okta(60, "bob", "next victim", other, "two"),
    ]
    assert set(strengths(trail(stored(log(tmp_path, rows)), f"address:{OUTSIDE}"))) == {"first", "moved", "next victim"}


def test_a_cookie_jar_replayed_from_elsewhere_is_found_by_its_device_where_that_is_new(tmp_path: Path) -> None:
    device = {"debugContext": {"debugData": {"dtHash": "d1"}}}
    rows = [
        okta(0, "eve", "first", OUTSIDE, "one", **device),
        okta(300, "eve", "same device", HOME, "two", **device),
    ]
    assert set(strengths(trail(stored(log(tmp_path, rows)), f"address:{OUTSIDE}"))) == {"first", "same device"}


def test_ids_of_15_and_18_characters_are_one_account_and_one_file(tmp_path: Path) -> None:
    rows = [
        elf("Login", 0, EVE, "in", USER_ID_DERIVED=f"{EVE}AAA", CLIENT_IP=OUTSIDE, LOGIN_KEY="key"),
        elf("ContentTransfer", 5, "", "long", USER_ID_DERIVED=f"{EVE}AAA", DOCUMENT_ID_DERIVED="069000000000001AAA"),
        elf("ContentTransfer", 6, EVE, "short", DOCUMENT_ID="069000000000001"),
    ]
    store = stored(log(tmp_path, rows))
    found = trail(store, f"address:{OUTSIDE}")
    assert set(strengths(found)) == {"in", "long", "short"}
    assert {node for step in found.steps.values() for node in step.event.of("document")} == {
        Node("document", "069000000000001")
    }
    assert set(strengths(trail(store, "document:069000000000001"))) >= {"long", "short"}


def test_ids_that_differ_only_in_letter_case_are_two_accounts(tmp_path: Path) -> None:
    rows = [
        elf("Login", 0, "005000000000eve", "in", CLIENT_IP=OUTSIDE, LOGIN_KEY="key"),
        elf("ContentTransfer", 5, "005000000000EVE", "another's", DOCUMENT_ID="069000000000001"),
    ]
    assert set(strengths(trail(stored(log(tmp_path, rows)), f"address:{OUTSIDE}"))) == {"in"}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("069000000000001AAA", "document"),
        ("068000000000001", "version"),
        ("00P000000000001", "attachment"),
        ("015000000000001AAA", "attachment"),
        ("500000000000001", "case"),
        ("005000000000Eve", "account"),
        ("eve@a.example", "account"),
        ("198.51.100.66", "address"),
        ("198.51.100.0/24", "address"),
        ("2001:db8::1", "address"),
        ("trace.har", "name"),
        ("Mozilla/5.0 (X11; Linux)", "agent"),
        ("session:trace.har", "session"),
        ("file:068000000000001", "version"),
        ("file:trace.har", "name"),
        ("qhgUfCMNShu3", "session"),
    ],
)
def test_the_kind_of_an_indicator_is_guessed_and_can_be_said(text: str, kind: str) -> None:
    found = indicator(text, pack().contracts)
    assert found.kind == kind
    assert found.guessed == (text.partition(":")[0] not in ("session", "file"))


@pytest.mark.parametrize(
    ("text", "wrong"),
    [("adress:198.51.100.66", "adress"), ("address:198.51.100.666", "no address"), ("session:", "nothing"), (" ", "empty")],
)
def test_an_indicator_without_a_meaning_is_refused_with_what_is_wrong(text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        indicator(text, pack().contracts)


def test_every_kind_of_file_id_is_followed(tmp_path: Path) -> None:
    rows = [
        elf("Login", 0, EVE, "in", CLIENT_IP=OUTSIDE, LOGIN_KEY="key"),
        elf("ContentTransfer", 1, EVE, "document", DOCUMENT_ID="069000000000001", VERSION_ID="068000000000001"),
        elf("DocumentAttachmentDownloads", 2, EVE, "attachment", ENTITY_ID="00P000000000001"),
        elf("DocumentAttachmentDownloads", 3, EVE, "classic document", ENTITY_ID="015000000000001"),
    ]
    store = stored(log(tmp_path, rows))
    assert len(trail(store, f"address:{OUTSIDE}").steps) == 4
    for seed in ("version:068000000000001", "attachment:00P000000000001", "attachment:015000000000001"):
        assert len(trail(store, seed).steps) >= 1


def test_a_download_without_a_key_is_likely_while_only_the_trails_session_is_in_use(tmp_path: Path) -> None:
    rows = [
        elf("RestApi", -400, EVE, "robot early", CLIENT_IP=VPN, LOGIN_KEY="robot"),
        elf("Login", 0, EVE, "in", CLIENT_IP=OUTSIDE, LOGIN_KEY="key"),
        elf("ContentTransfer", 30, EVE, "alone", DOCUMENT_ID="069000000000001"),
        elf("RestApi", 60, EVE, "robot", CLIENT_IP=VPN, LOGIN_KEY="robot"),
        elf("ContentTransfer", 90, EVE, "together", DOCUMENT_ID="069000000000002"),
        elf("ContentTransfer", 900, EVE, "later", DOCUMENT_ID="069000000000003"),
        elf("ContentTransfer", 40, BOB, "bob's", DOCUMENT_ID="069000000000004"),
    ]
    assert strengths(trail(stored(log(tmp_path, rows)), f"address:{OUTSIDE}")) == {
        "in": Strength.EXACT,
        "alone": Strength.LIKELY,
        "together": Strength.POSSIBLE,
    }


def test_a_download_that_shares_the_request_of_a_keyed_event_is_exact(tmp_path: Path) -> None:
    rows = [
        elf("URI", 0, EVE, "one request", CLIENT_IP=OUTSIDE, LOGIN_KEY="key", URI="/a"),
        elf("ContentTransfer", 0, EVE, "one request", DOCUMENT_ID="069000000000001"),
    ]
    found = trail(stored(log(tmp_path, rows)), f"address:{OUTSIDE}")
    assert [step.strength for step in found.ordered()] == [Strength.EXACT, Strength.EXACT]


def test_values_that_stand_for_nothing_join_nobody(tmp_path: Path) -> None:
    rows = [okta(0, "eve", "mine", OUTSIDE, "unknown"), okta(5, "bob", "bob's", HOME, "unknown")]
    assert set(strengths(trail(stored(log(tmp_path, rows)), f"address:{OUTSIDE}"))) == {"mine"}


def test_an_account_of_too_many_events_is_shown_and_not_gone_through(tmp_path: Path) -> None:
    rows = [elf("ContentTransfer", number, EVE, f"r{number}", DOCUMENT_ID="069000000000001") for number in range(50)]
    rows.append(elf("Login", 0, EVE, "in", CLIENT_IP=OUTSIDE, LOGIN_KEY="key"))
    found = trail(stored(log(tmp_path, rows)), f"address:{OUTSIDE}", limits=Limits(events=20))
    assert set(strengths(found)) == {"in"}
    assert "51 events" in found.aside[Node("account", EVE)].why


def test_an_address_that_tries_passwords_of_many_is_walked_by_the_sessions_that_it_has(tmp_path: Path) -> None:
    spray = [okta(number, f"user{number}", f"try{number}", OUTSIDE, "unknown") for number in range(20)]
    rows = [*spray, okta(30, "user3", "let in", OUTSIDE, "one"), okta(40, "user3", "moved", HOME, "one")]
    found = trail(stored(log(tmp_path, rows)), f"address:{OUTSIDE}")
    assert {"let in", "moved"} <= set(strengths(found))
