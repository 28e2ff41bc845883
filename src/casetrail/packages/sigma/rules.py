"""For whoever has Sigma's own tools: the rules as they are, pipelines for the names of a SIEM, and what each refuses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import yaml

from casetrail.pack.files import documents
from casetrail.pack.pack import Pack
from casetrail.pack.sources import is_rule
from casetrail.packages.sigma.limits import TOOLS, losses, refusals
from casetrail.packages.sigma.pipeline import pipeline, watchlist_pipeline
from casetrail.plan.nodes import Search
from casetrail.stores.store import Backend

_HEAD = """# The rules for Sigma's own tools

`rules/single` holds the single-event rules, `rules/correlations` the correlations with the rules that they reference, and
`rules/filters` your own filters, if there are any (`--filter`). `pipelines` gives fields and tables the names that they have in a
SIEM. With `sigma-cli` and the package that is named below:

    sigma convert -t TARGET -p pipelines/watchlists.yml -p pipelines/SIEM.yml --skip-unsupported -o queries.txt rules/single

Its `--output-dir` leaves the table out of Kusto's queries (seen with sigma-cli 3.1), so convert into one file, or rule by rule.
Fill in `vars` of `pipelines/watchlists.yml` with your own values first: a rule that needs an empty list isn't converted.

A converted query is not what `casetrail build` writes for the same SIEM. It has no schedule, so late events are missed. A rule with a field
that no converted query can name isn't converted, and the reason is given. Nor is any correlation: published backends use tumbling windows
or lose the sequence. Letter case is the SIEM's: Kusto and Splunk ignore it even in ids, so a rule may match more; Elastic and OpenSearch
regard it, so a rule may miss text in another case. The tables say where.
"""


def files(pack: Pack, backends: Sequence[Backend]) -> dict[str, bytes]:
    """The rules, the pipelines and a README that says what each refuses, by their path."""
    chosen = [backend for backend in backends if backend.language in TOOLS]
    found = {f"rules/{kind}/{name}.yml": text for kind, name, text in _rules(pack)}
    found |= {f"pipelines/{backend.name}.yml": pipeline(pack, backend) for backend in chosen}
    found["pipelines/watchlists.yml"] = watchlist_pipeline(pack.watchlists)
    found["README.md"] = ("\n".join(_readme(pack, chosen)).rstrip("\n") + "\n").encode()
    return found


def _rules(pack: Pack) -> Iterator[tuple[str, str, bytes]]:
    """The rule files by kind and name: on single events and alone, filters, and correlations with what they are built on.

    What can't be compiled or isn't to be shipped is left out. As they are, byte for byte, unless a customer's threshold has changed one.
    """
    single = {rule.path for rule in pack.rules.values() if rule.alone and isinstance(rule.plan, Search)}
    left_out = {(one.path, one.rule) for one in pack.left_out()}
    shipped = {id(rule.document) for rule in pack.rules.values() if (rule.path, rule.name) not in left_out}
    for path, held in pack.sources.items():
        kept = [document for document in held if id(document) in shipped or not is_rule(document.data)]
        if not kept:
            continue
        wanted = [document.data for document in kept]
        same = documents(path) == wanted
        text = path.read_bytes() if same else yaml.safe_dump_all(wanted, sort_keys=False, allow_unicode=True).encode()
        rules = [pack.sources.named(document) for document in kept if is_rule(document.data)]
        rest = "correlations" if len(rules) == len(kept) else "filters"
        yield "single" if path in single else rest, rules[0] if rules else path.stem, text


def _readme(pack: Pack, backends: Sequence[Backend]) -> Iterator[str]:
    yield _HEAD
    single = [rule.name for rule in pack.rules.values() if rule.alone and isinstance(rule.plan, Search)]
    many = [rule.name for rule in pack.rules.values() if rule.alone and rule.name not in single]
    yield f"Correlations, none of which is converted: {len(many)}, all in `rules/correlations`."
    for backend in backends:
        tool = TOOLS[backend.language]
        refused = refusals(pack, backend)
        reasons: dict[str, list[str]] = {}
        for name in single:
            if name in refused:
                reasons.setdefault(refused[name], []).append(name)
        yield from ("", f"## {backend.title}", "")
        yield f"`-t {tool.target} -p pipelines/{backend.name}.yml`, with `{tool.package}`."
        yield f"Of {len(single)} single-event rules {len(single) - sum(map(len, reasons.values()))} are converted."
        if reasons:
            yield from ("", "| not converted | why |", "|---|---|")
            yield from (f"| {', '.join(names)} | {reason} |" for reason, names in reasons.items())
        lost: dict[str, list[str]] = {}
        for name, loss in losses(pack, backend).items():
            lost.setdefault(loss, []).append(name)
        if lost:
            yield from ("", "| converted | and yet it |", "|---|---|")
            yield from (f"| {', '.join(names)} | {loss} |" for loss, names in lost.items())
