"""The node is a real one: it indexes, and runs Painless over two shards. What isn't what was pinned is not unpacked."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from opensearchpy import OpenSearch

from casetrail.engines.nodes.maven import NodeUnavailable, unpacked


def test_the_node_runs_painless(opensearch_url: str) -> None:
    client = OpenSearch(opensearch_url)
    client.indices.create(index="node-test", body={"settings": {"number_of_shards": 2}})
    for number in range(4):
        client.index(index="node-test", id=str(number), body={"n": number}, refresh=True)
    script = {"script": {"script": {"source": "doc['n'].value > params.n", "params": {"n": 1}}}}
    answer = client.search(index="node-test", body={"query": script})
    assert {hit["_id"] for hit in answer["hits"]["hits"]} == {"2", "3"}
    client.indices.delete(index="node-test")


def test_an_archive_is_unpacked_in_part_and_never_outside(tmp_path: Path) -> None:
    archive = tmp_path / "server.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        for name in ("server/lib/a.jar", "server/bin/start", "server/lib/../../../out"):
            opened.writestr(name, name)
    folder = unpacked(archive, ["server/bin/"])
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["start"]
    with pytest.raises(NodeUnavailable, match="outside"):
        unpacked(archive, ["server/"])
    assert not (tmp_path / "out").exists()
