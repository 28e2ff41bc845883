"""The page of one rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from casetrail.pack.pack import Pack
from casetrail.pack.rules import Rule
from casetrail.pages.cases import case_lines
from casetrail.pages.measured import Measured, Noise
from casetrail.pages.stories import stories
from casetrail.plan.nodes import Correlation, Field, Listed, Plan, Search, fields, searches, sources, tests
from casetrail.plan.words import field_words, kind_words, plan_lines, span_words, type_words
from casetrail.reading.markdown import address, code, fenced, link, plain, table
from casetrail.sigma.attack import attack
from casetrail.stores.store import Backend


@dataclass(frozen=True, slots=True)
class Shelf:
    """What all pages are made of. cases: the documents of `fixtures/` by rule; pages: the rules that have one."""

    pack: Pack
    backends: Sequence[Backend]
    cases: Mapping[str, Mapping[str, Any]]
    measured: Measured
    pages: frozenset[str]

    def title(self, name: str) -> str:
        """A rule's title, as a link where it has a page."""
        title = plain(str(self.pack.rules[name].sigma.title))
        return link(title, f"{name}.md") if name in self.pages else title


def rule_lines(rule: Rule, plan: Plan, shelf: Shelf) -> Iterator[str]:
    """A rule's page, a line each."""
    own = rule.own
    path = rule.path.relative_to(shelf.pack.folder).as_posix()
    story = stories()[own["story"]]
    yield from (f"# {plain(str(rule.sigma.title))}", "")
    use = f"analytic story {link(story.title, f'{story.name}.md')}"
    yield f"{link(code(rule.name), f'../../{path}')}, {rule.level}, {kind_words(plan)}; {use}"
    yield from ("", plain(str(rule.sigma.description or ""), shelf.pages), "")
    if rule.inactive:
        yield from (f"It is inactive until you fill in {_empty(plan)}.", "")
    yield from ("## What it means", "", *fenced(plan_lines(plan)), "")
    yield from _stands_on(plan, shelf)
    yield from _logs(plan, shelf)
    yield from _listed("## What to do", own.get("next_steps", ()), shelf, numbered=True)
    yield from _alerts(rule, shelf)
    yield from _prose("## What it needs", own.get("requires"), shelf)
    yield from _prose("## Evidence and sources", own.get("basis"), shelf)
    yield from _cases(rule, shelf)
    yield from _proof(rule, shelf)
    yield from _names(plan, shelf)
    yield from _more(rule, shelf)


def _empty(plan: Plan) -> str:
    names = dict.fromkeys(
        test.check.watchlist
        for search in searches(plan)
        for test in tests(search.where)
        if isinstance(test.check, Listed) and not test.check.values
    )
    return " or ".join(map(code, names))


def _stands_on(plan: Plan, shelf: Shelf) -> Iterator[str]:
    names = list(dict.fromkeys(_bases(plan)))
    if names:
        yield from ("Building blocks:", "")
        for name in names:
            base = shelf.pack.rules[name].sigma
            yield f"- {shelf.title(name)} ({code(name)}): {plain(str(base.description or ''), shelf.pages)}"
        yield ""


def _bases(plan: Plan) -> Iterator[str]:
    if isinstance(plan, Correlation):
        for base in plan.bases:
            yield base.name
            yield from _bases(base)


def _logs(plan: Plan, shelf: Shelf) -> Iterator[str]:
    yield from ("## Its logs", "")
    for source in sources(plan):
        contract = shelf.pack.contracts[source]
        late = f"events arrive {span_words(contract.delay.typical)} after the event, {span_words(contract.delay.greatest)} at the latest"
        yield f"- {plain(contract.title)} ({code(source)}): {late}"
    yield ""


def _prose(head: str, text: str | None, shelf: Shelf) -> Iterator[str]:
    if text:
        yield from (head, "", plain(text, shelf.pages), "")


def _listed(head: str, items: Sequence[str], shelf: Shelf, numbered: bool = False) -> Iterator[str]:
    if items:
        yield from (head, "")
        yield from (
            f"{f'{number}.' if numbered else '-'} {plain(text, shelf.pages)}" for number, text in enumerate(items, 1)
        )
        yield ""


