"""The days of the company, one after another."""

from __future__ import annotations

from collections.abc import Iterator

from company.admins import administration
from company.archive import Archive, uploads
from company.chance import chance
from company.chrome import browsing, workspace
from company.desk import desks
from company.event import Event
from company.integrations import integrations
from company.people import Company, company
from company.services import services
from company.setup import setting_up
from company.support import scheduled_reports, shifts
from company.turnover import background, hire, leave, passwords, suspicions, welcome


def days(seed: int, first: int, number: int, share: float = 1.0) -> Iterator[tuple[int, list[Event]]]:
    """The rows of days, each with its number since 1970, in no order within a day. share: the part of the company to have."""
    whole = company(seed, share)
    archive = Archive(whole, chance(seed, "archive"))
    accounts = services()
    for day in range(first, first + number):
        yield day, _day(whole, archive, accounts, day)


def _day(whole: Company, archive: Archive, accounts: list, day: int) -> list[Event]:  # type: ignore[type-arg]
    draw = chance(whole.seed, "day", day)
    events: list[Event] = []
    events += hire(whole, day)
    events += uploads(archive, day, draw)
    at_work = list(desks(whole, day))
    on_shift = shifts(whole, archive, day, at_work)
    events += integrations(whole, accounts, archive, day)
    events += administration(whole, day, at_work, draw)
    events += welcome(day, at_work, draw)
    events += passwords(whole, at_work, draw)
    events += suspicions(whole, day, at_work, draw)
    events += background(whole, day, draw)
    events += setting_up(whole, accounts, day, on_shift, draw)
    events += scheduled_reports(whole, day, draw)
    events += browsing(whole, day, at_work, on_shift)
    events += workspace(whole, day, at_work, draw)
    events += leave(whole, day, draw)
    for desk in at_work:
        events += desk.events
    for shift in on_shift:
        events += shift.events
    return events
