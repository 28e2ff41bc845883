"""The page on bringing the rules into Splunk, followed as far as a machine without Splunk allows."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from casetrail import __version__
from casetrail.build.targets import build
from casetrail.build.write import write
from casetrail.pack.pack import Pack
from tests.packages.test_splunk import ROOT, pack, read

__all__ = ["pack"]

PAGE = (ROOT / "docs" / "import" / "splunk.md").read_text("utf-8")


@pytest.fixture(scope="module")
def dist(pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    write(folder / "dist", build(pack, ["splunk"]).files)
    return folder


@contextmanager
def listening() -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """A server that says 200 to everything; gives its address and the paths, tokens and bodies of what is posted to it."""
    heard: list[tuple[str, str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            heard.append((self.path, self.headers["Authorization"], body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.skipif(not shutil.which("bash") or not shutil.which("curl"), reason="the page's loop needs bash and curl")
def test_the_loop_turns_on_searches_that_the_app_has(dist: Path) -> None:
    (loop,) = (block for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) if block.startswith("for rule"))
    searches = read((dist / "dist/splunk/casetrail/default/savedsearches.conf").read_bytes())
    with listening() as (url, heard):
        environment = {**os.environ, "SPLUNK": url, "TOKEN": "secret", "no_proxy": "127.0.0.1"}
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", loop],
            cwd=dist,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == len(heard) > 30
    assert all(line.startswith("200 casetrail%20-%20okta_") for line in lines)
    where = "/servicesNS/nobody/casetrail/saved/searches/"
    assert {path.removeprefix(where).replace("%20", " ") for path, _, _ in heard} == {
        title for title in searches if title.startswith("casetrail - okta_")
    }
    assert {(token, body) for _, token, body in heard} == {("Bearer secret", "disabled=0")}


def test_the_page_names_what_the_app_has(dist: Path) -> None:
    app = dist / "dist/splunk/casetrail"
    assert (dist / f"dist/splunk/casetrail-{__version__}.tgz").is_file()
    assert set(re.findall(r"casetrail-([0-9.]+)\.tgz", PAGE)) == {__version__}
    macros = read((app / "default/macros.conf").read_bytes())
    told = dict(re.findall(r"^\| `(casetrail_\w+)` \| `([^`]+)` \|", PAGE, re.MULTILINE))
    assert told == {name: keys["definition"] for name, keys in macros.items() if keys["definition"].count("=") == 1}
    assert set(re.findall(r"`(casetrail_(?:fired|runs))`", PAGE)) <= set(macros)
    for table in set(re.findall(r"casetrail_\w+\.csv", PAGE)):
        assert (app / "lookups" / table).is_file()
    views = "".join(path.read_text("utf-8") for path in (app / "default/data/ui/views").glob("*.xml"))
    for label in ("Alerts", "Log health"):
        assert f"<label>{label}</label>" in views
    assert "<title>Runs of each rule</title>" in views
    for link in re.findall(r"\]\((\.\./[^)#]+)", PAGE):
        assert (ROOT / "docs" / "import" / link).exists()
