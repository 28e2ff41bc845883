"""What a proof on a user's own cluster leaves behind when it is killed: indexes whose names no one else's have."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterator

from casetrail.engines.cluster import AnswerError, Cluster, part

_MADE = re.compile(r"casetrail-[0-9a-f]{12}-[0-9]+-casetrail-[0-9a-f]{12}(-[0-9]+)?")
_DAY_MS = 24 * 3600 * 1000


def prefix() -> str:
    """A new name that the indexes of a proof begin with."""
    return f"casetrail-{uuid.uuid4().hex[:12]}"


def swept(cluster: Cluster) -> Iterator[str]:
    """Remove what proofs of more than a day ago left on a cluster, and say it; younger indexes may be in use, and are named.

    Raises ClusterError.
    """
    try:
        answer = cluster.ask(
            "GET", ["casetrail-*", "_settings"], {"expand_wildcards": "all", "ignore_unavailable": "true"}
        ).body
        found = {name: part(answer, dict, name, "settings", "index") for name in part(answer, dict) if _MADE.fullmatch(name)}
        made = {name: int(part(index, str, "creation_date")) for name, index in found.items()}
    except (AnswerError, ValueError) as error:
        yield f"what killed proofs may have left can't be looked for: {error}"
        return
    now = time.time() * 1000
    for name, at in sorted(made.items()):
        if now - at < _DAY_MS:
            yield f"{name} is of a proof that runs or was killed within a day: delete it if none runs"
            continue
        try:
            cluster.ask("DELETE", [name], {"ignore_unavailable": "true"})
            yield f"removed {name}, which a killed proof left"
        except AnswerError as error:
            yield f"{name}, which a killed proof left, can't be removed: {error}"
