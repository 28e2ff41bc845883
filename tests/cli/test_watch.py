"""`--watch` runs a command again after each change, until it is stopped."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.cli.ways import small_pack

WRONG = {"check": "evntTyp: user.session.start", "test": "eventType: other"}


@pytest.mark.parametrize(("command", "first"), [("check", "0 errors"), ("test", "all agree")])
def test_a_change_runs_it_again(command: str, first: str, tmp_path: Path) -> None:
    pack = small_pack(tmp_path / "pack")
    words = [sys.executable, "-m", "casetrail", "--pack", str(pack), command, "--watch"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        timer = threading.Timer(120, process.kill)
        timer.start()
        assert process.stdout is not None
        runs: list[list[str]] = [[]]
        try:
            for line in process.stdout:
                runs[-1].append(line)
                if line.startswith("waiting"):
                    if len(runs) == 2:
                        process.send_signal(signal.SIGINT)
                        break
                    runs.append([])
                    rule = pack / "rules" / "okta" / "example.yml"
                    rule.write_text(rule.read_text().replace("eventType: user.session.start", WRONG[command]))
            process.wait(60)
        finally:
            timer.cancel()
    assert first in "".join(runs[0])
    assert first not in "".join(runs[1])
