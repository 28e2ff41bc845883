"""A verdict that was kept: taken where nothing has changed, never where anything has, and never from what others can write."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

import casetrail
from casetrail.check.cached import examined
from casetrail.check.check import examine
from casetrail.check.findings import Checked
from casetrail.pack.files import PackError
from tests.cli.ways import ROOT, run, small_pack

MARK = "this was kept"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache, empty."""
    monkeypatch.setenv("CASETRAIL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "check"


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack with something of every kind: a rule, cases, an event, a log source, a mapping, watchlists, settings and a lock."""
    folder = small_pack(tmp_path / "above" / "pack")
    for name in ("logsources", "watchlists", "backends"):
        if not (folder / name).is_dir():
            shutil.copytree(ROOT / name, folder / name)
    (folder / "casetrail.yml").write_text("profile: house\n")
    (folder / "rules.lock").write_text("{}\n")
    return folder


def marked(cache: Path) -> None:
    """Put a mark into all that is kept, by which it is known when it is taken."""
    for path in cache.iterdir():
        rows, *rest = json.loads(path.read_bytes())
        path.write_text(json.dumps([[["x", 1, 1, "CT001", MARK, "error", 0], *rows], *rest]))


def is_kept(checked: Checked) -> bool:
    return any(each.message == MARK for each in checked.findings)


def append(path: str, text: str = "\n# changed\n") -> Callable[[Path], None]:
    def change(pack: Path) -> None:
        place = pack / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text((place.read_text("utf-8") if place.is_file() else "") + text, "utf-8")

    return change


def linked(pack: Path) -> None:
    """The same rules by a link, so that only where they lie is another."""
    (pack / "rules").rename(pack.parent / "elsewhere")
    (pack / "rules").symlink_to(pack.parent / "elsewhere")


def removed(pack: Path) -> None:
    first(pack, "rules/**/*.yml").unlink()


def above(pack: Path) -> None:
    (pack / "casetrail.yml").unlink()
    append("../casetrail.yml", "pack: pack\n")(pack)


def first(pack: Path, pattern: str) -> Path:
    return next(path for path in sorted(pack.glob(pattern)) if path.is_file())


CHANGES: dict[str, Callable[[Path], object]] = {
    "rule": lambda pack: append(str(first(pack, "rules/**/*.yml").relative_to(pack)))(pack),
    "a rule more": append("rules/more.yaml", "title: More\n"),
    "a rule less": removed,
    "a rule of another name": lambda pack: (path := first(pack, "rules/**/*.yml")).rename(path.with_name("other.yml")),
    "filter": append("filters/a.yml", "title: F\n"),
    "cases": lambda pack: append(str(first(pack, "fixtures/okta/*.yml").relative_to(pack)))(pack),
    "event": lambda pack: append(str(first(pack, "fixtures/events/**/*.yml").relative_to(pack)))(pack),
    "events of a case": append("fixtures/okta/events.ndjson", "{}\n"),
    "log source": append("logsources/okta.yml"),
    "mapping": append("backends/elastic/okta.yml"),
    "target": append("backends/splunk/backend.yml"),
    "watchlist": append("watchlists/service_accounts.csv", "a@example.com\n"),
    "watchlists": append("watchlists/watchlists.yml"),
    "thresholds": append("watchlists/thresholds.yml", "a: {}\n"),
    "settings": append("casetrail.yml", "ignore: [CT306]\n"),
    "settings above": above,
    "lock": append("rules.lock", " "),
    "a file that nothing reads": append("rules/notes.json", "{}"),
    "a folder named as a file": lambda pack: (pack / "rules" / "folder.yml").mkdir(),
    "link": linked,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_after_any_change_the_verdict_is_made_anew(pack: Path, cache: Path, change: Callable[[Path], object]) -> None:
    before = examined(pack)
    assert before == examine(pack)
    marked(cache)
    assert is_kept(examined(pack))
    change(pack)
    after = examined(pack)
    assert not is_kept(after)
    assert after == examine(pack)


@pytest.mark.parametrize(
    "path", ["casetrail.yml", "watchlists/service_accounts.csv", "thresholds.yml", "rules/own.yml", "filters/f.yml"]
)
def test_after_any_change_of_an_overlay_the_verdict_is_made_anew(pack: Path, cache: Path, tmp_path: Path, path: str) -> None:
    overlay = tmp_path / "ours"
    append("casetrail.yml", "levels: {}\n")(overlay)
    examined(pack, overlay=overlay)
    marked(cache)
    assert is_kept(examined(pack, overlay=overlay))
    assert not is_kept(examined(pack))
    append(path)(overlay)
    assert not is_kept(examined(pack, overlay=overlay))


def test_lists_and_the_day_are_a_part_of_what_is_asked(pack: Path, cache: Path, tmp_path: Path) -> None:
    append("service_accounts.csv", "a@example.com\n")(tmp_path / "lists")
    examined(pack, date(2026, 1, 1), lists=tmp_path / "lists")
    marked(cache)
    assert is_kept(examined(pack, date(2026, 1, 1), lists=tmp_path / "lists"))
    assert not is_kept(examined(pack, date(2026, 1, 2), lists=tmp_path / "lists"))
    append("service_accounts.csv", "b@example.com\n")(tmp_path / "lists")
    assert not is_kept(examined(pack, date(2026, 1, 1), lists=tmp_path / "lists"))


def test_another_version_of_casetrail_judges_anew(pack: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examined(pack)
    marked(cache)
    monkeypatch.setattr(casetrail, "__version__", "0.0.0")
    assert not is_kept(examined(pack))


def test_a_baseline_counts_also_over_a_verdict_that_was_kept(pack: Path) -> None:
    append("rules/more.yml", "title: More\n")(pack)
    assert run("check", pack=pack).exit_code == 1
    assert run("check", "--write-baseline", pack / "known.json", pack=pack).exit_code == 0
    append("casetrail.yml", "baseline: known.json\n")(pack)
    for _ in range(2):
        assert run("check", pack=pack).exit_code == 0
    (pack / "known.json").write_text('{"findings": []}')
    assert run("check", pack=pack).exit_code == 1


def test_without_a_cache_nothing_is_taken_and_nothing_kept(pack: Path, cache: Path) -> None:
    assert not examined(pack, cached=False).strict
    run("check", "--no-cache", pack=pack)
    assert not cache.exists()
    run("check", pack=pack)
    marked(cache)
    assert MARK in run("check", pack=pack).stdout
    assert MARK not in run("check", "--no-cache", pack=pack).stdout


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[",
        b"[]",
        b"null",
        b"[[], {}, false]",
        b'[[], {"rule": "1"}, false, null]',
        b'[[["x", "1", 1, "CT001", "m", "error"]], {}, false, null]',
        b'[[["x", 1, 1, "CT001", "m", "fine"]], {}, false, null]',
        b"[{}, {}, false, null]",
        b"[" * 100_000,
        b"\x80\x04\x95",
    ],
)
def test_what_is_no_verdict_is_made_anew(pack: Path, cache: Path, content: bytes) -> None:
    right = examined(pack)
    for path in cache.iterdir():
        path.write_bytes(content)
    assert examined(pack) == right


@pytest.mark.skipif(os.name == "nt", reason="who may write is told otherwise there")
def test_what_others_can_write_is_not_taken(pack: Path, cache: Path, tmp_path: Path) -> None:
    examined(pack)
    marked(cache)
    (kept,) = cache.iterdir()
    for path in (cache, kept):
        mode = path.stat().st_mode
        path.chmod(mode | 0o022)
        assert not is_kept(examined(pack, cached=True))
        path.chmod(mode)
        marked(cache)
    content = kept.read_bytes()
    (tmp_path / "planted").write_bytes(content)
    kept.unlink()
    kept.symlink_to(tmp_path / "planted")
    assert not is_kept(examined(pack))


def test_a_cache_that_cannot_be_written_is_done_without(pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CASETRAIL_CACHE", str(tmp_path / "file"))
    assert examined(pack) == examined(pack) == examine(pack)


def test_nothing_is_written_into_the_pack_and_little_is_kept(pack: Path, cache: Path) -> None:
    before = sorted(pack.rglob("*"))
    for number in range(65):
        cache.mkdir(parents=True, exist_ok=True)
        (cache / f"{number}").write_text("")
    examined(pack)
    assert sorted(pack.rglob("*")) == before
    assert len(list(cache.iterdir())) == 60


def test_an_event_of_a_case_lies_within_fixtures(pack: Path) -> None:
    (pack / "secret.ndjson").write_text("{}\n")
    cases = first(pack, "fixtures/okta/*.yml")
    for told in ("../../secret.ndjson", str(pack / "secret.ndjson")):
        cases.write_text(f"rule: example\ncases:\n  - {{name: a, completes: [], events: [{{file: {told}}}]}}\n")
        assert any("it lies outside" in each.message for each in examine(pack).findings), told


def test_a_pack_that_is_not_there_is_an_error_each_time(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(PackError, match="no such folder"):
            examined(tmp_path / "gone")
