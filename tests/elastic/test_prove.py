"""`casetrail prove --url` on a real node: in indexes of its own, which it removes whatever happens."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from elasticsearch import Elasticsearch

from casetrail.cli.main import cli
from casetrail.engines.elasticsearch import ElasticsearchEngine

ROOT = Path(__file__).parents[2]
RULE = "okta_admin_session_roaming"
PROVE = ["--pack", str(ROOT), "prove", RULE, "--engine", "elasticsearch", "--json", "--url"]


def left(url: str) -> list[str]:
    with Elasticsearch(url) as client:
        return [name for name in client.indices.get(index="*", features="aliases") if name.startswith("casetrail-")]


def test_a_rule_is_proven_on_a_cluster_and_nothing_is_left(elasticsearch_url: str) -> None:
    proven = CliRunner().invoke(cli, [*PROVE, elasticsearch_url])
    assert proven.exit_code == 0, proven.output
    assert '"standing": "proven"' in proven.stdout
    assert left(elasticsearch_url) == []


def test_nothing_is_left_when_it_is_stopped(elasticsearch_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        assert left(elasticsearch_url)
        raise KeyboardInterrupt

    monkeypatch.setattr(ElasticsearchEngine, "verdict", stop)
    stopped = CliRunner().invoke(cli, [*PROVE, elasticsearch_url])
    assert stopped.exit_code != 0
    assert left(elasticsearch_url) == []


def test_a_cluster_that_isnt_there_is_an_error(elasticsearch_url: str) -> None:
    refused = CliRunner().invoke(cli, [*PROVE, "http://127.0.0.1:1"])
    assert refused.exit_code != 0
    assert "127.0.0.1:1" in refused.output
