"""Hostile texts wherever a pack or a log puts text: each format is read back by a parser that isn't ours, and is what it was."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import pytest
import yaml
from click.testing import Result
from markdown_it import MarkdownIt

from casetrail.check.findings import Finding, as_github, as_gitlab, as_sarif
from casetrail.proof.matrix import Cell, Standing, page
from casetrail.reading import junit
from casetrail.reading.markdown import address, code, fenced, plain, table
from casetrail.reading.spelled import cell, is_web_address, json_text, printable, uri, visible, xml_text
from tests.cli.ways import CASES, ROOT, RULE, okta, put, run, small_pack
from tests.hardness.texts import TEXTS

COMMANDS = re.compile(r"^\s*::[A-Za-z][\w-]*[^:]*::|##[A-Za-z]*\[|section_(?:start|end):[^\r]*\r\x1b", re.MULTILINE)
"""What GitHub Actions, Azure Pipelines, TeamCity and GitLab look for in what a step prints."""
SEEN = [text for text in TEXTS if text.strip()]


def steers(text: str) -> list[str]:
    """What of a printed text a terminal or a CI would obey."""
    unseen = [char for char in text.replace("\n", "") if not char.isprintable()]
    return COMMANDS.findall(text) + unseen


@pytest.mark.parametrize("text", TEXTS)
def test_printed_text_is_one_line_that_steers_nothing(text: str) -> None:
    for shown in (printable(text), printable(f"  {text}"), printable(f"x {text}")):
        assert steers(shown) == []
        assert "\n" not in shown
    assert printable(printable(text)) == printable(text)
    if text.isprintable() and not COMMANDS.search(text) and text.count("::") < 2:
        assert printable(text) == text


@pytest.mark.parametrize("text", TEXTS)
def test_json_is_the_same_value_and_steers_nothing(text: str) -> None:
    made = json_text({"x": text, text: [text]})
    assert json.loads(made) == {"x": text, text: [text]}
    assert steers(made) == []


@pytest.mark.parametrize("text", TEXTS)
def test_xml_holds_it(text: str) -> None:
    suite = ElementTree.fromstring(
        junit.junit("s", [junit.Result(text, text, "failure", text, text), junit.Result("b", "c")])
    )
    first, second = suite
    assert (first.get("name"), first.get("classname")) == (xml_text(text), xml_text(text))
    assert first[0].get("message") == xml_text(text)
    assert (len(first), len(second), suite.get("tests"), suite.get("failures")) == (1, 0, "2", "1")


SEPARATORS = [",", ";", "\t", "|"]
FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]")


@pytest.mark.parametrize("text", TEXTS)
def test_no_cell_is_a_formula_whatever_parts_the_line(text: str) -> None:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(["a", cell(text), cell(f"user={text}; x={text}"), "b"])
    assert line.getvalue().count("\n") == 1
    for separator in SEPARATORS:
        (cells,) = csv.reader(io.StringIO(line.getvalue()), delimiter=separator)
        assert [one for one in cells if FORMULA.match(one)] == [], separator
    (cells,) = csv.reader(io.StringIO(line.getvalue()))
    assert len(cells) == 4


def shown(source: str) -> tuple[str, Counter[str]]:
    """The text that Markdown shows, and how often each kind of token is in it."""
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    kinds: Counter[str] = Counter()
    texts = []
    for token in reader.parse(source):
        kinds[token.type] += 1
        for part in token.children or []:
            kinds[part.type] += part.type != "text"
            texts.append(part.content)
        if token.type == "fence":
            texts.append(token.content)
    return "".join(texts), kinds


@pytest.mark.parametrize("text", SEEN)
def test_markdown_shows_it_and_nothing_else(text: str) -> None:
    spelled = printable(" ".join(text.split()))
    for source in (plain(text), f"- {plain(text)}", f"1. {plain(text)}", f"# {plain(text)}", f"x {plain(text)} y"):
        said, kinds = shown(source)
        assert spelled in said.replace("`", "") or spelled in said, source
        allowed = {"code_inline", "paragraph_open", "paragraph_close", "inline", "text", "softbreak"}
        allowed |= {"heading_open", "heading_close"} if source.startswith("# ") else set()
        kind = {"- ": "bullet", "1.": "ordered"}.get(source[:2]) if source != plain(text) else None
        allowed |= {f"{kind}_list_open", f"{kind}_list_close", "list_item_open", "list_item_close"} if kind else set()
        assert set(+kinds) <= allowed, source
        assert kinds["heading_open"] <= 1
        assert kinds["list_item_open"] <= 1
    said, kinds = shown(code(text))
    assert kinds["code_inline"] == 1
    assert printable(text).strip() in said.replace("\\|", "|")
    said, kinds = shown("\n".join(fenced([text, text])))
    assert (said, kinds["fence"]) == (f"{printable(text)}\n" * 2, 1)
    said, kinds = shown("\n".join(table(("a", "b"), [(plain(text), code(text)), ("x", "y")])))
    assert (kinds["td_open"], kinds["tr_open"], kinds["html_inline"], kinds["link_open"], kinds["image"]) == (4, 3, 0, 0, 0)


@pytest.mark.parametrize("text", TEXTS)
def test_only_addresses_of_the_web_are_links(text: str) -> None:
    _, kinds = shown(f"- {address(text)}")
    assert (kinds["link_open"] == 1) == is_web_address(text)
    assert not is_web_address(text) or urlsplit(text).scheme in ("http", "https")
    for before in (
        "javascript:",
        "data:",
        "vbscript:",
        "file://",
        "//",
        "java\tscript:",
        " https://",
        "https:",
        "HTTPS:javascript:",
    ):
        assert not is_web_address(f"{before}{text}") or urlsplit(f"{before}{text}").hostname


@pytest.mark.parametrize("text", SEEN)
def test_a_proof_as_markdown_is_tables_and_notes(text: str) -> None:
    cells = [Cell(text, "duckdb", Standing.REFUSED, 2, text), Cell("x", "duckdb", Standing.FAILED, 2, f"{text}: {text}")]
    said, kinds = shown(page(cells, {"duckdb": "1"}, {"kusto": text}))
    assert (kinds["table_open"], kinds["tr_open"], kinds["list_item_open"]) == (2, 6, 2)
    strange = (
        "html_inline",
        "html_block",
        "link_open",
        "image",
        "heading_open",
        "em_open",
        "strong_open",
        "s_open",
        "hr",
        "fence",
    )
    assert {name: kinds[name] for name in strange if kinds[name]} == {}
    assert said


@pytest.mark.parametrize("text", TEXTS)
def test_findings_keep_their_place_and_their_words(text: str) -> None:
    path = Path("rules") / f"{text.replace('/', '_')}.yml"
    found = [Finding(path, 3, 4, "CT001", text, "error"), Finding(path, 5, 6, "CT002", "x", "warning")]
    (told, _) = json.loads(as_sarif(found))["runs"][0]["results"]
    place = told["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert unquote(place) == path.as_posix()
    assert re.fullmatch(r"(?:[A-Za-z0-9/\-._~!$&'()*+,;=@]|%[0-9A-F]{2})*", place)
    assert urlsplit(place).path == place
    assert told["message"]["text"] == text
    (first, _) = json.loads(as_gitlab(found))
    assert (first["description"], first["location"]["path"]) == (text, path.as_posix())
    assert steers(as_sarif(found)) + steers(as_gitlab(found)) == []
    lines = as_github(found).split("\n")
    assert len(lines) == 2
    for line in lines:
        parts = re.fullmatch(r"::(error|warning) file=([^:,]*),line=\d,col=\d,title=CT00\d::(.*)", line)
        assert parts
        assert unquote(parts[2]) in {str(path), *(printable(str(path)),)} or not str(path).isprintable()
        assert not re.search(r"##[A-Za-z]*\[", line)


def test_an_address_has_no_byte_that_a_uri_lacks() -> None:
    assert uri(Path("a b#c/x%20y?.yml")) == "a%20b%23c/x%2520y%3F.yml"
    assert uri(Path("a:b/ä\n.yml")) == "a%3Ab/%C3%A4%0A.yml"


def rules() -> Iterator[tuple[str, dict[str, Any]]]:
    """A rule for each text, which it says wherever a person writes."""
    for number, text in enumerate(SEEN):
        own = {**RULE["casetrail"], "next_steps": [text, text, text]}
        name = f"example_{number}"
        identity = f"{RULE['id'][:-4]}{number:04d}"
        words = {"title": text[:200], "description": text, "author": text, "falsepositives": [text], "references": [text]}
        found = {"detection": {"selection": {"client.userAgent.rawUserAgent": "x"}, "condition": "selection"}}
        yield name, {**RULE, **words, **found, "name": name, "id": identity, "casetrail": own}


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack of these rules, each with cases that are named so and don't hold."""
    made = small_pack(tmp_path_factory.mktemp("texts") / "pack", dict(rules()), None)
    for number, text in enumerate(SEEN):
        event = {**CASES["cases"][0]["events"][0], "id": text}
        cases = [{"name": text, "completes": [text], "events": [event]}]
        put(made / "fixtures" / "okta" / f"example_{number}.yml", {"rule": f"example_{number}", "cases": cases})
    return made


