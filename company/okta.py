"""Rows of Okta's System Log."""

from __future__ import annotations

from functools import cache
from typing import Any

from company.chance import Chance
from company.event import OKTA, Event
from company.networks import Network, okta_back_end
from company.people import Device
from company.times import iso

CONSOLE_CLIENT = "okta.b58d5b75-07d4-5f25-bf59-368a1261a405"
Target = dict[str, Any]

_KINDS: dict[str, tuple[str | None, str | None, str]] = {
    "user.session.start": ("core.user_auth.login_success", "User login to Okta", "/idp/idx/authenticators/poll"),
    "user.session.end": ("core.user_auth.logout_success", "User logout from Okta", "/login/signout"),
    "user.session.access_admin_app": ("app.admin.sso.login.success", "User accessing Okta admin app", "/admin/sso/callback"),
    "user.authentication.sso": ("app.auth.sso", "User single sign on to app", "/login/token/redirect"),
    "user.authentication.auth_via_mfa": (
        "core.user.factor.attempt_success",
        "Authentication of user via MFA",
        "/idp/idx/authenticators/poll",
    ),
    "policy.evaluate_sign_on": (None, "Evaluation of sign-on policy", "/idp/idx/identify"),
    "user.lifecycle.create": (None, "Create okta user", "/api/v1/users"),
    "user.lifecycle.deactivate": ("core.user.config.user_deactivated", "Deactivate Okta User", "/api/v1/users"),
    "application.user_membership.add": (
        "app.generic.provision.assign_user_to_app",
        "Add user to application membership",
        "/api/v1/apps",
    ),
    "user.account.privilege.grant": (
        "core.user.admin_privilege.granted",
        "Grant user privilege",
        "/api/internal/administrators",
    ),
    "user.mfa.factor.reset_all": (
        "core.user.factor.reset_all",
        "Reset all factors for user",
        "/api/v1/users/lifecycle/reset_factors",
    ),
    "system.api_token.create": ("api.token.create", "Create API token", "/api/internal/tokens"),
    "system.api_token.revoke": ("api.token.revoke", "Revoke API token", "/api/internal/tokens"),
    "user.session.impersonation.grant": ("core.user.impersonation.grant.enabled", "Enable impersonation grant", ""),
    "security.threat.detected": ("security.threat.detected", "Request from suspicious actor", "/idp/idx/identify"),
    "user.account.report_suspicious_activity_by_enduser": (
        "core.user.account.report_suspicious_activity_by_enduser",
        "User report suspicious activity",
        "/api/internal/users/me/report-suspicious-activity",
    ),
}
"""legacyEventType, displayMessage and request path where a published row shows them; the others have none."""
_BARE = ("analytics.reports.export.", "support.org.", "user.session.impersonation.")
"""Types that publish only their own debug data."""
_NOBODY = {
    "id": "system@okta.com",
    "type": "SystemPrincipal",
    "alternateId": "system@okta.com",
    "displayName": "Okta System",
    "detailEntry": None,
}


@cache
def _place(network: Network) -> dict[str, Any]:
    place = network.place
    return {
        "city": place.city,
        "state": place.state,
        "country": place.country,
        "postalCode": place.postal,
        "geolocation": {"lat": place.lat, "lon": place.lon},
    }


@cache
def _client(raw: str, os: str, browser: str, kind: str, network: Network, identity: str | None) -> dict[str, Any]:
    return {
        "userAgent": {"rawUserAgent": raw, "os": os, "browser": browser},
        "zone": "null",
        "device": kind,
        "id": identity,
        "ipAddress": network.ip,
        "geographicalContext": _place(network),
    }


@cache
def _security(network: Network) -> dict[str, Any]:
    named: dict[str, Any] = {
        "asNumber": network.asn,
        "asOrg": network.org,
        "isp": network.org,
        "domain": network.domain,
        "isProxy": network.proxy,
    }
    if network.category:
        category = {"operator": network.tunnel, "type": network.category, "isAnonymous": network.anonymous}
        named["ipDetails"] = {
            "asNumber": network.asn,
            "asOrg": network.org,
            "isp": network.org,
            "ipServiceCategories": [category],
        }
    return named


