"""A release is unpacked, its checksums hold, and the wheel in it works in an empty environment."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from casetrail import __version__
from casetrail.build.pins import of_packages
from casetrail.build.release import archive, licence, release, sums
from casetrail.build.sbom import sbom
from casetrail.pack.files import PackError
from tests.cli.ways import ROOT, run, small_pack, tree
from tests.wheels import NEEDS, built, environment, installed

BUILT = {"manifest.json": b"{}", "elastic/a.ndjson": b"1\n", "elastic/queries/b.esql": b"FROM x\n"}
BILL = sbom()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    return built(folder)


def test_a_release_of_the_command_is_whole_and_the_same_again(tmp_path: Path, wheel: Path) -> None:
    pack = small_pack(tmp_path / "pack")
    once, again = (tmp_path / name for name in ("once", "again"))
    for output in (once, again):
        assert run("release", "-o", output, "--wheel", wheel, pack=pack).exit_code == 0
    assert tree(once) == tree(again)
    assert set(tree(once)) == {f"casetrail-{__version__}.zip", f"casetrail-{__version__}.cdx.json", wheel.name, "SHA256SUMS"}
    held_to_their_sums(once)
    with zipfile.ZipFile(once / f"casetrail-{__version__}.zip") as held:
        held.extractall(tmp_path / "out")
    folder = tmp_path / "out" / f"casetrail-{__version__}"
    held_to_their_sums(folder)
    run("build", "-o", tmp_path / "dist", pack=pack)
    beside = {path: content for path, content in tree(folder).items() if path not in ADDED | {wheel.name}}
    assert beside == tree(tmp_path / "dist")
    assert (folder / wheel.name).read_bytes() == wheel.read_bytes()
    assert (folder / "LICENSE").read_bytes() == licence() == (ROOT / "LICENSE").read_bytes()


ADDED = {"SHA256SUMS", "sbom.cdx.json", "LICENSE"}


def held_to_their_sums(folder: Path) -> None:
    """Every file of a folder but the sums is in SHA256SUMS as it is, and nothing else; where there is one, `sha256sum` agrees."""
    lines = [line.split("  ", 1) for line in (folder / "SHA256SUMS").read_text("utf-8").splitlines()]
    assert {path: digest for digest, path in lines} == {
        path: hashlib.sha256(content).hexdigest() for path, content in tree(folder).items() if path != "SHA256SUMS"
    }
    if shutil.which("sha256sum"):
        subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=folder, check=True)


def test_the_wheel_works_in_an_empty_environment(tmp_path: Path, wheel: Path) -> None:
    files = release(BUILT, BILL, (wheel.name, wheel.read_bytes()))
    (tmp_path / wheel.name).write_bytes(files[wheel.name])
    python, env = installed(tmp_path / wheel.name, tmp_path / "env"), environment()
    site = next((tmp_path / "env").rglob("site-packages"))
    theirs = {path.name for path in site.iterdir()} - {NEEDS}
    assert theirs == {"casetrail", f"casetrail-{__version__}.dist-info"}
    where = "import casetrail; print(casetrail.__file__)"
    told = subprocess.run([python, "-c", where], check=True, env=env, cwd=tmp_path, capture_output=True, text=True).stdout
    assert Path(told.strip()).is_relative_to(site)
    checked = subprocess.run(
        [python, "-m", "casetrail", "check"], check=False, env=env, cwd=tmp_path, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"pack: shipped {__version__}\n" in checked.stderr
    assert " read: 0 errors" in checked.stderr


def test_the_bill_of_materials_is_as_cyclonedx_says() -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(BILL.decode()) is None
    broken = json.loads(BILL)
    broken["components"][0]["type"] = "sheep"
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(broken)) is not None


def test_the_bill_names_what_casetrail_needs_and_nothing_of_its_tests() -> None:
    bill: dict[str, Any] = json.loads(BILL)
    root = bill["metadata"]["component"]
    assert root["name"] == "casetrail"
    names = {each["name"] for each in bill["components"]}
    assert {"pysigma", "pyyaml", "jsonschema", "duckdb", "orjson", "click", "rich", "jinja2"} <= names
    assert not {"pytest", "hypothesis", "casetrail"} & names
    needs = {each["ref"]: each.get("dependsOn", []) for each in bill["dependencies"]}
    assert set(needs) == {root["bom-ref"]} | {each["bom-ref"] for each in bill["components"]}
    assert any(ref.startswith("pkg:pypi/duckdb@2") for ref in needs[root["bom-ref"]])


def test_the_bill_says_what_is_optional() -> None:
    scopes = {each["name"]: each["scope"] for each in json.loads(BILL)["components"] if each["purl"].startswith("pkg:pypi/")}
    assert (scopes["duckdb"], scopes["cyclonedx-python-lib"], scopes["zstandard"]) == ("required", "optional", "optional")


def test_the_bill_has_every_jar_and_npm_package_with_its_pinned_hash() -> None:
    nodes = ROOT / "src" / "casetrail" / "engines" / "nodes"
    jars = [
        line.split()[1] for path in nodes.glob("*/artifacts.txt") for line in path.read_text().splitlines() if line[0] != "#"
    ]
    lock = json.loads((nodes / "kusto" / "package-lock.json").read_text())["packages"]
    npm = [base64.b64decode(told["integrity"][7:]).hex() for path, told in lock.items() if path]
    billed = [each for each in json.loads(BILL)["components"] if not each["purl"].startswith("pkg:pypi/")]
    assert {each["hashes"][0]["content"] for each in billed} == {*jars, *npm}
    assert {each["scope"] for each in billed} == {"optional"}
    assert "pkg:npm/%40kusto/language-service-next@12.4.1" in {each["purl"] for each in billed}


def test_a_package_has_the_hashes_of_the_lock_when_it_has_the_locks_version() -> None:
    pins = {(pin.name, pin.version): list(pin.hashes) for pin in of_packages()}
    billed = [each for each in json.loads(BILL)["components"] if each["purl"].startswith("pkg:pypi/")]
    for each in billed:
        found = [told["content"] for told in each.get("hashes", ())]
        assert found == pins.get((each["name"], each["version"]), []), each["name"]
    assert [each for each in billed if each.get("hashes")]


def test_the_bill_holds_no_clock_and_no_chance() -> None:
    assert sbom() == BILL
    assert "timestamp" not in json.loads(BILL)["metadata"]


def test_a_package_that_is_not_there_has_no_bill() -> None:
    with pytest.raises(PackError, match="no-such-package"):
        sbom("no_such.package")


@pytest.mark.parametrize("path", ["../out", "/etc/passwd", "a/../../b", "a\\..\\b"])
def test_nothing_lies_outside_the_archive(path: str) -> None:
    with pytest.raises(ValueError, match="outside"):
        archive("casetrail", {path: b""})


def test_the_archive_has_no_date_and_no_compression() -> None:
    made = release(BUILT, BILL)
    assert made == release(dict(reversed(BUILT.items())), BILL)
    (name,) = (name for name in made if name.endswith(".zip"))
    assert b"FROM x\n" in made[name]
    assert made["SHA256SUMS"] == sums({each: content for each, content in made.items() if each != "SHA256SUMS"})