def result_of(*words: str | Path, pack: Path) -> Result:
    result = run(*words, pack=pack)
    assert steers(result.stdout) + steers(result.stderr) == [], words
    return result


def test_commands_print_nothing_that_steers(pack: Path) -> None:
    for words in (
        ["check"],
        ["check", "--json"],
        ["test"],
        ["test", "--json"],
        ["list", "rules"],
        ["list", "rules", "--json"],
    ):
        result_of(*words, pack=pack)
    for number in range(0, len(SEEN), 9):
        result_of("explain", f"example_{number}", pack=pack)
        result_of("explain", f"example_{number}", "--json", pack=pack)


def test_results_of_cases_are_read_by_any_ci(pack: Path, tmp_path: Path) -> None:
    result_of("test", "--engine", "reference", "--junit", tmp_path / "cases.xml", pack=pack)
    suite = ElementTree.parse(tmp_path / "cases.xml").getroot()
    assert len(suite) == len(SEEN)
    found = Counter(one.get("name") for one in suite)
    files = (pack / "fixtures" / "okta").glob("example_*.yml")
    names = [yaml.safe_load(path.read_bytes())["cases"][0]["name"] for path in files]
    assert found == Counter(map(xml_text, names))
    result_of("prove", "--engine", "reference", "--junit", tmp_path / "p.xml", "--markdown", tmp_path / "p.md", pack=pack)
    assert len(ElementTree.parse(tmp_path / "p.xml").getroot()) == len(SEEN)
    _, kinds = shown((tmp_path / "p.md").read_text("utf-8"))
    assert (kinds["html_inline"], kinds["html_block"], kinds["image"], kinds["link_open"], kinds["heading_open"]) == (
        0,
        0,
        0,
        0,
        1,
    )


