"""A replay as one page: a timeline for each company with its logs as lanes, alerts as marks and the victim's own dates, and the tables."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from jinja2 import Environment, PackageLoader
from markupsafe import Markup, escape

from casetrail.incidents.record import record, time_of
from casetrail.incidents.replay import Replay, ReplayAlert, Replayed, day_of
from casetrail.incidents.story import Incident
from casetrail.reading.spelled import visible
from casetrail.sigma.levels import LEVELS

LEFT, RIGHT, WIDTH = 188, 24, 1160
_TOP, _LANE = 46, 30
_BIN = 6 * 3_600_000_000
_SHORT = 3
_CLOSE = 9


@dataclass(frozen=True, slots=True)
class Bar:
    """Ordinary rows of a stretch of time: how many, as an opacity."""

    x: float
    width: float
    strength: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark on a lane, of one thing or of several so close that they would cover each other.

    to: where its row arrived, when that was late; None otherwise.
    """

    x: float
    kind: str
    text: str
    to: float | None = None
    count: int = 1


@dataclass(frozen=True, slots=True)
class Lane:
    title: str
    y: float
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]
    about: str


@dataclass(frozen=True, slots=True)
class Tick:
    x: float
    text: str
    strong: bool


@dataclass(frozen=True, slots=True)
class Flag:
    """A vertical line with a label."""

    x: float
    text: str
    kind: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Timeline:
    height: float
    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]
    flags: tuple[Flag, ...]
    about: str


def _shown(value: object) -> object:
    """What an expression of the page gives, its lines visible."""
    return "\n".join(map(visible, value.split("\n"))) if type(value) is str else value


