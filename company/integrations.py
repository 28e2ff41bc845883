"""What the service accounts of the case system do, and what happens to them in a month."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from company.archive import Archive, File
from company.chance import Chance, chance
from company.event import Event
from company.networks import Network
from company.people import Company
from company.salesforce import elf, file_moved, login, realtime
from company.services import Service, new_service
from company.times import DAY, HOUR, MINUTE, SECOND

_MONTH = 30


def integrations(company: Company, services: list[Service], archive: Archive, day: int) -> Iterator[Event]:
    """A day of all service accounts."""
    draw = chance(company.seed, "integrations", day)
    _changes(company, services, day, draw)
    for each in services:
        yield from _day(each, archive, day, chance(company.seed, "service", day, each.number))
    for _ in range(draw.count(company.some("salesforce.reruns_a_month") / _MONTH)):
        nightly = draw.choice([each for each in services if not each.every])
        yield from _night(nightly, day * DAY + draw.randrange(8, 16) * HOUR, draw)
    for _ in range(draw.count(company.some("salesforce.secret_expired_a_month") / _MONTH)):
        yield from _expired(draw.choice(services), day * DAY + draw.randrange(DAY), draw)


def _changes(company: Company, services: list[Service], day: int, draw: Chance) -> None:
    def often(name: str) -> range:
        return range(draw.count(company.some(name) / _MONTH))

    for _ in often("salesforce.client_updates_a_month"):
        draw.choice(services).version += 1
    for _ in often("salesforce.egress_changes_a_month"):
        draw.choice(services).egress += 1
    for _ in often("salesforce.new_objects_a_month"):
        draw.choice(services).extra.append(
            draw.choice(("Asset", "Entitlement", "Product2", "Contract", "OrderItem", "Survey__c"))
        )
    for _ in often("salesforce.new_integrations_a_month"):
        services.append(new_service(len(services), draw, day))


def _day(each: Service, archive: Archive, day: int, draw: Chance) -> Iterator[Event]:
    if not each.every:
        yield from _night(each, day * DAY + each.hour * HOUR + draw.randrange(20 * MINUTE), draw)
        if each.files == "day":
            yield from _fetched(each, archive.day, draw, day * DAY + 23 * HOUR + 20 * MINUTE)
        return
    network, key = each.network(draw), ""
    first = day * DAY + (each.number * 7 % each.every) * MINUTE
    for number in range(24 * 60 // each.every):
        at = first + number * each.every * MINUTE + draw.randrange(20 * SECOND)
        if number % max(1, 120 // each.every) == 0:
            network, key = each.network(draw), f"{draw.getrandbits(64):016x}"
            yield from _login(each, at, network, key, draw)
        entity = draw.choice([*each.objects, *each.extra])
        yield from call(each, at + 2 * SECOND, network, key, entity, draw.heavy(each.rows, 0.6), draw)
    if each.files == "new":
        for file in archive.day:
            yield from _file(each, file.at + draw.randrange(10 * SECOND, 5 * MINUTE), file, network, key, draw)


def _login(each: Service, at: int, network: Network, key: str, draw: Chance) -> list[Event]:
    kind, sub = ("i", "oauthclientcredential") if each.api != "soap" else ("I", "")
    return login(
        at, draw, each.salesforce, each.username, network, key, browser=each.raw, kind=kind, sub=sub, application=each.app
    )  # fmt: skip


def _night(each: Service, at: int, draw: Chance) -> Iterator[Event]:
    """A nightly job: one login, each object in pages."""
    network, key = each.network(draw), f"{draw.getrandbits(64):016x}"
    yield from _login(each, at, network, key, draw)
    for entity in [*each.objects, *each.extra]:
        at += draw.randrange(MINUTE, 4 * MINUTE)
        rows = draw.heavy(each.rows, 0.3)
        if each.api != "bulk":
            for _ in range(max(1, rows // 2000)):
                at += 3 * SECOND
                yield from call(each, at, network, key, entity, 2000, draw)
            continue
        job = f"7505g{draw.randrange(10**10):010d}"
        for status, processed in (("UploadComplete", 0), ("InProgress", rows // 2), ("JobComplete", rows)):
            at += draw.randrange(5 * SECOND, MINUTE)
            yield elf(
                "BulkApi2", at, draw, each.salesforce, JOB_ID=job, JOB_STATUS=status, ENTITY_TYPE=entity, OPERATION_TYPE="query",
                RECORDS_PROCESSED=str(processed), RECORDS_FAILED="0", CLIENT_IP=network.ip, LOGIN_KEY=key, SESSION_KEY=key[::-1],
            )  # fmt: skip
        yield realtime(
            "BulkApiResultEvent", at + SECOND, draw, each.salesforce, each.username, network, key,
            Query=f"SELECT FIELDS(ALL) FROM {entity}", LoginHistoryId=None,
        )  # fmt: skip


def call(
    each: Service, at: int, network: Network, key: str, entity: str, rows: int, draw: Chance, agent: str = ""
) -> Iterator[Event]:
    """A call of the API that reads records."""
    sizes = {"REQUEST_SIZE": str(draw.randrange(200, 2000)), "RESPONSE_SIZE": str(rows * 180 + 200)}
    known = {"CLIENT_IP": network.ip, "LOGIN_KEY": key, "SESSION_KEY": key[::-1], "USER_TYPE": "Standard", **sizes}
    soap = each.api in ("soap", "metadata")
    if soap:
        yield elf(
            "API", at, draw, each.salesforce, API_TYPE="M" if each.api == "metadata" else "P", API_VERSION="64.0",
            CLIENT_NAME=agent or each.app, METHOD_NAME="queryMore" if rows > 500 else "query", ENTITY_NAME=entity,
            ROWS_PROCESSED=str(rows), REQUEST_STATUS="S", URI="Api", URI_ID_DERIVED="", **known,
        )  # fmt: skip
    else:
        yield elf(
            "RestApi", at, draw, each.salesforce, URI="/services/data/v64.0/query", METHOD="GET", STATUS_CODE="200",
            ENTITY_NAME=entity, ROWS_PROCESSED=str(rows), CONNECTED_APP_ID=f"0H45g{each.number:010d}", MEDIA_TYPE="application/json",
            CLIENT_NAME=each.app, USER_AGENT=agent or each.raw, **known,
        )  # fmt: skip
    yield realtime(
        "ApiEvent", at, draw, each.salesforce, each.username, network, key, ApiType="SOAP Partner" if soap else "REST",
        ApiVersion=64.0, Application=each.app, Client=each.app if soap else None, ConnectedAppId=f"0H45g{each.number:010d}",
        Operation="QueryMore" if rows > 500 else "Query", Platform="Unknown", UserAgent=agent or each.raw, QueriedEntities=entity,
        Query=f"SELECT Id, Name, CreatedDate, LastModifiedDate FROM {entity} WHERE SystemModstamp > 2026-01-01T00:00:00Z",
        RowsProcessed=float(rows), RowsReturned=float(rows), ElapsedTime=draw.randrange(20, 900),
    )  # fmt: skip


def _file(each: Service, at: int, file: File, network: Network, key: str, draw: Chance) -> list[Event]:
    return file_moved(
        at, draw, each.salesforce, each.username, network, key, file=file.number, title=file.title, size=file.size,
        action="API_DOWNLOAD",
    )  # fmt: skip


def _fetched(each: Service, files: Sequence[File], draw: Chance, at: int) -> Iterator[Event]:
    """The day's new files, fetched one after another."""
    network, key = each.network(draw), f"{draw.getrandbits(64):016x}"
    yield from _login(each, at, network, key, draw)
    for file in files:
        at += draw.randrange(SECOND, 4 * SECOND)
        yield from _file(each, at, file, network, key, draw)


def _expired(each: Service, at: int, draw: Chance) -> Iterator[Event]:
    network = each.network(draw)
    for number in range(12):
        yield from login(
            at + number * 5 * MINUTE, draw, each.salesforce, each.username, network, "", browser=each.raw, kind="i",
            sub="oauthclientcredential", application=each.app, status="LOGIN_OAUTH_INVALID_TOKEN",
        )  # fmt: skip
