"""`casetrail hunt --engine elasticsearch`: the rules asked of a cluster instead of files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from casetrail.logs.contract import parse_span
from casetrail.pack.pack import Pack
from casetrail.plan.nodes import Plan
from casetrail.plan.values import TIME_FORMATS

if TYPE_CHECKING:
    from casetrail.hunt.cluster import RuleHunt

TARGET = "elastic"


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where to ask and for what time.

    key_env, key_file: where the API key is; ca: a PEM file; since, until: a time (ISO 8601, UTC without a zone) or how long ago.
    """

    url: str
    key_env: str | None
    key_file: Path | None
    ca: Path | None
    since: str
    until: str


def hunt_on(cluster: Cluster, pack: Pack, plans: Mapping[str, Plan]) -> Iterator[RuleHunt]:
    """What came of each rule, one after the other.

    Raises ClusterError when the cluster can't be asked, and UsageError for a time that is none.
    """
    from casetrail.build.targets import backend_of
    from casetrail.engines.connect import connect, secret
    from casetrail.hunt.cluster import hunt_cluster

    now = int(datetime.now(UTC).timestamp() * 1_000_000)
    start, end = instant(cluster.since, now), instant(cluster.until, now)
    if start > end:
        raise click.UsageError(f"--from {cluster.since} is later than --to {cluster.until}")
    at = connect(cluster.url, "Elasticsearch", api_key=secret(cluster.key_env, cluster.key_file), ca=cluster.ca)
    yield from hunt_cluster(plans, at, backend_of(pack, TARGET), pack.contracts, start, end)


def instant(text: str, now: int) -> int:
    """A time in microseconds since 1970 (UTC), from ISO 8601 (a date alone is its midnight) or a span before now.

    Raises UsageError.
    """
    moment = TIME_FORMATS["iso8601"](text)
    if moment is None:
        moment = TIME_FORMATS["iso8601"](f"{text}T00:00:00")
    if moment is not None:
        return moment
    try:
        return now - parse_span(text)
    except ValueError as error:
        raise click.UsageError(f"{text!r} is no time; write one like 2026-01-15T09:00:00Z, 2026-01-15 or 24h") from error
