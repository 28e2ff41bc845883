"""The pack as a layer of the ATT&CK Navigator, in its layer format 4.5 (`layers/spec/v4.5/layerformat.md` of attack-navigator)."""

from __future__ import annotations

import json
from collections.abc import Iterable

from casetrail import __version__
from casetrail.pack.rules import Rule
from casetrail.sigma.attack import attack
from casetrail.sigma.levels import LEVELS
from casetrail.stores.identity import OURS, Identity

_FAINT, _STRONG = "#d6e4f5", "#1f5fa8"


def layer(rules: Iterable[Rule], pack: Identity = OURS) -> bytes:
    """A layer with each technique that the rules are tagged with.

    Its score is how many rules there are; its comment names them, the gravest first; its metadata counts them by level. The same bytes
    for the same rules. A tag that ATT&CK doesn't have is left out (`casetrail check` names it).
    """
    known = attack()
    by_technique: dict[str, list[Rule]] = {}
    for rule in rules:
        for tag in known.current(str(tag) for tag in rule.sigma.tags or ()):
            if tag in known.techniques:
                by_technique.setdefault(tag, []).append(rule)
    most = max(map(len, by_technique.values()), default=0)
    document = {
        "name": pack.name,
        "versions": {"attack": known.version, "navigator": "5.2.0", "layer": "4.5"},
        "domain": "enterprise-attack",
        "description": f"The rules of {pack.name} {pack.version}: a technique's score is the number of rules that are tagged with it.",
        "sorting": 3,
        "layout": {"layout": "side", "showID": True, "showName": True, "expandedSubtechniques": "annotated"},
        "hideDisabled": False,
        "techniques": [
            {"techniqueID": known.techniques[tag].id, **_told(by_technique[tag])} for tag in sorted(by_technique)
        ],
        "gradient": {"colors": [_FAINT, _STRONG], "minValue": 0, "maxValue": max(most, 1)},
        "legendItems": [{"label": "few rules", "color": _FAINT}, {"label": f"{most} rules", "color": _STRONG}],
        "metadata": [
            {"name": "casetrail", "value": __version__},
            {"name": "ATT&CK", "value": f"Enterprise, version {known.version}"},
        ],
    }
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def _told(rules: Iterable[Rule]) -> dict[str, object]:
    ordered = sorted(rules, key=lambda rule: (-LEVELS.index(rule.level), rule.name))
    counted = {level: sum(rule.level == level for rule in ordered) for level in reversed(LEVELS)}
    return {
        "score": len(ordered),
        "comment": "\n".join(f"{rule.name} ({rule.level})" for rule in ordered),
        "metadata": [{"name": level, "value": str(count)} for level, count in counted.items() if count],
        "showSubtechniques": True,
    }
