"""A folder with five rules as the public writes them, and casetrail installed from its wheel: each way to run it does what it says.

One rule is of a log that nobody defined, one is broken, one has no name, one counts another by its id, and one ends in `.yaml`.
"""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from casetrail import __version__
from tests.ci.test_action import act
from tests.cli.ways import ROOT
from tests.wheels import built, environment, installed

ID = "6b1f6d1e-0a52-4f9e-9d5a-2f1f0f3f5c{:02d}"
OKTA = "logsource: {product: okta, service: okta}\n"
RULES = {
    "win_logon.yml": "title: Suspicious Logon\nname: win_logon\n"
    f"id: {ID.format(1)}\nlogsource: {{product: windows, service: security}}\n"
    "detection:\n  selection: {EventID: 4625, LogonType: 3}\n  condition: selection\nlevel: medium\n",
    "broken.yml": f"title: Broken\nname: broken\nid: {ID.format(2)}\n{OKTA}"
    "detection:\n  selection:\n    eventType: [user.session.start\n  condition: selection\nlevel: low\n",
    "session_started.yml": f"title: Okta Session Started\nid: {ID.format(3)}\nauthor: Someone\nlicense: DRL-1.1\n"
    f"tags: [attack.persistence, attack.t1098]\n{OKTA}"
    "detection:\n  selection: {eventType: user.session.start}\n  condition: selection\nlevel: low\n",
    "many.yml": f"title: Many Sessions\nname: many\nid: {ID.format(4)}\ncorrelation:\n  type: event_count\n"
    f"  rules: [{ID.format(3)}]\n  group-by: [actor.alternateId]\n  timespan: 10m\n  condition: {{gte: 5}}\nlevel: high\n",
    "token.yaml": f"title: Okta API Token Created\nname: token\nid: {ID.format(5)}\n{OKTA}"
    "detection:\n  selection: {eventType: system.api_token.create}\n  condition: selection\nlevel: medium\n",
}
CASES = """\
rule: token
cases:
  - name: made
    completes: [a]
    events: [{event: {uuid: a, published: "2026-01-01T00:00:00Z", eventType: system.api_token.create}}]
  - name: taken back
    completes: []
    events: [{event: {uuid: b, published: "2026-01-01T00:00:00Z", eventType: system.api_token.revoke}}]
"""
BROKEN = "broken.yml:8:12 CT001"

Shell = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    return installed(built(folder), folder / "env")


