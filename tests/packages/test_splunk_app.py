"""The app that Splunk installs: its files, what Splunk's own checkers say of it, and that nothing breaks out of it."""

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from casetrail import __version__
from casetrail.build.targets import backend_of, build, meant_for
from casetrail.engines.base import Trial
from casetrail.engines.spl_model import run
from casetrail.engines.splunk_model import SplunkModel, stored
from casetrail.logs.event import Event
from casetrail.pack.cases import case_files
from casetrail.pack.files import PackError
from casetrail.pack.pack import Pack
from casetrail.packages.formats import Packaged
from casetrail.packages.splunk.app import files
from casetrail.packages.splunk.frame import build_number
from casetrail.packages.splunk.health import charts, measured
from casetrail.plan.nodes import Correlation
from casetrail.proof.run import planner
from casetrail.schedule.schedule import schedule
from tests.packages import splunk_tools
from tests.packages.test_splunk import ROOT, pack, read

__all__ = ["pack"]

APP = f"splunk/casetrail-{__version__}.tgz"
VIEWS = "splunk/casetrail/default/data/ui/views/"
NEWER = {"app.conf": {"deployer_lookups_push_mode"}, "savedsearches.conf": {"allow_skew"}}
"""Keys of Splunk 9's .conf.spec files that those of the packaging toolkit are too old for."""
NASTY = (
    "a]b [c]",
    "x\\",
    "y\ninjected = 1\n[stanza]",
    "<script>&\"'</script>",
    "`macro` | delete",
    "# no comment",
    "=cmd|' /C calc'!A0",
    "{{ 7 * 7 }}",
    "\x00\x1b\u2028",
    "$dollar",
)


@pytest.fixture(scope="module")
def built(pack: Pack) -> dict[str, bytes]:
    return build(pack, ["splunk"]).files


