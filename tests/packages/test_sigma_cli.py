"""`sigma-cli` and its published backends convert the rules that are said to be converted, and refuse the others by name.

They ask for a pySigma that casetrail doesn't run on, so they live in an environment of their own: `tox -e sigma-cli` makes it and names
its `sigma` in CASETRAIL_SIGMA_CLI.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from casetrail.build.targets import backend_of
from casetrail.pack.backend import targets
from casetrail.pack.pack import Pack
from casetrail.packages.sigma.limits import CORRELATION, TOOLS, refusals
from casetrail.packages.sigma.rules import files
from casetrail.plan.nodes import Search

ROOT = Path(__file__).parents[2]
SIGMA = os.environ.get("CASETRAIL_SIGMA_CLI", "")
PACK = Pack.load(ROOT)
FILLED = PACK.with_watchlists(
    {name: values or ("filled.example",) for name, values in PACK.watchlists.items()}
    | {"corporate_networks": ("192.0.2.0/24", "198.51.100.7"), "known_proxies": ("64496",)}
)
PACKS = {"as shipped": PACK, "filled in": FILLED}
TARGETS = targets(PACK)

pytestmark = pytest.mark.skipif(
    not SIGMA, reason="no sigma-cli: CASETRAIL_SIGMA_CLI doesn't name one; `tox -e sigma-cli` does"
)


def convert(folder: Path, target: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
    tool = TOOLS[backend_of(PACK, target).language].target
    pipes = ["-p", "pipelines/watchlists.yml", "-p", f"pipelines/{target}.yml"]
    command = [SIGMA, "convert", "-t", tool, *pipes, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


@pytest.fixture(scope="module", params=PACKS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Pack, Path]:
    pack, folder = PACKS[request.param], tmp_path_factory.mktemp("sigma")
    for path, content in files(pack, [backend_of(pack, target) for target in TARGETS]).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return pack, folder


@pytest.mark.parametrize("target", TARGETS)
def test_it_converts_what_is_said_and_names_the_rest(target: str, made: tuple[Pack, Path]) -> None:
    pack, folder = made
    backend = backend_of(pack, target)
    refused = refusals(pack, backend)
    single = {rule.name: rule for rule in pack.rules.values() if rule.alone and isinstance(rule.plan, Search)}
    result = convert(folder, target, "--skip-unsupported", "--output-dir", f"out/{target}", "rules/single")
    written = {path.stem: path.read_text("utf-8") for path in (folder / "out" / target).iterdir()}
    assert set(written) == set(single) - set(refused), result.stdout + result.stderr
    for name, query in written.items():
        plan = single[name].plan
        assert isinstance(plan, Search)
        store = backend.stores[plan.source]
        wanted = (*store.only, *store.only.values(), *(["index="] if target == "splunk" else []))
        assert all(part in query.replace("\\", "") for part in wanted), (name, query)
    told = "".join((result.stdout + result.stderr).split())
    for name in set(single) & set(refused):
        assert f"{name}.yml" in told


def test_each_query_of_kusto_reads_its_table(made: tuple[Pack, Path]) -> None:
    pack, folder = made
    backend = backend_of(pack, "sentinel")
    result = convert(folder, "sentinel", "--skip-unsupported", "-o", "queries.txt", "rules/single")
    lines = (folder / "queries.txt").read_text("utf-8").split()
    tables = {store.index for store in backend.stores.values()}
    refused = refusals(pack, backend)
    plans = [rule.plan for name, rule in pack.rules.items() if rule.alone and name not in refused]
    wanted = sorted(backend.stores[plan.source].index for plan in plans if isinstance(plan, Search))
    assert sorted(word for word in lines if word in tables) == wanted, result.stderr


def test_a_correlation_is_refused_by_the_pipeline(made: tuple[Pack, Path]) -> None:
    _, folder = made
    (folder / "pair").mkdir()
    for name in ("okta_session_address_changed", "okta_session_flapping"):
        shutil.copy(folder / "rules" / "correlations" / f"{name}.yml", folder / "pair")
    result = convert(folder, "splunk", "pair")
    assert result.returncode != 0
    assert "".join(CORRELATION.split()) in "".join((result.stdout + result.stderr).split())


def test_the_lines_of_the_import_page_run_as_they_stand(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "import" / "sigma.md").read_text("utf-8")
    tools = tmp_path / ".tools"
    tools.mkdir()
    (tools / "casetrail").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m casetrail "$@"\n', "utf-8")
    (tools / "casetrail").chmod(0o755)
    (tools / "sigma").symlink_to(SIGMA)
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PATH": f"{tools}:{os.environ['PATH']}"}
    for lines in re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        done = subprocess.run(["bash", "-euc", lines], cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (lines, done.stdout, done.stderr)
    assert "okta.event_type:system.api_token.create" in done.stdout
    queries = (tmp_path / "dist" / "sigma" / "queries.txt").read_text("utf-8")
    assert "005000000000EX1AAM" in queries
