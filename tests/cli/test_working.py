"""What a long command says while it works."""

from __future__ import annotations

from time import sleep

import pytest

from casetrail.cli.show import working
from casetrail.cli.show.working import Working


def test_what_is_being_done_is_told_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(working, "_SECONDS", 0.05)
    with Working("the first") as doing:
        sleep(0.3)
        doing.on("the second")
        sleep(0.3)
    told = capsys.readouterr()
    lines = told.err.splitlines()
    assert (set(lines), lines == sorted(lines)) == ({"… the first", "… the second"}, True)
    assert told.out == ""
    sleep(0.2)
    assert capsys.readouterr().err == ""


def test_nothing_is_told_of_what_is_quick(capsys: pytest.CaptureFixture[str]) -> None:
    with Working("something"):
        pass
    assert capsys.readouterr().err == ""
