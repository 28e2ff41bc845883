"""The three customers of okta-2023: sign-ins with the vendor's product, browsers, and the sessions that were replayed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from makers.incidents import work
from makers.incidents.logbook import Logbook, moment
from makers.incidents.okta_2023 import CANADA, FIRST, IRELAND, LAST, NORWAY, networks
from makers.incidents.people import Person, device, person, place, weekday
from makers.incidents.work import minutes, okta_row


class Customer:
    """People with ordinary days; the first three are administrators, the first of them the one whose session is taken."""

    def __init__(self, name: str, number: int) -> None:
        self.book = Logbook(f"okta-2023 {name}")
        self.domain = f"{name}.example"
        self.networks = networks(self.book)
        shown = name.capitalize()
        office = place(
            self.book, "office", f"192.0.2.{20 + number * 20}", (64520 + number, shown), "Bergen", NORWAY, (60.4, 5.3)
        )
        vpn = place(
            self.book,
            "vpn",
            f"192.0.2.{25 + number * 20}",
            (64520 + number, shown),
            "Dublin",
            IRELAND,
            (53.3, -6.3),
            proxy=True,
        )
        home = place(
            self.book, "home", f"198.51.100.{30 + number}", (64501, "Lakeside Cable"), "Toronto", CANADA, (43.7, -79.4)
        )
        place(self.book, "okta-backend", "192.0.2.250", (64500, "Vendor Back End"), "Dublin", IRELAND, (53.3, -6.3))
        device(self.book, "okta-integrations", "linux", 117)
        self.people: list[Person] = []
        for index in range(6):
            laptop = device(self.book, f"laptop-{index:02}", ["windows", "mac"][index % 2], 116 + index % 2)
            places = [(office, vpn), (vpn, office), (vpn, home)][index % 3]
            self.people.append(person(self.book, index + number * 7, self.domain, laptop, places, [7, 8, 13][index % 3]))
        self.admins = self.people[:3]
        self.book.lists = {
            "corporate_domains": [(f"@{self.domain}", "own domain")],
            "corporate_networks": [(f"192.0.2.{20 + number * 20}/32", "office"), (f"192.0.2.{25 + number * 20}/32", "VPN")],
            "known_proxies": [(str(64520 + number), "our VPN, which Okta calls a proxy")],
        }

    def ordinary(self) -> None:
        draw = self.book.draw
        for day in work.days(FIRST, LAST):
            if not weekday(day):
                continue
            for one in self.people:
                if draw.random() < 0.85 and not (one is self.admins[0] and day.strftime("%m-%d") in self.taken_days):
                    at, where, session = work.okta_shift(self.book, one, day, admin=one in self.admins)
                    if one is self.admins[1]:
                        self.administration(one, at, where, session)
            if draw.random() < 0.6:
                one = draw.choice(self.people)
                at = work.begins(self.book, one, day) + minutes(draw.uniform(20, 300))
                work.moved(
                    self.book,
                    at,
                    one,
                    draw.choice(["notes.pdf", "plan.pdf", "trace.har"]),
                    upload=True,
                    host="files.example",
                )

    taken_days: tuple[str, ...] = ()

    def administration(self, one: Person, at: Any, where: str, session: str) -> None:
        """New people and new phones."""
        other = self.book.draw.choice(self.people[3:])
        target = work.about(self.book, other)
        chance = self.book.draw.random()
        if chance < 0.12:
            mail = f"new.colleague{at:%m%d}@{self.domain}"
            new = {"id": f"00u{self.book.text(17)}", "type": "User", "alternateId": mail, "displayName": "New Colleague"}
            okta_row(self.book, "user_lifecycle_create", at + minutes(9), one, where, session=session, row={"target": [new]})
        elif chance < 0.22:
            okta_row(self.book, "user_mfa_factor_reset_all", at + minutes(9), one, where, session=session, row=target)
            later = at + minutes(31)
            okta_row(
                self.book,
                "user_mfa_factor_activate",
                later,
                other,
                other.places[0],
                session=work.okta_session(self.book),
                row=target,
            )

    def upload(self, day: str, clock: str, fact: str) -> str:
        """The administrator's morning, and the browser trace that goes to the vendor; the session comes back."""
        one = self.admins[0]
        at = moment(f"{day} {clock}")
        session = work.okta_session(self.book)
        okta_row(self.book, "user_session_start", at - minutes(96), one, one.places[0], session=session)
        okta_row(
            self.book, "policy_evaluate_sign_on", at - minutes(12), one, one.places[0], session=session,
            app="Okta Admin Console",
        )  # fmt: skip
        okta_row(self.book, "user_session_access_admin_app", at - minutes(11.9), one, one.places[0], session=session)
        work.moved(self.book, at, one, f"{one.name}-trace.har", upload=True, host="support.orvane.example", fact=fact)
        okta_row(self.book, "user_authentication_sso", at + minutes(5), one, one.places[0], session=session, app="Mail")
        return session

    def replayed(self, system: str, *, jar: bool) -> str:
        """The intruder's browser. jar: whether it sends the device cookie of the trace too, and so has its hash."""
        name = device(self.book, "intruder-browser", system, 109)
        theirs = self.book.parts["okta/okta"][self.admins[0].device]["debugContext"]["debugData"]["dtHash"]
        part = self.book.parts["okta/okta"][name]
        debug = {"dtHash": theirs} if jar else {}
        self.book.parts["okta/okta"][name] = {
            **part,
            "debugContext": {"debugData": {**part["debugContext"]["debugData"], **debug}},
        }
        return name


