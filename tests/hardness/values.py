"""Hostile values in queries: every text in every form in which a rule holds one, on an engine, against the reference.

    python -m tests.hardness.values duckdb splunk kusto elasticsearch opensearch

Prints for each engine how many rules were tried, right, refused, not run and wrong, and exits 1 when one was wrong or not run.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from casetrail.pack.cases import case_files
from casetrail.pack.pack import Pack
from casetrail.proof.provers import PROVERS, ProofSetup
from casetrail.proof.run import run
from tests.cli.ways import RULE, small_pack
from tests.hardness.texts import TEXTS

FIELD = "client.userAgent.rawUserAgent"
FORMS = ("equals", "cased", "contains", "startswith", "endswith", "list", "re")


def escaped(text: str) -> str:
    """A text as Sigma writes it, whose wildcards and backslashes are characters."""
    return re.sub(r"([\\*?])", r"\\\1", text)


def detection(form: str, text: str) -> dict[str, Any]:
    match form:
        case "equals":
            return {FIELD: escaped(text)}
        case "list":
            return {FIELD: [escaped(text), "neither"]}
        case "re":
            return {f"{FIELD}|re": re.sub(r"([^A-Za-z0-9])", lambda one: f"\\x{{{ord(one[0]):x}}}", text)}
    return {f"{FIELD}|{form}": escaped(text)}


def rules(texts: Sequence[str]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """A rule and its cases for each text and form."""
    for number, text in enumerate(texts):
        for place, form in enumerate(FORMS):
            name = f"value_{number}_{form}"
            found = {"selection": detection(form, text), "condition": "selection"}
            rule = {**RULE, "name": name, "title": name, "detection": found}
            rule["id"] = f"{RULE['id'][:-6]}{number:04d}{place:02d}"
            around = {"contains": f"a{text}b", "startswith": f"{text}b", "endswith": f"a{text}", "re": f"a{text}b"}
            values = {"hit": around.get(form, text), "miss": "zq", "near": f"{text[:-1]}"}
            rows = [
                {"id": event, "from": "okta/user_session_start", "at": f"{second}s", "set": {FIELD: value}}
                for second, (event, value) in enumerate(values.items())
                if value
            ]
            yield rule, {"rule": name, "cases": [{"name": form, "completes": ["hit"], "events": rows}]}


def pack_of(folder: Path, texts: Sequence[str]) -> Pack:
    """A pack of these rules, in ASCII, so that no character is lost."""
    made = small_pack(folder, {}, None)
    for rule, cases in rules(texts):
        (made / "rules" / "okta" / f"{rule['name']}.yml").write_text(yaml.safe_dump(rule, width=10_000))
        (made / "fixtures" / "okta" / f"{rule['name']}.yml").write_text(yaml.safe_dump(cases, width=10_000))
    return Pack.load(made)


def tried(pack: Pack, engine: str) -> tuple[Counter[str], list[str]]:
    """How many cases ended how on an engine, and what was wrong or not run."""
    counts: Counter[str] = Counter()
    bad = []
    with PROVERS[engine].opens(ProofSetup(pack)) as opened:
        for outcome in run(opened.pack or pack, case_files(pack), [opened.engine]):
            how = (
                "right" if outcome.passed else "not run" if outcome.failed else "refused" if outcome.got is None else "wrong"
            )
            counts[how] += 1
            if how in ("wrong", "not run"):
                told = outcome.refused or f"missing {outcome.missing}, extra {outcome.extra}"
                bad.append(f"{engine}: {outcome.case.rule}: {how}: {told}")
    return counts, bad


def main(arguments: Sequence[str]) -> int:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("engines", nargs="+", choices=list(PROVERS))
    reader.add_argument("--every", type=int, default=1, help="only each n-th text")
    chosen = reader.parse_args(arguments)
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        pack = pack_of(Path(folder) / "pack", TEXTS[:: chosen.every])
        for engine in chosen.engines:
            counts, bad = tried(pack, engine)
            print(engine, sum(counts.values()), dict(counts), flush=True)
            wrong += bad
    print(*wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