def picture(replay: Replay) -> str:
    """The page as HTML: no script, nothing from outside, readable in light and dark and by a screen reader."""
    environment = Environment(
        loader=PackageLoader("casetrail", "templates"),
        autoescape=True,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    timelines = {each.company.name: _Drawing(each, replay).timeline() for each in replay.companies}
    facts = {
        company.name: [fact for fact in replay.incident.facts if fact.company == company.name]
        for company in replay.incident.companies
    }
    environment.filters["breaking"] = lambda rule: Markup(escape(rule).replace("_", Markup("_<wbr>")))  # noqa: S704
    environment.filters["among"] = _among
    return environment.get_template("replay.html.j2").render(
        found=record(replay),
        incident=replay.incident,
        timelines=timelines,
        facts=facts,
        width=WIDTH,
        left=LEFT,
        right=RIGHT,
        lane=_LANE,
        top=_TOP,
        summary=[_summary(each, replay.incident) for each in replay.companies],
    )


def _among(alerted: Mapping[str, str], targets: Sequence[str]) -> str:
    """The first time at which one of some targets alerted, and those of them that don't hold the rule."""
    times = [alerted[target] for target in targets if target in alerted]
    without = [target for target in targets if target not in alerted]
    if not times:
        return "unsupported"
    return min(times)[5:16].replace("T", " ") + (f" (not {', '.join(without)})" if without else "")


def _summary(each: Replayed, incident: Incident) -> dict[str, str]:
    alerts = each.about(incident, "intruder")
    first = alerts[0] if alerts else None
    named = sum(bool(file.alerted) for file in each.files)
    lead = (each.company.saw - day_of(first.first)).days if first else None
    return {
        "title": each.company.title,
        "first": time_of(first.first).replace("T", " ")[:16] if first else "never",
        "rule": first.rule if first else "",
        "saw": each.company.saw.isoformat(),
        "lead": {None: "no alert", 0: "the same day", 1: "1 day"}.get(lead, f"{lead} days"),
        "files": f"{named} of {len(each.files)}" if each.files else "",
    }


class _Drawing:
    def __init__(self, each: Replayed, replay: Replay) -> None:
        incident = replay.incident
        self.each = each
        self.incident = incident
        self.titles = replay.titles
        self.facts = {fact.id: fact for fact in incident.facts}
        days = sorted(fact.day for fact in incident.facts if fact.company == each.company.name)
        short = (days[-1] - days[0]).days < _SHORT
        self.first = max(days[0], incident.first) if short else incident.first
        self.last = min(max(days[-1], each.company.saw), incident.last) if short else incident.last
        self.start, self.end = _midnight(self.first), _midnight(self.last + timedelta(days=1))
        self.bin = _BIN // 24 if short else _BIN

    def x(self, moment: int) -> float:
        return round(LEFT + (moment - self.start) / (self.end - self.start) * (WIDTH - LEFT - RIGHT), 1)

    def inside(self, moment: int) -> bool:
        return self.start <= moment < self.end

    def timeline(self) -> Timeline:
        lanes = list(self.lanes())
        height = _TOP + _LANE * len(lanes) + 14
        logs = ", ".join(f"{count} events of {self.titles[source]}" for source, count in self.each.rows.items())
        about = (
            f"Timeline of {self.each.company.title} from {self.first} to {self.last}: {logs}. The tables below say the same."
        )
        return Timeline(height, tuple(lanes), tuple(self.ticks()), tuple(self.flags()), about)

    def lanes(self) -> Iterator[Lane]:
        number = 0
        by_source = defaultdict(list)
        for one in self.each.log:
            by_source[one.event.source].append(one)
        for source, rows in sorted(by_source.items()):
            ordinary = Counter((one.event.time - self.start) // self.bin for one in rows if not one.fact)
            most = max(ordinary.values(), default=1)
            bars = tuple(
                Bar(
                    self.x(self.start + index * self.bin),
                    round(self.x(self.bin) - self.x(0) - 0.4, 2),
                    round(0.15 + 0.6 * count / most, 2),
                )
                for index, count in sorted(ordinary.items())
                if self.inside(self.start + index * self.bin)
            )
            marks = []
            for one in rows:
                if one.fact and self.inside(one.event.time):
                    fact = self.facts[one.fact]
                    late = one.arrived - one.event.time > 12 * 3_600_000_000
                    text = f"{time_of(one.event.time)}, arrived {time_of(one.arrived)}: {fact.text}"
                    marks.append(Mark(self.x(one.event.time), fact.by, text, self.x(one.arrived) if late else None))
            yield Lane(self.titles[source], self.y(number), bars, tuple(marks), f"{len(rows)} event{'s' * (len(rows) != 1)}")
            number += 1
        mine = [alert for alert in self.each.alerts if alert.facts]
        for level in reversed(LEVELS):
            of_level = [alert for alert in mine if alert.level == level]
            if of_level:
                marks = [Mark(self.x(a.first), f"alert {level}", _words(a)) for a in of_level if self.inside(a.first)]
                yield Lane(f"Alerts, {level}", self.y(number), (), tuple(_gathered(marks)), _count(of_level))
                number += 1
        noise = [alert for alert in self.each.alerts if not alert.facts and not alert.taken_back]
        marks = [Mark(self.x(a.first), "noise", _words(a)) for a in noise if self.inside(a.first)]
        yield Lane("Alerts on ordinary work", self.y(number), (), tuple(marks), _count(noise))
        yield Lane("What the company did", self.y(number + 1), (), tuple(self.deeds()), "by day")

    def deeds(self) -> Iterator[Mark]:
        by_day: defaultdict[date, list[str]] = defaultdict(list)
        for fact in self.incident.facts:
            if fact.company == self.each.company.name and fact.by != "intruder":
                by_day[fact.day].append(fact.text)
        for day, texts in sorted(by_day.items()):
            noon = _midnight(day) + 43_200_000_000
            if self.inside(noon):
                yield Mark(self.x(noon), "deed", f"{day}: {' '.join(texts)}")

    def y(self, number: int) -> float:
        return _TOP + _LANE * number

    def ticks(self) -> Iterator[Tick]:
        days = (self.last - self.first).days + 1
        if days > _SHORT:
            for number in range(days):
                day = self.first + timedelta(days=number)
                monday = day.weekday() == 0
                yield Tick(self.x(_midnight(day)), f"{day:%d %b}" if monday else "", monday)
            return
        for number in range(days * 24):
            moment = _midnight(self.first) + number * 3_600_000_000
            strong = number % (3 if days == 1 else 6) == 0
            clock = f"{self.first + timedelta(days=number // 24):%d %b}" if number % 24 == 0 else f"{number % 24:02}:00"
            yield Tick(self.x(moment), clock if strong else "", strong)

    def flags(self) -> Iterator[Flag]:
        alerts = self.each.about(self.incident, "intruder")
        if alerts and self.inside(alerts[0].first):
            yield Flag(
                self.x(alerts[0].first), f"first alert {time_of(alerts[0].first)[5:16].replace('T', ' ')}", "told", "end"
            )
        saw = self.saw()
        if self.inside(saw):
            at = self.x(saw)
            yield Flag(at, f"detected {self.each.company.saw:%m-%d}", "saw", "start" if at < WIDTH * 0.92 else "end")

    def saw(self) -> int:
        """When the victim saw it: at the last thing that it did that day, or no hour being known, in the middle or at the end of it."""
        day = _midnight(self.each.company.saw)
        if self.bin == _BIN:
            return day + 43_200_000_000
        deeds = [
            one.event.time
            for one in self.each.log
            if one.fact and self.facts[one.fact].by == "company" and day_of(one.event.time) == self.each.company.saw
        ]
        return max(deeds, default=day + 86_000_000_000)


def _count(alerts: Sequence[ReplayAlert]) -> str:
    return "1 alert" if len(alerts) == 1 else f"{len(alerts)} alerts"


def _gathered(marks: Sequence[Mark]) -> Iterator[Mark]:
    """The marks, in order of time, with those that would cover each other as one."""
    group: list[Mark] = []
    for mark in [*sorted(marks, key=lambda mark: mark.x), None]:
        if group and (mark is None or mark.x - group[0].x > _CLOSE):
            yield Mark(group[0].x, group[0].kind, "\n".join(each.text for each in group), count=len(group))
            group = []
        if mark is not None:
            group.append(mark)


def _words(alert: ReplayAlert) -> str:
    key = ", ".join(f"{name} {value}" for name, value in alert.key.items())
    event = f"event of {time_of(alert.time)}, arrived {time_of(alert.arrived)}"
    return f"{time_of(alert.first)}: {alert.rule}{f' ({key})' if key else ''}, {event}"


def _midnight(day: date) -> int:
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
