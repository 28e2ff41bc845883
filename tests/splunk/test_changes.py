"""Changes of a log that mean nothing change no verdict of the queries in SPL, on a model of Splunk."""

from __future__ import annotations

from casetrail.engines.splunk_model import SplunkModel
from tests.laws.changes import broken, laws
from tests.splunk.stores import BACKEND
from tests.worlds import CONTRACT


def test_windows() -> None:
    assert broken(laws(), SplunkModel(BACKEND, {CONTRACT.key: CONTRACT}).verdicts) == []
