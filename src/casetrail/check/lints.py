"""The lint catalogue, which is data: `lints.yml` beside this file. Run as a module it prints docs/lints.md."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml


@dataclass(frozen=True, slots=True)
class Lint:
    """One kind of fault.

    severity: error, warning or info; wrong and right: an example that has it and one that hasn't, as YAML text; fix: how `--fix`
    mends it, empty where a person must; house: whether it is of casetrail's own style, which a pack asks for by its profile.
    """

    code: str
    name: str
    severity: str
    message: str
    why: str
    wrong: str
    right: str
    fix: str
    house: bool

    @property
    def grade(self) -> str:
        """Its severity, and whether it is of house style, in words."""
        return f"{self.severity}, house style" if self.house else self.severity


@cache
def catalogue() -> dict[str, Lint]:
    """All lints by name, in the order of their codes."""
    document = yaml.safe_load((files("casetrail.check") / "lints.yml").read_text("utf-8"))
    lints = [
        Lint(
            code,
            facts["name"],
            facts["severity"],
            facts["message"],
            " ".join(facts["why"].split()),
            facts["wrong"],
            facts["right"],
            facts.get("fix", ""),
            facts.get("house", False),
        )
        for code, facts in document.items()
    ]
    return {lint.name: lint for lint in sorted(lints, key=lambda lint: lint.code)}


def page() -> str:
    """The catalogue as a page of Markdown."""
    parts = ["# Lints", "", "Made from `src/casetrail/check/lints.yml` by `make docs`.", ""]
    for lint in catalogue().values():
        parts += [
            f"## {lint.code} {lint.name}",
            "",
            f"{lint.grade}: {lint.message}.",
            "",
            lint.why,
            "",
        ]
        parts += [
            "Wrong:",
            "",
            "```yaml",
            lint.wrong.rstrip(),
            "```",
            "",
            "Right:",
            "",
            "```yaml",
            lint.right.rstrip(),
            "```",
            "",
        ]
        if lint.fix:
            parts += [f"`--fix` {lint.fix}.", ""]
    return "\n".join(parts)


if __name__ == "__main__":
    print(page(), end="")
