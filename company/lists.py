"""The company's watchlists, as a careful customer keeps them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from casetrail.pack.watchlist import other_length
from company.chrome import OWN_SITES
from company.networks import CLOUD_BLOCK, OFFICE_BLOCK, VPN_ASN, VPN_BLOCK
from company.people import AGENCIES, DOMAIN
from company.services import AUTOMATIONS, Service, services

_NEW = range(32, 60)
"""Numbers of the integrations that may go live in the month: each is put on the list on its first day."""


def watchlists() -> dict[str, list[tuple[str, str]]]:
    """Values with notes, by the list's name. Lists with defaults of the pack are left as they are."""
    accounts: list[tuple[str, str]] = []
    for each in services():
        accounts += [(each.salesforce, each.app), (each.salesforce18, each.app), (each.username, each.app)]
    for number in _NEW:
        accounts += _later(number)
    accounts += [(automation.email, "Okta automation") for automation in AUTOMATIONS]
    clients = dict.fromkeys([each.app for each in services()] + [each.agent.partition("/")[0] for each in services()])
    clients |= {automation.agent.partition("/")[0]: None for automation in AUTOMATIONS}
    known = [*clients, "Outlook Integration", "Microsoft Outlook", "Data Loader", "Figures Notebook"]
    return {
        "corporate_domains": [(f"@{domain}", "our own or an agency's") for domain in (DOMAIN, *AGENCIES)],
        "corporate_networks": [
            (OFFICE_BLOCK, "offices"),
            (VPN_BLOCK, "VPN egress"),
            (CLOUD_BLOCK, "our addresses in clouds"),
        ],
        "corporate_sites": [(site, "our own site") for site in OWN_SITES],
        "known_proxies": [(str(VPN_ASN), "our VPN")],
        "service_accounts": accounts,
        "roaming_accounts": _ids(each for each in services() if each.hosted),
        "bulk_file_accounts": _ids(each for each in services() if each.files),
        "integration_clients": [(client, "known integration") for client in known],
    }


def _ids(some: Iterable[Service]) -> list[tuple[str, str]]:
    return [entry for each in some for entry in ((each.salesforce, each.app), (each.salesforce18, each.app))]


def _later(number: int) -> list[tuple[str, str]]:
    identity = f"0055g00000{90000 + number:05d}"
    return [(identity, "new integration"), (other_length(identity), "new integration")]


def write(folder: Path) -> None:
    """The lists as CSV."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, entries in watchlists().items():
        lines = ["value,note", *(f"{value},{note}" for value, note in entries)]
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", "utf-8")