@cache
def _tunnels(network: Network) -> str:
    hidden = str(network.anonymous).lower()
    return f'[{{"operator":"{network.tunnel}","type":"{network.category.upper()}","anonymous":{hidden}}}]'


@cache
def _chain(network: Network) -> dict[str, Any]:
    return {"ipChain": [{"ip": network.ip, "version": "V4", "source": None, "geographicalContext": _place(network)}]}


def target(kind: str, identity: str, name: str, alternate: str = "unknown") -> Target:
    return {"id": identity, "type": kind, "alternateId": alternate, "displayName": name, "detailEntry": None}


def client_of(device: Device, version: int, network: Network) -> dict[str, Any]:
    return _client(device.raw(version), device.os, device.browser, device.kind, network, None)


def program(agent: str, network: Network) -> dict[str, Any]:
    return _client(agent, "Unknown", "UNKNOWN", "Unknown", network, None)


def row(
    kind: str,
    at: int,
    draw: Chance,
    actor: dict[str, Any],
    client: dict[str, Any] | None,
    network: Network | None,
    *,
    session: str | None = None,
    root: str | None = None,
    jar: str | None = None,
    targets: list[Target] | None = None,
    result: str = "SUCCESS",
    reason: str | None = None,
    debug: dict[str, str] | None = None,
    token: str = "",
    transaction: str = "",
    severity: str = "INFO",
    path: str = "",
) -> Event:
    """A row of a kind. session, root: the session's ids; jar: the hash of the device-token cookie; debug: its own debug data."""
    legacy, message, shown = _KINDS.get(kind, (None, None, "/"))
    request = f"{draw.getrandbits(96):024x}"
    data: dict[str, str] = {}
    if client is not None and not kind.startswith(_BARE):
        path = path or shown
        data = {"requestId": request, "requestUri": path, "url": f"{path}?", "threatSuspected": "false"}
        if jar:
            data["dtHash"] = jar
            data["deviceFingerprint"] = jar[:32]
        if network is not None and network.tunnel:
            data["tunnels"] = _tunnels(network)
    if debug:
        data.update(debug)
    if result == "FAILURE" and legacy and legacy.endswith("_success"):
        legacy = f"{legacy.removesuffix('_success')}{'_failed' if 'login' in legacy else '_fail'}"
    identity = draw.getrandbits(128)
    text = f"{identity:032x}"
    return Event(
        OKTA,
        at,
        {
            "uuid": f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}",
            "published": iso(at),
            "eventType": kind,
            "version": "0",
            "severity": severity,
            "legacyEventType": legacy,
            "displayMessage": message,
            "outcome": {"result": result, "reason": reason},
            "device": None,
            "actor": actor,
            "client": client,
            "authenticationContext": {
                "authenticationProvider": None,
                "authenticationStep": 0,
                "credentialProvider": None,
                "credentialType": None,
                "issuer": None,
                "interface": None,
                "externalSessionId": session,
                "rootSessionId": root,
            },
            "securityContext": _security(network) if network is not None else {},
            "target": targets,
            "transaction": {
                "id": transaction or request,
                "type": "WEB" if client is not None else "JOB",
                "detail": {"requestApiTokenId": token, "rootApiTokenId": token} if token else {},
            },
            "request": _chain(network) if network is not None else {},
            "debugContext": {"debugData": data},
        },
    )


def back_end(at: int, draw: Chance, actor: dict[str, Any], session: str, root: str, jar: str) -> Event:
    """A row of Okta's own back end in an administrator's session."""
    network = okta_back_end(draw.randrange(16))
    client = _client("Okta-Integrations", "Unknown", "UNKNOWN", "Unknown", network, CONSOLE_CLIENT)
    return row(
        "app.oauth2.token.grant",
        at,
        draw,
        actor,
        client,
        network,
        session=session,
        root=root,
        jar=jar,
        path="/oauth2/v1/token",
    )


def job(kind: str, at: int, draw: Chance, targets: list[Target]) -> Event:
    """What Okta does by itself: no client, no place."""
    return row(kind, at, draw, _NOBODY, None, None, targets=targets)


def system(kind: str, at: int, draw: Chance, targets: list[Target], debug: dict[str, str]) -> Event:
    return row(kind, at, draw, _NOBODY, None, None, targets=targets, debug=debug)