@pytest.fixture(scope="module")
def shell(python: Path) -> Shell:
    def ran(cwd: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
        command = [str(python), "-m", *map(str, words)]
        return subprocess.run(command, cwd=cwd, env=environment(), capture_output=True, text=True, check=False)

    return ran


FLAT, IN_RULES = pytest.param("", id="flat"), pytest.param("rules", id="in rules")


@pytest.fixture
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The folder with the rules, right in it or in its `rules/`."""
    place = tmp_path / "theirs" / "detections" / request.param
    place.mkdir(parents=True)
    for name, text in RULES.items():
        (place / name).write_text(text, "utf-8")
    return tmp_path / "theirs" / "detections"


@pytest.mark.parametrize("folder", [FLAT, IN_RULES], indirect=True)
def test_in_the_folder_each_command_is_about_its_rules(folder: Path, shell: Shell) -> None:
    checked = shell(folder, "casetrail", "check")
    assert (checked.returncode, checked.stdout.count(" CT")) == (1, 1), checked.stderr
    assert BROKEN in checked.stdout
    assert checked.stderr.startswith("pack: .\nno log source definition for windows/security: its fields are unchecked")
    tested = shell(folder, "casetrail", "test")
    assert (tested.returncode, tested.stdout) == (0, "0 cases: nothing was tested\n")
    assert "no cases are there to run: write fixtures/NAME.yml" in tested.stderr
    built = shell(folder, "casetrail", "build", "-o", "dist")
    assert built.returncode == 0, built.stderr
    held_to_what_it_says(built.stderr, folder / "dist")
    whole = shell(folder, "casetrail", "run", "-o", "again")
    assert whole.returncode == 1
    assert BROKEN in whole.stderr
    assert "rules       3, 1 of them correlations\n" in whole.stdout
    manifests = [json.loads((folder / name / "manifest.json").read_bytes()) for name in ("dist", "again")]
    assert manifests[0] == manifests[1]


def held_to_what_it_says(told: str, folder: Path) -> None:
    """A build of the rules: what is left out is named, and in the folder there is the rest, with whose it is."""
    assert "broken.yml:8: broken: " in told
    assert "fields unchecked, since nobody defined their log: 1 rule: win_logon" in told
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert [row["rule"] for row in manifest["left_out"]] == ["broken"]
    assert {row["rule"] for row in manifest["rules"]} == {"win_logon", "many", "token"}
    (searches,) = (folder / "splunk").glob("*/default/savedsearches.conf")
    assert "Okta API Token Created" in searches.read_text("utf-8")


@pytest.mark.parametrize("folder", [FLAT, IN_RULES], indirect=True)
def test_from_the_parent_nothing_is_green_that_wasn_t_looked_at(folder: Path, shell: Shell) -> None:
    parent = folder.parent
    for words in (["check"], ["test"], ["run", "-o", "dist"]):
        unchosen = shell(parent, "casetrail", *words)
        assert (unchosen.returncode, unchosen.stdout) == (2, ""), words
        assert "no pack is here, but in detections: name it by --pack, or go there" in unchosen.stderr
    assert not (parent / "dist").exists()
    for words in (["check", "detections"], ["check", "--pack", "detections"], ["run", "--pack", "detections", "-o", "dist"]):
        named = shell(parent, "casetrail", *words)
        assert named.returncode == 1, words
        assert named.stderr.startswith("pack: detections")
        assert BROKEN in named.stdout + named.stderr
    assert shell(parent, "casetrail", "build", "--pack", "detections", "-o", "built").returncode == 0


@pytest.mark.parametrize("folder", [FLAT], indirect=True)
def test_the_entries_of_the_hooks_do_the_same(folder: Path, shell: Shell) -> None:
    hooks = {
        hook["id"]: shlex.split(hook["entry"])
        for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    }
    checked = shell(folder, *hooks["casetrail-check"])
    assert (checked.returncode, BROKEN in checked.stdout) == (1, True)
    assert shell(folder, *hooks["casetrail-test"]).returncode == 0
    for entry in hooks.values():
        assert (
            shell(folder.parent, *entry).returncode,
            shell(folder.parent, *entry, "--pack", "detections").returncode,
        ) in ((2, 1), (2, 0))


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash, which the action's steps are written in")
@pytest.mark.parametrize("folder", [IN_RULES], indirect=True)
def test_the_lines_of_the_action_do_the_same(folder: Path, python: Path) -> None:
    workspace = folder.parent
    place = folder / "rules"
    failed = act(workspace, python, casetrail="installed", pack=folder.name)
    assert failed.codes == {"Install": 0, "Check": 1, "Test": 0}, failed.errors
    assert failed.told["Install"].strip().endswith(__version__)
    (annotation,) = [told for told in failed.told["Check"].splitlines() if told.startswith("::error ")]
    assert annotation.startswith(f"::error file={(place / 'broken.yml').relative_to(workspace)},line=8,col=12,title=CT001::")
    (place / "broken.yml").unlink()
    mended = act(workspace, python, casetrail="installed", pack=folder.name, targets="splunk")
    assert set(mended.codes.values()) == {0}, mended.errors
    manifest = json.loads((workspace / "casetrail-output" / "packages" / "manifest.json").read_bytes())
    assert {row["rule"] for row in manifest["rules"]} == {"win_logon", "many", "token"}


@pytest.mark.parametrize("folder", [FLAT], indirect=True)
def test_the_plugin_of_pytest_runs_the_cases_that_there_are(folder: Path, shell: Shell) -> None:
    ways = ((folder, "--casetrail"), (folder, "--casetrail=."), (folder.parent, "--casetrail=detections"))
    for cwd, option in ways:
        none = shell(cwd, "pytest", option, "-q")
        assert (none.returncode, "there are no cases: write" in none.stderr) == (4, True), none.stdout + none.stderr
    (folder / "fixtures").mkdir()
    (folder / "fixtures" / "token.yaml").write_text(CASES, "utf-8")
    for cwd, option in ways:
        ran = shell(cwd, "pytest", option, "-q")
        assert (ran.returncode, "4 passed" in ran.stdout) == (0, True), ran.stdout + ran.stderr
    assert "2 cases of 1 rule on reference, duckdb: all agree\n" in shell(folder, "casetrail", "test").stdout
    outside = shell(folder.parent, "pytest", "--casetrail")
    assert (outside.returncode, "name its folder, as in --casetrail=DIR" in outside.stderr) == (4, True)