def _alerts(rule: Rule, shelf: Shelf) -> Iterator[str]:
    yield from ("## Expected alert volume", "")
    noise = None if shelf.measured.noise is None else shelf.measured.noise.get(rule.name)
    yield from (noise_words(noise), "")
    yield from _listed("Known false positives:", rule.sigma.falsepositives or (), shelf)
    if rule.own.get("tuning"):
        yield from (f"Tuning: {plain(rule.own['tuning'], shelf.pages)}", "")
    if rule.own.get("level_reason"):
        yield from (f"Why it is {rule.level}: {plain(rule.own['level_reason'], shelf.pages)}", "")


def noise_words(noise: Noise | None) -> str:
    """Alerts a week, and what makes them, in a sentence."""
    if noise is None:
        return "Its noise is not measured."
    if noise.inactive:
        return f"Its noise is not measured: it was inactive, since a watchlist was empty ({link('how', '../noise.md')})."
    made = f", made by {'; '.join(map(plain, noise.causes))}" if noise.causes else ""
    many = f"{noise.a_week:.1f} alerts a week" if noise.a_week else "No alert"
    return (
        f"{many} in {noise.days} ordinary days of an invented company of 2,000 people ({link('how', '../noise.md')}){made}."
    )


def _cases(rule: Rule, shelf: Shelf) -> Iterator[str]:
    document = shelf.cases.get(rule.name)
    if document is not None:
        yield from ("## Its cases", "")
        yield from case_lines(document)


def _proof(rule: Rule, shelf: Shelf) -> Iterator[str]:
    yield from ("## Its proof", "")
    found = shelf.measured.proof.get(rule.name)
    if found is None:
        yield from ("Its cases have run on the reference evaluator; no other engine has run them.", "")
        return
    yield from (f"Results of its cases on each engine ({link('what the words mean', '../proof.md')}).", "")
    yield from table(("engine", "cases"), ((plain(engine), plain(text)) for engine, text in found.items()))
    yield ""


def _names(plan: Plan, shelf: Shelf) -> Iterator[str]:
    yield from ("## Its fields and what they are called", "")
    head = ("field", "values", *(plain(backend.title) for backend in shelf.backends))
    wanted = sorted(dict.fromkeys(_named(plan)), key=lambda each: sources(plan).index(each[0]))
    several = len(sources(plan)) > 1
    missing: dict[str, None] = {}
    rows = []
    for source, field in wanted:
        cells = [code(field_words(field)) + (f" of {code(source)}" if several else ""), type_words(field)]
        for backend in shelf.backends:
            store = backend.stores.get(source)
            stored = store.fields.get(field.path) if store else None
            cells.append(code(stored.name) if stored and not stored.unsupported else "none")
            if stored and stored.unsupported:
                missing[f"- {plain(backend.title)} has no {code(field.path)}: {plain(stored.unsupported)}"] = None
        rows.append(cells)
    yield from table(head, rows)
    yield ""
    if missing:
        yield from missing
        yield ""
    notes = {field.path: note for source, field in wanted if (note := shelf.pack.contracts[source].notes.get(field.path))}
    if notes:
        yield from (f"- {code(path)}: {plain(note)}" for path, note in notes.items())
        yield ""


def _named(plan: Plan) -> Iterator[tuple[str, Field]]:
    """The fields that a plan names in tests, keys and values, each with its log."""
    match plan:
        case Correlation(bases=bases, key=key):
            for base in bases:
                yield from _named(base)
            for part in (*key, *((plan.value,) if plan.value else ())):
                for base, field in zip(bases, part.fields, strict=True):
                    if field is not None:
                        yield from ((source, field) for source in sources(base))
        case Search(source=source):
            yield from ((source, field) for field in fields(plan))


def _more(rule: Rule, shelf: Shelf) -> Iterator[str]:
    related = [name for name in rule.own.get("related", ()) if name in shelf.pack.rules]
    if related:
        yield from ("## Related", "", *(f"- {shelf.title(name)}" for name in related), "")
    known = attack()
    tags = [str(tag).removeprefix("attack.") for tag in rule.sigma.tags or ()]
    named = [known.tactics.get(tag) or known.techniques.get(tag) for tag in tags]
    told = [f"- {link(f'{each.id} {plain(each.name)}', each.url)}" for each in named if each is not None]
    if told:
        yield from ("## ATT&CK", "", *told, "")
    references = rule.sigma.references or ()
    if references:
        yield from ("## References", "", *(f"- {address(str(reference))}" for reference in references), "")
