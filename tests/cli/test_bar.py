"""How far a hunt is, and where that is shown."""

from __future__ import annotations

import io
import os
import re
import sys
from pathlib import Path

import pytest
from rich.console import Console

from casetrail.cli.show.bar import bar
from casetrail.hunt.hunt import hunt
from casetrail.hunt.progress import Progress
from casetrail.pack.pack import Pack
from tests.cli.ways import ROOT, okta, shell

PACK = Pack.load(ROOT)


class Watched(Progress):
    """Notes what it is told, and how far each file was when the next began."""

    def __init__(self) -> None:
        super().__init__()
        self.alerted: list[tuple[str, int]] = []

    def reads(self, name: str, size: int) -> None:
        super().reads(name, size)
        self.alerted.append((self.doing, self.done))

    def works(self, doing: str) -> None:
        super().works(doing)
        self.alerted.append((self.doing, self.done))


def test_it_counts_the_bytes_of_all_files(tmp_path: Path) -> None:
    for name in ("a.ndjson", "b.ndjson"):
        (tmp_path / name).write_text("\n".join(str(okta(str(number))).replace("'", '"') for number in range(100)))
    size = (tmp_path / "a.ndjson").stat().st_size
    progress = Watched()
    hunt(PACK.rules.plans(["okta_session_two_networks"]), PACK.contracts, [tmp_path], progress=progress)
    assert progress.total == 2 * size
    assert progress.alerted[:3] == [
        ("reading a.ndjson", 0),
        ("reading b.ndjson", size),
        ("gathering what was found", 2 * size),
    ]
    assert progress.alerted[3] == ("correlating okta_session_two_networks", 2 * size)


def test_it_follows_a_file_and_never_runs_over() -> None:
    progress = Progress()
    progress.total = 300
    progress.reads("a", 100)
    progress.follows(lambda: 0.5)
    assert progress.done == 50
    progress.follows(lambda: 7.0)
    assert progress.done == 100
    progress.reads("b", 200)
    assert progress.done == 100
    progress.follows(lambda: -0.01)
    assert progress.done == 100


def test_the_bar_shows_it_and_goes_away() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=100, color_system=None)
    with bar(console) as progress:
        progress.total = 4_000_000
        progress.reads("evil\x1b[2J.ndjson", 4_000_000)
        progress.follows(lambda: 0.5)
        console.print("", end="")
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", out.getvalue())
    assert "reading evil\\x1b[2J.ndjson" in shown
    assert "2.0/4.0 MB" in shown
    assert out.getvalue().endswith("\x1b[2K")


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of POSIX")
def test_only_a_terminal_gets_a_bar(tmp_path: Path) -> None:
    import pty

    (tmp_path / "log.ndjson").write_text(str(okta("a")).replace("'", '"'))
    words = ["--pack", str(ROOT), "hunt", str(tmp_path / "log.ndjson")]
    assert b"\x1b" not in shell(*words).stderr
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-m", "casetrail", *words])
    shown = b""
    while True:
        try:
            content = os.read(terminal, 65536)
        except OSError:
            break
        if not content:
            break
        shown += content
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert b"\x1b[?25l" in shown, "the cursor is hidden while the bar is there"
    assert b"\x1b[?25h" in shown
    assert b"1 file, 1 event of okta/okta" in shown
