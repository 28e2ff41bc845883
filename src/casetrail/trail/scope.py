"""The scope of a trail: accounts, sessions to end, files, cases, customers, and what was made in those sessions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from casetrail.logs.contract import Contract
from casetrail.trail.kin import Kin
from casetrail.trail.node import FILES, Node
from casetrail.trail.owners import Owners
from casetrail.trail.table import Table, table, when
from casetrail.trail.walk import Step, Trail

UNMAPPED = "(not in the map)"


def files_of(steps: Iterable[Step]) -> Kin:
    """Which ids are one file: a document, its versions."""
    return Kin(step.event.of(*FILES) for step in steps)


def names_of(accounts: Kin, ones: Iterable[Node]) -> dict[str, str]:
    """What each account is called, by the node that stands for it: by a mail address where it has one."""
    return {one.value: _called(accounts.all(one)) for one in ones}


def _called(spelt: Iterable[Node]) -> str:
    values = sorted(node.value for node in spelt)
    return next((value for value in values if "@" in value), values[0])


def scope(
    trail: Trail, accounts: Kin, contracts: Mapping[str, Contract], owners: Owners, places: Mapping[int, str]
) -> list[Table]:
    """The tables of what a trail touched. places: where each event lies."""
    steps = trail.ordered()
    names = names_of(accounts, trail.accounts)
    files = files_of(steps)
    by_file = _by(steps, lambda step: {files.one(node) for node in step.event.of(*FILES)})
    by_account = _by(steps, lambda step: {accounts.one(node) for node in step.event.of("account")})
    by_session = _by(steps, lambda step: {trail.sessions.one(node) for node in step.event.of("session")})
    by_case = _by(steps, lambda step: set(step.event.of("case")))
    found = [
        _accounts(by_account, accounts, names),
        _sessions(by_session, trail, accounts, names, contracts),
        _files(by_file, steps, accounts, names, owners),
    ]
    cases = {case: list(of_case) for case, of_case in by_case.items()}
    for of_file in by_file.values():
        case = owners.case(node for step in of_file for node in step.event.of(*FILES))
        if case is not None:
            cases.setdefault(case, []).extend(of_file)
    found.append(
        table(
            "cases",
            "Cases",
            ("case", "customer", "first", "last", "events", "strength"),
            (
                (case.value, owners.customers.get(case, UNMAPPED), *_span(of_case), len(of_case), _strength(of_case))
                for case, of_case in sorted(cases.items())
            ),
            ("case",),
        )
    )
    found.append(_customers(by_file, by_case, owners))
    found.append(_made(steps, accounts, names, contracts, places))
    return found


def _by(steps: Sequence[Step], keys: Callable[[Step], set[Node]]) -> dict[Node, list[Step]]:
    found: defaultdict[Node, list[Step]] = defaultdict(list)
    for step in steps:
        for key in sorted(keys(step)):
            found[key].append(step)
    return dict(found)


def _span(steps: Sequence[Step]) -> tuple[str, str]:
    times = [step.event.time for step in steps]
    return when(min(times)), when(max(times))


def _strength(steps: Iterable[Step]) -> str:
    return min(step.strength for step in steps).word


def _list(values: Iterable[str]) -> str:
    return "; ".join(sorted({value for value in values if value}))


def _accounts(by_account: Mapping[Node, list[Step]], accounts: Kin, names: Mapping[str, str]) -> Table:
    rows = []
    for one, steps in sorted(by_account.items()):
        spelt = _list(node.value for node in accounts.all(one))
        counts = [sum(step.strength.word == word for step in steps) for word in ("exact", "likely", "possible")]
        used = _list(node.value for step in steps for node in step.event.of("address"))
        rows.append((names.get(one.value, one.value), spelt, *_span(steps), *counts, used))
    columns = ("account", "spellings", "first", "last", "exact", "likely", "possible", "addresses")
    return table("accounts", "Accounts", columns, rows, ("account",))


def _sessions(
    by_session: Mapping[Node, list[Step]],
    trail: Trail,
    accounts: Kin,
    names: Mapping[str, str],
    contracts: Mapping[str, Contract],
) -> Table:
    rows = []
    for _, steps in sorted(by_session.items(), key=lambda item: (item[1][0].event.time, item[0])):
        keys = sorted({node.value for step in steps for node in step.event.of("session")})
        owner = sorted({accounts.one(node) for step in steps for node in step.event.of("account")})
        whose = _list(names.get(node.value, node.value) for node in owner)
        used = _list(node.value for step in steps for node in step.event.of("address"))
        call = next((text for step in steps if (text := contracts[step.event.source].session_end)), "")
        how = call.replace("{session}", keys[0]).replace("{account}", owner[0].value if owner else "")
        product = steps[0].event.product
        rows.append((product, "; ".join(keys), whose, *_span(steps), used, len(steps), _strength(steps), how))
    columns = ("product", "session", "account", "first", "last", "addresses", "events", "strength", "to end it")
    return table("sessions", "Sessions to end", columns, rows, ("product", "session"))


def _files(
    by_file: Mapping[Node, list[Step]], steps: Sequence[Step], accounts: Kin, names: Mapping[str, str], owners: Owners
) -> Table:
    rows = []
    for _, of_file in sorted(by_file.items(), key=lambda item: (item[1][0].event.time, item[0])):
        nodes = {node for step in of_file for node in step.event.of(*FILES)}
        case = owners.case(nodes)
        logged = next((node.value for step in of_file for node in step.event.of("name")), "")
        whose = _list(
            names.get(one.value, one.value)
            for step in of_file
            for one in {accounts.one(n) for n in step.event.of("account")}
        )
        rows.append(
            (
                _list(node.value for node in nodes if node.kind != "version"),
                _list(node.value for node in nodes if node.kind == "version"),
                owners.name(nodes) or logged,
                owners.customer(nodes) or UNMAPPED,
                case.value if case else "",
                whose,
                _list(" ".join(part for part in (step.event.type, step.event.how) if part) for step in of_file),
                *_span(of_file),
                len(of_file),
                next((step.event.size for step in of_file if step.event.size), ""),
                _strength(of_file),
            )
        )
    columns = (
        "file",
        "version",
        "name",
        "customer",
        "case",
        "account",
        "by",
        "first",
        "last",
        "events",
        "bytes",
        "strength",
    )
    return table("files", "Files", columns, rows, ("file",))


def _customers(by_file: Mapping[Node, list[Step]], by_case: Mapping[Node, list[Step]], owners: Owners) -> Table:
    steps: defaultdict[str, list[Step]] = defaultdict(list)
    things: defaultdict[str, set[str]] = defaultdict(set)
    files: defaultdict[str, int] = defaultdict(int)
    for of_file in by_file.values():
        nodes = {node for step in of_file for node in step.event.of(*FILES)}
        customer = owners.customer(nodes) or UNMAPPED
        steps[customer] += of_file
        things[customer].add(owners.name(nodes) or min(nodes).value)
        files[customer] += 1
    for case, of_case in by_case.items():
        customer = owners.customers.get(case, UNMAPPED)
        steps[customer] += of_case
        things[customer].add(f"case {case.value}")
    rows = []
    for customer in sorted(steps, key=lambda name: (name == UNMAPPED, name)):
        first, last = _span(steps[customer])
        what = "; ".join(sorted(things[customer]))
        line = f"Between {first} and {last} these were opened or downloaded: {what}."
        rows.append(
            (customer, files[customer], first, last, _strength(steps[customer]), line if customer != UNMAPPED else what)
        )
    columns = ("customer", "files", "first", "last", "strength", "for the notification")
    return table("customers", "Customers", columns, rows, ("customer",))


def _made(
    steps: Sequence[Step],
    accounts: Kin,
    names: Mapping[str, str],
    contracts: Mapping[str, Contract],
    places: Mapping[int, str],
) -> Table:
    rows = [
        (
            contracts[step.event.source].makes[step.event.type],
            step.event.target,
            _list(names.get(accounts.one(node).value, node.value) for node in step.event.of("account")),
            when(step.event.time),
            step.event.type,
            places[step.event.number],
            step.strength.word,
        )
        for step in steps
        if step.event.type in contracts[step.event.source].makes
    ]
    columns = ("what", "name", "account", "time", "event type", "event", "strength")
    return table("made", "Made in those sessions, and outlasting them", columns, rows, ("event",))