def test_packages_say_what_the_rules_say(pack: Path, tmp_path: Path) -> None:
    result_of("build", "-o", tmp_path / "dist", pack=pack)
    for path in (tmp_path / "dist").rglob("*"):
        if path.suffix in (".json", ".ndjson"):
            for line in path.read_bytes().splitlines() if path.suffix == ".ndjson" else [path.read_bytes()]:
                json.loads(line)
        if path.suffix == ".xml":
            ElementTree.parse(path)
    names = {}
    for path in (tmp_path / "dist" / "sentinel" / "analytics").glob("*.yaml"):
        document = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
        names[path.stem] = document["name"]
    wrong = {
        text: names[f"example_{number}"]
        for number, text in enumerate(SEEN)
        if names[f"example_{number}"].strip() not in text
    }
    assert wrong == {}


def test_hunts_of_hostile_events_stay_in_their_cells(tmp_path: Path) -> None:
    rule = {**RULE, "detection": {"selection": {"eventType": "user.session.start"}, "condition": "selection"}}
    made = small_pack(tmp_path / "pack", {"example": rule}, None)
    rows = [okta(f"{number}{text}", number % 60, actor={"alternateId": text}) for number, text in enumerate(TEXTS)]
    log = tmp_path / "log.ndjson"
    log.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    found = result_of("hunt", log, "--csv", pack=made).stdout
    assert len(list(csv.reader(io.StringIO(found)))) == len(TEXTS) + 1
    for separator in SEPARATORS:
        for cells in csv.reader(io.StringIO(found), delimiter=separator):
            assert not any(FORMULA.match(one) for one in cells), cells
    lines = result_of("hunt", log, "--json", pack=made).stdout.splitlines()
    assert {json.loads(line)["id"] for line in lines} == {row["uuid"] for row in rows}
    result_of("hunt", log, pack=made)