@pytest.fixture(scope="module")
def app(built: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("app") / Path(APP).name
    path.write_bytes(built[APP])
    return path


def xml(content: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(content)


def test_the_archive_holds_the_folder(built: dict[str, bytes]) -> None:
    folder = {
        path.removeprefix("splunk/"): content for path, content in built.items() if path.startswith("splunk/casetrail/")
    }
    with tarfile.open(fileobj=io.BytesIO(built[APP]), mode="r:gz") as archive:
        held = {one.name: archive.extractfile(one) for one in archive if one.isfile()}
        assert {name: file.read() for name, file in held.items() if file is not None} == folder
    assert {path.split("/")[1] for path in folder} == {
        "LICENSE",
        "README.md",
        "app.manifest",
        "default",
        "lookups",
        "metadata",
        "static",
    }


def test_splunk_s_own_checkers_find_nothing(app: Path, pack: Pack, tmp_path: Path) -> None:
    security = tmp_path / app.name
    backend = backend_of(pack, "splunk")
    items = [packaged_as(pack, rule.name) for rule in pack.rules.values() if rule.alone]
    made = files(items, replace(backend, options={**backend.options, "enterprise_security": "on"}))
    security.write_bytes(made[app.name])
    for path, tags in ((app, ()), (security, ("cloud", "private_app"))):
        report = tmp_path / "report.json"
        options = [text for tag in tags for text in ("--included-tags", tag)]
        assert splunk_tools.appinspect(path, report, "--mode", "precert", *options) == 0
        summary = json.loads(report.read_text("utf-8"))["summary"]
        assert {
            name: summary[name] for name in ("error", "failure", "warning", "future_failure", "skipped")
        } == dict.fromkeys(("error", "failure", "warning", "future_failure", "skipped"), 0)
        assert summary["success"] > 90
    said = splunk_tools.slim(app, tmp_path)
    assert said.startswith("exit 0\n")
    assert "validation complete" in said
    assert "[ERROR]" not in said
    warnings = [line for line in said.splitlines() if "[WARNING]" in line]
    assert [line for line in warnings if not line.endswith(": allow_skew") and "[shclustering]" not in line] == []


def test_splunk_s_own_checkers_find_what_is_wrong(built: dict[str, bytes], tmp_path: Path) -> None:
    """A checker that runs, and sees the searches: one with a broken schedule fails."""
    broken = built["splunk/casetrail/default/savedsearches.conf"].replace(b"*/5 * * * *", b"*/5 * * *")
    folder = tmp_path / "casetrail"
    for path, content in {**built, "splunk/casetrail/default/savedsearches.conf": broken}.items():
        if path.startswith("splunk/casetrail/"):
            place = tmp_path / path.removeprefix("splunk/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
    assert splunk_tools.appinspect(folder, tmp_path / "report.json", "--mode", "precert") != 0


def test_every_key_is_one_that_splunk_knows(built: dict[str, bytes]) -> None:
    specs = splunk_tools.specs()
    for name in ("app.conf", "macros.conf", "savedsearches.conf", "transforms.conf"):
        known = {
            line.partition("=")[0].strip()
            for line in (specs / f"{name}.spec").read_text("utf-8").splitlines()
            if "=" in line
        }
        known |= NEWER.get(name, set())
        used = {key for keys in read(built[f"splunk/casetrail/default/{name}"]).values() for key in keys}
        strange = {key for key in used - known if not key.startswith("request.")}
        assert not strange, name


def test_the_app_says_what_it_is(built: dict[str, bytes]) -> None:
    conf = read(built["splunk/casetrail/default/app.conf"])
    manifest = json.loads(built["splunk/casetrail/app.manifest"])
    assert conf["package"] == {"id": "casetrail", "check_for_updates": "0"}
    assert conf["launcher"]["version"] == conf["id"]["version"] == manifest["info"]["id"]["version"] == __version__
    assert built["splunk/casetrail/LICENSE"] == (ROOT / "LICENSE").read_bytes()


def test_a_later_version_has_a_greater_build() -> None:
    versions = ["0.1.0", "0.1.1", "0.2.0rc1", "0.10.0", "1.0.0", "1.0.1.dev3"]
    numbers = [build_number(version) for version in versions]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize(("name", "size"), [("appIcon", 36), ("appIcon_2x", 72), ("appIconAlt", 36), ("appIconAlt_2x", 72)])
def test_pictures_have_the_size_that_splunk_asks_for(built: dict[str, bytes], name: str, size: int) -> None:
    content = built[f"splunk/casetrail/static/{name}.png"]
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert (int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")) == (size, size)


def test_the_navigation_leads_to_views_that_there_are(built: dict[str, bytes]) -> None:
    names = {view.get("name") for view in xml(built["splunk/casetrail/default/data/ui/nav/default.xml"]).iter("view")}
    own = {path.removeprefix(VIEWS).removesuffix(".xml") for path in built if path.startswith(VIEWS)}
    assert own == {"casetrail_alerts", "casetrail_log_health"}
    assert names == own | {"alerts", "search"}


def queries(content: bytes) -> list[str]:
    return [str(query.text).replace("$$", "$") for query in xml(content).iter("query")]


def test_dashboards_name_only_what_the_app_has(built: dict[str, bytes]) -> None:
    macros = read(built["splunk/casetrail/default/macros.conf"])
    for path in (path for path in built if path.startswith(VIEWS)):
        view = xml(built[path])
        assert (view.tag, view.get("version")) == ("form", "1.1")
        for query in queries(built[path]):
            named = query.split("`")[1::2]
            assert set(named) <= set(macros)
            assert query.startswith("| ") or named
            assert query.count('"') % 2 == query.count('\\"') % 2


def test_the_measures_of_a_log(pack: Pack) -> None:
    backend = backend_of(pack, "splunk")
    store, contract = backend.stores["okta/okta"], pack.contracts["okta/okta"]
    start = 1_700_000_000
    rows = []
    for number, late in enumerate((0, 10, 20, 30, 7 * 3600)):
        row: dict[str, Any] = {
            "uuid": f"u{number}",
            "published": "2023-11-14T22:13:20.000Z",
            "eventType": "user.session.start",
        }
        rows.append(
            {**stored(Event(f"u{number}", start * 1_000_000, "okta/okta", row), store, contract), "_indextime": start + late}
        )
    rows.append(rows[0])
    macros = {name: f"index={name}" for name in ("casetrail_okta", "casetrail_google_workspace", "casetrail_salesforce")}
    query = (
        "\n| ".join(measured(backend, pack.contracts))
        .replace("perc50", "max")
        .replace("perc95", "max")
        .replace("perc99", "max")
    )
    (found,) = run(query, rows, macros=macros, now=Fraction(start))
    assert (found["log"], found["rows"], found["ids"], found["late"]) == ("okta/okta", 6, 5, 1)
    assert (found["newest_event"], found["newest_arrival"], found["latest"]) == (start, start + 7 * 3600, 7 * 3600)


def test_gaps_and_doubled_events_are_found(pack: Pack) -> None:
    backend = backend_of(pack, "splunk")
    store, contract = backend.stores["okta/okta"], pack.contracts["okta/okta"]
    start = 1_700_000_040
    rows = []
    for number, second in enumerate((0, 30, 60, 3660, 3660)):
        row: dict[str, Any] = {"uuid": f"u{min(number, 3)}", "published": "2023-11-14T22:13:20.000Z", "eventType": "x"}
        event = Event("e", (start + second) * 1_000_000, "okta/okta", row)
        rows.append({**stored(event, store, contract), "_indextime": start + second + number})
    macros = {name: f"index={name}" for name in ("casetrail_okta", "casetrail_google_workspace", "casetrail_salesforce")}
    made = charts(backend)
    until = next(place for place, line in enumerate(made["gaps"]) if line.startswith("eval begins"))
    (gap,) = run("\n| ".join(made["gaps"][:until]), rows, macros=macros, now=Fraction(start))
    assert (gap["log"], gap["before"], gap["_time"], gap["gap"]) == ("okta/okta", start + 60, start + 3660, 3600)
    until = next(place for place, line in enumerate(made["doubled"]) if line.startswith("eval time="))
    (twice,) = run("\n| ".join(made["doubled"][:until]), rows, macros=macros, now=Fraction(start))
    assert (twice["event_id"], twice["times"], twice["first"], twice["last"]) == ("u3", 2, start + 3663, start + 3664)


def test_the_health_query_is_that_of_the_dashboard(built: dict[str, bytes], pack: Pack) -> None:
    first = queries(built[f"{VIEWS}casetrail_log_health.xml"])[0]
    assert first.startswith("\n| ".join(measured(backend_of(pack, "splunk"), pack.contracts)))
    assert "inputlookup append=true casetrail_logs" in first


@pytest.mark.parametrize(
    "name", ["okta_incident_2023_address", "okta_signin_new_network", "salesforce_service_account_ui_login"]
)
def test_a_search_as_it_stands_in_the_file_finds_what_its_cases_say(built: dict[str, bytes], pack: Pack, name: str) -> None:
    """Out of savedsearches.conf, with the lookups as the case has them, at the end of the case."""
    search = read(built["splunk/casetrail/default/savedsearches.conf"])[f"casetrail - {name}"]["search"]
    assert "lookup casetrail_" in search
    backend = backend_of(pack, "splunk")
    engine, plan = SplunkModel(backend, pack.contracts), planner(meant_for(pack, backend))
    (file,) = (file for file in case_files(pack) if file.rule == name)
    for case in file.cases:
        found = plan(case)
        now = max(one.time for one in case.events) + 1_000_000
        fresh = now - schedule(found, backend, pack.contracts).fresh if isinstance(found, Correlation) else 0
        expected = {one.id for one in case.events if one.id in case.completes and one.time >= fresh}
        assert engine.ids(search, Trial(found, case.events), now) == expected, case.name


def packaged_as(pack: Pack, name: str, text: str | None = None) -> Packaged:
    """A rule with another title and description, where one is given."""
    backend = backend_of(pack, "splunk")
    rule = pack.rules[name]
    assert rule.plan is not None
    sigma = rule.sigma
    before = sigma.title, sigma.description
    changed = type(sigma).__new__(type(sigma))
    changed.__dict__.update({**sigma.__dict__, **({} if text is None else {"title": text, "description": text})})
    assert (sigma.title, sigma.description) == before
    when = schedule(rule.plan, backend, pack.contracts)
    return Packaged(replace(rule, sigma=changed), rule.plan, "index=x", when, pack.contracts, pack.watchlists)


@pytest.mark.parametrize("text", NASTY)
def test_no_title_breaks_out(pack: Pack, text: str) -> None:
    backend = replace(backend_of(pack, "splunk"), options={"enterprise_security": "on"})
    plain, nasty = (
        read(files([packaged_as(pack, "okta_session_cookie_replay", each)], backend)["casetrail/default/savedsearches.conf"])
        for each in ("harmless", text)
    )
    assert [(title, list(keys)) for title, keys in plain.items()] == [(title, list(keys)) for title, keys in nasty.items()]
    (keys,) = nasty.values()
    assert keys["disabled"] == "1"
    assert "\n" not in keys["description"]


def test_a_title_with_a_token_is_an_error(pack: Pack) -> None:
    backend = replace(backend_of(pack, "splunk"), options={"enterprise_security": "on"})
    with pytest.raises(PackError, match="dollar"):
        files([packaged_as(pack, "okta_session_cookie_replay", "seen $user$ twice")], backend)
    assert files([packaged_as(pack, "okta_session_cookie_replay", "seen $user$ twice")], replace(backend, options={}))


def test_an_index_s_macro_can_t_break_out(pack: Pack) -> None:
    backend = backend_of(pack, "splunk")
    options = {**backend.options, "casetrail_okta": "index=okta\n[other]\nx = 1"}
    made = files([packaged_as(pack, "okta_session_cookie_replay", "t")], replace(backend, options=options))
    macros = read(made["casetrail/default/macros.conf"])
    assert "other" not in macros
    assert macros["casetrail_okta"]["definition"] == "index=okta\n[other]\nx = 1"