def brindlekey() -> Logbook:
    made = Customer("brindlekey", 1)
    made.taken_days = ("09-29",)
    made.ordinary()
    book, one = made.book, made.admins[0]
    session = made.upload("2023-09-29", "11:32:00", "B01")
    theirs, where = made.replayed("linux", jar=True), made.networks[0]
    new = {
        "behaviors": "{New Geo-Location=POSITIVE, New Device=NEGATIVE, New IP=POSITIVE, New Country=POSITIVE, Velocity=POSITIVE}"
    }
    at = moment("2023-09-29 13:04:51")
    console = {"debugContext": {"debugData": new}}
    okta_row(
        book, "policy_evaluate_sign_on", at, one, where, session=session, row=console, app="Okta Admin Console",
        device=theirs, fact="B02",
    )  # fmt: skip
    okta_row(
        book, "user_session_access_admin_app", at + minutes(0.1), one, where, session=session, device=theirs, fact="B02"
    )
    okta_row(book, "okta_report_request", at + minutes(7), one, where, session=session, device=theirs, fact="B03")
    at = moment("2023-09-29 14:31:10")
    where = one.places[0]
    row = {"debugContext": {"debugData": {"requestUri": "/api/internal/users/me/report-suspicious-activity"}}}
    okta_row(book, "user_account_report_suspicious_activity", at, one, where, row=row, fact="B04")
    return book


def tarnaccess() -> Logbook:
    made = Customer("tarnaccess", 2)
    made.taken_days = ("10-02",)
    made.ordinary()
    book, one = made.book, made.admins[0]
    session = made.upload("2023-10-02", "15:50:30", "T01")
    theirs, where = made.replayed("windows", jar=True), made.networks[1]
    at = moment("2023-10-02 16:18:02")
    refused = {
        "outcome": {"result": "DENY", "reason": "Sign-on policy evaluation resulted in DENY"},
        "debugContext": {
            "debugData": {
                "behaviors": "{New Geo-Location=POSITIVE, New Device=POSITIVE, New IP=POSITIVE, New Country=POSITIVE, Velocity=POSITIVE}"
            }
        },
    }
    okta_row(
        book, "policy_evaluate_sign_on", at, one, where, session=session, row=refused, app="Okta Admin Console",
        device=theirs, fact="T02",
    )  # fmt: skip
    okta_row(book, "admin_page", at + minutes(4), one, where, session=session, device=theirs, fact="T03")
    made_up = {
        "target": [
            {
                "id": f"00u{book.text(17)}",
                "type": "User",
                "alternateId": "svc_nightly_copy@tarnaccess.example",
                "displayName": "svc_nightly_copy",
            }
        ],
        "debugContext": {"debugData": {"requestUri": "/api/v1/users", "url": "/api/v1/users?"}},
    }
    okta_row(
        book,
        "user_lifecycle_create",
        at + minutes(9),
        one,
        where,
        session=session,
        row=made_up,
        device=theirs,
        fact="T04",
    )
    second = made.admins[1]
    gone = {"target": made_up["target"]}
    okta_row(book, "okta_user_deactivated", at + minutes(41), second, second.places[0], row=gone, fact="T05")
    return book


def quillnet() -> Logbook:
    made = Customer("quillnet", 3)
    made.taken_days = ("10-17", "10-18")
    made.ordinary()
    book, one = made.book, made.admins[0]
    session = made.upload("2023-10-17", "11:50:20", "Q01")
    theirs, where = made.replayed("mac", jar=False), made.networks[3]
    morning = moment("2023-10-18 08:02:14")
    okta_row(book, "user_authentication_sso", morning, one, one.places[0], session=session, app="Chat")
    okta_row(book, "user_session_access_admin_app", morning + minutes(5), one, one.places[0], session=session)
    at = moment("2023-10-18 08:47:33")
    okta_row(book, "user_authentication_sso", at, one, where, session=session, app="Wiki", device=theirs, fact="Q02")
    okta_row(
        book, "policy_evaluate_sign_on", at + minutes(1), one, where, session=session,
        app="Okta Admin Console", device=theirs, fact="Q02",
    )  # fmt: skip
    okta_row(
        book, "user_session_access_admin_app", at + minutes(1.1), one, where, session=session, device=theirs, fact="Q02"
    )
    okta_row(
        book, "user_authentication_sso", at + minutes(6), one, where, session=session, app="Tickets",
        device=theirs, fact="Q02",
    )  # fmt: skip
    return book


CUSTOMERS: dict[str, Callable[[], Logbook]] = {"brindlekey": brindlekey, "tarnaccess": tarnaccess, "quillnet": quillnet}
