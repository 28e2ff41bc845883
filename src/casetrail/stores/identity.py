"""What a pack goes by in a SIEM."""

from __future__ import annotations

from dataclasses import dataclass

from casetrail import __version__


@dataclass(frozen=True, slots=True)
class Identity:
    """A pack as a SIEM and its people know it.

    id: of the app, and the beginning of names; name: as people read it; author and license: of rules that name none, empty when unknown;
    tag: on each rule; about: a sentence on what is in it.
    """

    id: str = "casetrail"
    name: str = "casetrail"
    author: str = "casetrail"
    version: str = __version__
    license: str = "Apache-2.0"
    tag: str = "casetrail"
    about: str = (
        "Sigma rules for identity and support-system attacks, each proven case by case: Okta, Google Workspace, Salesforce."
    )

    def credit(self, author: object, licence: object) -> str:
        """Who made a rule and under which licence, where that is another than the pack's; empty where it isn't."""
        told = [("Author", author, self.author), ("Licence", licence, self.license)]
        return " ".join(f"{what}: {' '.join(str(one).split())}." for what, one, own in told if one and str(one) != own)


OURS = Identity()
"""casetrail's own."""
