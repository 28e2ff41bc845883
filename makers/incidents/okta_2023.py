"""The vendor of okta-2023: its support system, its browsers, its own sign-ins."""

from __future__ import annotations

from datetime import datetime, timedelta

from makers.incidents import work
from makers.incidents.logbook import ELF, Logbook, moment
from makers.incidents.people import Document, Person, account, case_page, device, document, person, place, program, weekday
from makers.incidents.work import minutes

FIRST, LAST = moment("2023-09-18 00:00:00"), moment("2023-10-20 00:00:00")
NORWAY, IRELAND, CANADA, POLAND = ("Norway", "NO"), ("Ireland", "IE"), ("Canada", "CA"), ("Poland", "PL")
SWEDEN, PANAMA, ROMANIA = ("Sweden", "SE"), ("Panama", "PA"), ("Romania", "RO")
CUSTOMERS = 134
DAYS = {
    "2023-09-28": 24,
    "2023-09-29": 15,
    "2023-10-02": 14,
    "2023-10-03": 11,
    "2023-10-05": 9,
    "2023-10-06": 12,
    "2023-10-09": 10,
    "2023-10-10": 13,
    "2023-10-11": 8,
    "2023-10-12": 9,
    "2023-10-14": 16,
    "2023-10-16": 7,
    "2023-10-17": 18,
}
"""How many files are taken on which day."""


def networks(book: Logbook) -> list[str]:
    """The intruder's networks: commercial VPNs and hosting, of addresses for documentation."""
    return [
        place(book, "hosting-a", "203.0.113.41", (64511, "Kestrel Hosting"), "Bucharest", ROMANIA, (44.4, 26.1)),
        place(book, "vpn-exit-b", "198.51.100.77", (64509, "Umbra VPN"), "Stockholm", SWEDEN, (59.3, 18.1), proxy=True),
        place(book, "vpn-exit-c", "198.51.100.142", (64509, "Umbra VPN"), "Panama City", PANAMA, (9.0, -79.5), proxy=True),
        place(book, "hosting-d", "203.0.113.188", (64508, "Molehill Servers"), "Warsaw", POLAND, (52.2, 21.0)),
    ]