class Elements(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: Counter[str] = Counter()
        self.links: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[" ".join([tag, *(name for name, _ in attrs)])] += 1
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action")]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def incident(folder: Path, texts: tuple[str, ...], url: str = "https://example.com/x") -> Path:
    """A pack whose incident says each text in every place that a page shows."""
    made = small_pack(folder, None, None)
    home = made / "fixtures" / "incidents" / "tried"
    (home / "c0").mkdir(parents=True)
    shutil.copy(ROOT / "fixtures" / "incidents" / "events.yml", home.parent)
    facts = [
        {"id": f"V{number}", "day": date(2026, 1, 15), "company": "c0", "by": "intruder", "takes": True}
        | {"standing": "published", "basis": f"name {number}", "text": text}
        for number, text in enumerate(texts)
    ]
    document = {
        "title": texts[0],
        "about": " · ".join(texts),
        "first": date(2026, 1, 14),
        "last": date(2026, 1, 16),
        "references": [{"name": f"{number} {text}", "title": text, "url": url} for number, text in enumerate(texts)],
        "companies": [
            {"name": "c0", "title": " · ".join(texts), "about": " · ".join(texts)}
            | {"saw": {"day": date(2026, 1, 16), "how": " · ".join(texts), "standing": "published"}}
        ],
        "facts": facts,
    }
    (home / "incident.yml").write_text(yaml.safe_dump(document, sort_keys=False))
    (home / "c0" / "parts.json").write_text("{}")
    rows = [
        {
            "at": "2026-01-15T09:00:00Z",
            "arrived": "2026-01-15T09:05:00Z",
            "id": f"{number}{text}",
            "like": ["user_session_start"],
        }
        | {"row": {"actor": {"id": text, "alternateId": text, "displayName": text}}, "fact": f"V{number}"}
        for number, text in enumerate(texts)
    ]
    (home / "c0" / "okta.okta.ndjson").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return made


def replayed(folder: Path, texts: tuple[str, ...]) -> Path:
    result_of("replay", "tried", "--html", folder / "page.html", pack=incident(folder / "pack", texts))
    return folder / "page.html"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A page of hostile texts, and the same of harmless ones."""
    harmless = tuple(f"x{number}" for number in range(len(SEEN)))
    return replayed(tmp_path_factory.mktemp("bad"), tuple(SEEN)), replayed(tmp_path_factory.mktemp("good"), harmless)


def test_a_replays_page_has_the_elements_of_a_harmless_one(pages: tuple[Path, Path]) -> None:
    bad, good = Elements(), Elements()
    bad.feed(pages[0].read_text("utf-8"))
    good.feed(pages[1].read_text("utf-8"))
    assert bad.found == good.found
    assert set(bad.links) == set(good.links)
    said = re.sub(r"\s", "", "".join(bad.text))
    assert [text for text in SEEN if re.sub(r"\s", "", "\n".join(map(visible, text.split("\n")))) not in said] == []


def browser() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no Chromium on the path, which would show the page as a person sees it")
    return found


def test_a_browser_shows_the_elements_of_a_harmless_page_and_runs_nothing(pages: tuple[Path, Path], tmp_path: Path) -> None:
    count = "<script>addEventListener('load',()=>{document.title=[...document.querySelectorAll('*')].map(e=>e.tagName).join()})</script>"

    def tags(path: Path) -> str:
        tried = tmp_path / "tried.html"
        tried.write_text(path.read_text("utf-8").replace("</head>", f"{count}</head>", 1), "utf-8")
        command = [
            browser(),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--dump-dom",
        ]
        shown = subprocess.run([*command, tried.as_uri()], capture_output=True, text=True, check=True, timeout=120).stdout
        found = re.search(r"<title>([A-Za-z0-9,]*)</title>", shown)
        assert found, shown[:500]
        return found[1].lower()

    assert tags(pages[0]) == tags(pages[1])


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//example.com", "https:x", "java\nscript:x", "https://a b"]
)
def test_a_reference_that_leads_nowhere_safe_is_refused(url: str, tmp_path: Path) -> None:
    result = run("replay", "tried", pack=incident(tmp_path / "pack", ("x",), url))
    assert result.exit_code == 2
    assert "no address of http or https" in result.stderr


def test_the_laws_see_a_writer_that_leaves_text_as_it_is() -> None:
    """What each parser is asked would tell."""
    tried: list[tuple[str, Callable[[], object]]] = [
        ("printable", lambda: steers("##vso[task.complete]x") + steers("::error::x") + steers("\x1b[2J")),
        (
            "markdown",
            lambda: (
                shown("<b>x</b>")[1]["html_inline"] and shown("[x](y)")[1]["link_open"] and shown("# x")[1]["heading_open"]
            ),
        ),
        ("csv", lambda: FORMULA.match(" =1") and FORMULA.match("＝1")),
    ]
    assert [name for name, told in tried if not told()] == []
