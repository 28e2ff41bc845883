"""The node is a real one: it indexes, and runs ES|QL."""

from __future__ import annotations

from elasticsearch import Elasticsearch


def test_the_node_runs_esql(elasticsearch_url: str) -> None:
    client = Elasticsearch(elasticsearch_url)
    for number in range(3):
        client.index(index="node-test", id=str(number), document={"n": number}, refresh=True)
    answer = client.esql.query(query="FROM node-test METADATA _id | WHERE n > 0 | SORT _id | KEEP _id")
    assert answer["values"] == [["1"], ["2"]]
    client.indices.delete(index="node-test")