class Vendor:
    """Orvane."""

    def __init__(self) -> None:
        self.book = Logbook("okta-2023 orvane")
        self.book.late = [
            (moment("2023-10-17 10:00:00"), moment("2023-10-17 14:00:00"), ELF, moment("2023-10-18 15:20:20")),
            (
                moment("2023-10-17 14:00:00"),
                moment("2023-10-17 16:00:00"),
                f"{ELF} elf_content_transfer",
                moment("2023-10-19 09:40:20"),
            ),
        ]
        self.networks = networks(self.book)
        self.files = [self.file(number) for number in range(180)]
        self.cases = [case_page(self.book, number) for number in range(80)]
        self.people()
        self.book.lists = {
            "corporate_domains": [("@orvane.example", "own domain")],
            "corporate_networks": [("192.0.2.0/25", "offices"), ("192.0.2.128/25", "VPN and cloud")],
            "known_proxies": [("64496", "our VPN, which Okta calls a proxy")],
            "integration_clients": [
                (name, "own integration") for name in ("CaseworkSync", "TicketSync", "BillingBridge", "ColdCopy")
            ],
        }

    def file(self, number: int) -> Document:
        """A file on a case. Every fourth is a browser trace, whose type Salesforce doesn't know."""
        kinds = ["UNKNOWN", "PNG", "PDF", "ZIP"]
        names = ["har", "png", "pdf", "zip"]
        made = document(self.book, number, kinds[number % 4], self.book.draw.randrange(20_000, 8_000_000))
        owner = f"Customer {number % CUSTOMERS + 1:03}"
        owner = {2: "Brindlekey", 42: "Tarn Access", 132: "Quillnet"}.get(number % CUSTOMERS, owner)
        title = ["trace", "screen", "guide", "logs"][number % 4]
        self.book.files.append((made.identity, f"{title} {number:03}.{names[number % 4]}", owner))
        return made

    def people(self) -> None:
        book, domain = self.book, "orvane.example"
        office = place(book, "office", "192.0.2.10", (64496, "Orvane"), "Oslo", NORWAY, (59.9, 10.8))
        vpn = place(book, "vpn", "192.0.2.130", (64496, "Orvane"), "Dublin", IRELAND, (53.3, -6.3), proxy=True)
        far = place(book, "home-toronto", "198.51.100.9", (64501, "Lakeside Cable"), "Toronto", CANADA, (43.7, -79.4))
        cloud = place(book, "cloud", "192.0.2.200", (64499, "Orvane Cloud"), "Dublin", IRELAND, (53.3, -6.3))
        place(book, "okta-backend", "192.0.2.250", (64500, "Vendor Back End"), "Dublin", IRELAND, (53.3, -6.3))
        place(book, "portal", "198.51.100.30", (64502, "Fjordnet"), "Bergen", NORWAY, (60.4, 5.3))
        device(book, "okta-integrations", "linux", 117)
        self.agents: list[Person] = []
        for number in range(10):
            laptop = device(book, f"laptop-{number:02}", ["mac", "windows"][number % 2], 116 + number % 2)
            places, start = [((office, vpn), 7), ((vpn, far), 13), ((vpn, office), 22)][number % 3]
            self.agents.append(person(book, number, domain, laptop, places, start))
        self.admins = []
        for number in range(12, 15):
            laptop = device(book, f"laptop-{number:02}", "mac", 117)
            self.admins.append(person(book, number, domain, laptop, (office, vpn), 8))
        robots = {
            "svc-casework": ("casework", "CaseworkSync/2.4"),
            "svc-tickets": ("ticketsync", "TicketSync/5.1"),
            "svc-billing": ("billing", "BillingBridge/1.9"),
            "svc-backup": ("backup", "ColdCopy/3.0"),
        }
        self.robots = {}
        for name, (user, agent) in robots.items():
            client = program(book, f"app-{user}", agent, agent.partition("/")[0])
            self.robots[name] = account(book, name, f"Svc {user}", f"{user}@{domain}", client, (cloud,))
        self.portal = [
            account(
                book, f"cust{number}", f"Portal User{number}", f"contact{number}@customer{number}.example", "", ("portal",)
            )
            for number in range(8)
        ]

    def ordinary(self) -> None:
        book, draw = self.book, self.book.draw
        for day in work.days(FIRST, LAST):
            for one in self.agents:
                if weekday(day) and draw.random() < 0.85:
                    work.support_shift(book, one, day, self.cases, self.files, (2, 4))
            for number, one in enumerate([*self.admins, *self.agents[:3]]):
                if weekday(day) and draw.random() < 0.85:
                    work.okta_shift(book, one, day, admin=number < len(self.admins))
            work.customers_upload(book, self.portal, self.files, day)
            self.programs(day)
            self.browsers(day)
            self.office_work(day)

    def programs(self, day: datetime) -> None:
        query, case = "/services/data/v58.0/query", "/services/data/v58.0/sobjects/Case/"
        pairs = [[(hour, "GET", query, "Case", 40), (hour + 0.1, "PATCH", case, "Case", 1)] for hour in (6, 18)]
        work.program_day(self.book, self.robots["svc-casework"], day, [call for pair in pairs for call in pair])
        work.program_day(self.book, self.robots["svc-tickets"], day, [(hour, "GET", query, "Case", 120) for hour in (4, 16)])
        work.program_day(self.book, self.robots["svc-billing"], day, [(3, "GET", query, "Account", 300)])
        kept = [self.files[(day.day * 5 + number) % len(self.files)] for number in range(5)]
        work.program_day(self.book, self.robots["svc-backup"], day, [(2, "GET", query, "ContentVersion", 5)], kept)

    def browsers(self, day: datetime) -> None:
        """Files through managed Chrome; two employees have personal profiles, as was common and allowed."""
        draw = self.book.draw
        if not weekday(day):
            return
        for _ in range(draw.randint(2, 4)):
            one = draw.choice(self.agents)
            name = draw.choice(["trace.har", "guide.pdf", "screen.pdf", "notes.pdf"])
            at = work.begins(self.book, one, day) + minutes(draw.uniform(30, 400))
            work.moved(self.book, at, one, name, upload=False, host="support.orvane.example")
        if day.weekday() == 2:
            one = self.agents[4]
            at = work.begins(self.book, one, day) + minutes(200)
            private = {"PROFILE_USER_NAME": "clio.at.home@mail.example", "actor": {"email": "clio.at.home@mail.example"}}
            work.moved(self.book, at, one, "recipe.pdf", upload=False, host="drive.mail.example", row=private)

    def office_work(self, day: datetime) -> None:
        """Administration, and the reports of the first of the month and of each Monday."""
        book, draw = self.book, self.book.draw
        chief = self.admins[0]
        if weekday(day) and draw.random() < 0.7:
            other = draw.choice(self.agents)
            action, text = draw.choice(
                [
                    ("resetpassword", f"For user {other.mail}, reset password"),
                    ("PermSetAssign", f"Permission set Knowledge Author: assigned to user {other.shown}"),
                    ("changedroleforuser", f"Changed role for user {other.mail} from Support to Support Lead"),
                ]
            )
            work.setup_change(
                book, day + minutes(draw.uniform(540, 900)), draw.choice(self.admins), action, "Manage Users", text
            )
        if day.day == 1 or day.weekday() == 0:
            session, at = work.session_of(book), day + minutes(500 + draw.uniform(0, 90))
            work.sign_in(book, at, chief, chief.places[0], session)
            about = ("Contact", "Customers of the month", 5200) if day.day == 1 else ("Case", "Cases by week", 900)
            work.report_exported(book, at + minutes(6), chief, chief.places[0], session, about)

    def profile(self) -> None:
        """The employee's personal profile, nine days before."""
        one = self.agents[7]
        private = {"PROFILE_USER_NAME": "nilo.privat@mail.example", "actor": {"email": "nilo.privat@mail.example"}}
        at = moment("2023-09-19 14:12:09")
        work.moved(self.book, at, one, "tickets.pdf", upload=False, host="drive.mail.example", row=private, fact="V02")
        login = {**private, "URL": "https://support.orvane.example/login", "LOGIN_USER_NAME": "*****@orvane.example"}
        name = "chrome_login_event"
        self.book.add("gcp/google_workspace.chrome", name, at + minutes(4), one.name, one.device, row=login, fact="V02")

    def intruder(self) -> None:
        book = self.book
        victim = self.robots["svc-casework"]
        windows = device(book, "intruder-windows", "windows", 109)
        taken = iter(self.taken())
        for number, (day, count) in enumerate(DAYS.items()):
            begin = (
                moment(f"{day} 14:41:07")
                if number == 0
                else moment(f"{day} 00:00:00") + minutes(book.draw.uniform(180, 500))
            )
            begin = {"2023-10-02": moment("2023-10-02 15:52:30"), "2023-10-17": moment("2023-10-17 09:20:00")}.get(
                day, begin
            )
            begin = moment("2023-09-29 12:10:00") if day == "2023-09-29" else begin
            where = self.networks[(number * 3) % len(self.networks)]
            one = Person(victim.name, victim.mail, victim.shown, windows, (where,), 0, victim.sales_id)
            self.visit(one, begin, [next(taken) for _ in range(count)], number)
        self.ends(victim)

    def taken(self) -> list[Document]:
        """Which files, in order: three are the traces of the three customers, on their days."""
        total = sum(DAYS.values())
        order = [number for number in range(len(self.files)) if number % CUSTOMERS not in (2, 42, 132)]
        first = [number for number in order if number < CUSTOMERS]
        rest = [number for number in order if number >= CUSTOMERS][: total - CUSTOMERS]
        chosen = [self.files[number] for number in [*first, *rest]]
        days = list(DAYS.values())
        spots = {sum(days[:1]) + 6: 136, sum(days[:2]) + 4: 42 + CUSTOMERS, sum(days[:-1]) + 9: 132}
        for spot, number in sorted(spots.items()):
            chosen.insert(spot, self.files[number])
        return chosen

    def visit(self, one: Person, at: datetime, files: list[Document], number: int) -> None:
        """A sign-in, the Files tab, and files one after another; the first visit looks round, searches and runs the report."""
        book, where, session = self.book, one.places[0], work.session_of(self.book)
        fact = "V04" if number == 0 else "V08"
        work.sign_in(book, at, one, where, session, fact="V03" if number == 0 else fact)
        page = "elf_lightning_page_view"
        blank = {"PAGE_ENTITY_ID": "", "PAGE_ENTITY_TYPE": ""}
        if number == 0:
            home = {**blank, "PAGE_URL": "/lightning/page/home"}
            book.add(ELF, page, at + minutes(0.4), one.name, where, one.device, session, row=home, fact=fact)
        tab = {**blank, "PAGE_URL": "/lightning/o/ContentDocument/home"}
        at += minutes(3)
        book.add(ELF, page, at, one.name, where, one.device, session, row=tab, fact=fact)
        if number % 4 == 0:
            words = {"SEARCH_QUERY": '"""har"""', "NUM_RESULTS": "61", "QUERY_ID": book.text(12), "PREFIXES_SEARCHED": "069"}
            book.add(ELF, "elf_search", at + minutes(2), one.name, row=words, fact=fact)
        takes = {0: "V06", len(DAYS) - 1: "V12"}.get(number, "V07")
        pace = 395 / len(files) if takes == "V12" else book.draw.uniform(2.1, 4.6)
        at += minutes(4)
        for place_in_line, file in enumerate(files):
            kind = "VersionRenditionDownload" if place_in_line % 5 == 3 else "VersionDownloadAction"
            work.transfer(book, at, one, file, kind, fact=takes)
            if takes == "V06" and place_in_line == 5:
                run = moment("2023-09-28 15:06:12")
                about = ("User", "All support users", 11800)
                work.report_exported(book, run, one, where, session, about, fact="V05")
            at += minutes(pace * book.draw.uniform(0.7, 1.3))

    def uploads(self) -> None:
        """The three customers' own traces come in."""
        for text, number, who in (
            ("2023-09-29 11:32:20", 136, 0),
            ("2023-10-02 15:50:44", 42 + CUSTOMERS, 1),
            ("2023-10-17 11:50:31", 132, 2),
        ):
            work.transfer(self.book, moment(text), self.portal[who], self.files[number], "saveVersion")

    def ends(self, victim: Person) -> None:
        """The account is disabled, its sessions are ended; personal profiles are blocked two days later."""
        book, chief = self.book, self.admins[1]
        at = moment("2023-10-17 17:05:40")
        text = f"Deactivated user {victim.shown}"
        work.setup_change(book, at, chief, "deactivateduser", "Manage Users", text, fact="V13")
        gone = {"USER_ID": "", "USER_ID_DERIVED": "", "LOGIN_KEY": book.text(16), "SESSION_KEY": book.text(16)}
        book.add(ELF, "elf_logout", at + minutes(1), victim.name, row=gone, fact="V13")
        work.policy_changed(
            book,
            moment("2023-10-19 16:30:11"),
            chief,
            "restrict_signin_to_pattern",
            "INHERITED",
            r"MANDATORY|[.*@orvane\.example]",
            fact="V16",
        )


def vendor() -> Logbook:
    made = Vendor()
    made.ordinary()
    made.profile()
    made.uploads()
    made.intruder()
    doubled(made.book)
    return made.book


def doubled(book: Logbook) -> None:
    """One hourly file is sent twice, as the vendor of the case system says may happen."""
    again = [line for line in book.lines[ELF] if line[1].strftime("%Y%m%d%H") == "2023092609" and '"elf_lightn' in line[2]]
    for came, at, text in again:
        later = came + timedelta(hours=2)
        first = f'"arrived":"{came.isoformat().replace("+00:00", "Z")}"'
        book.lines[ELF].append((later, at, text.replace(first, f'"arrived":"{later.isoformat().replace("+00:00", "Z")}"')))
