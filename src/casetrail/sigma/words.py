"""What pySigma says of a rule, in the words of whoever wrote it, with what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from sigma.exceptions import SigmaError
from sigma.modifiers import modifier_mapping

from casetrail.reading.suggest import suggestion
from casetrail.reading.words import in_words
from casetrail.sigma.levels import LEVELS

_KINDS = (
    "event_count",
    "value_count",
    "temporal",
    "temporal_ordered",
    "value_sum",
    "value_avg",
    "value_percentile",
    "value_median",
)
_STATUSES = ("stable", "test", "experimental", "deprecated", "unsupported")
_OPERATORS = "gte, gt, lte, lt, eq and neq"


def _among(what: str, known: Iterable[str]) -> Callable[[re.Match[str]], str]:
    names = list(known)

    def told(found: re.Match[str]) -> str:
        return f"'{found[1]}' is no {what}{suggestion(found[1], names) or ': there are ' + ', '.join(names)}"

    return told


def _modifier(found: re.Match[str]) -> str:
    name = next((name for name, kind in modifier_mapping.items() if kind.__name__ == found[1]), "the modifier")
    value = f"'{found[2]}'" if "object at 0x" not in found[2] else "what stands here: it has no value"
    return f"|{name} can't take {value}"


_KINDS_OF_VALUE = {"list": "a list", "string": "a text", "dict": "a mapping"}


def _kind(found: re.Match[str]) -> str:
    return f"{found[1].removesuffix(' fields')} must be {_KINDS_OF_VALUE[found[2]]}"


_SIGMA: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"Unknown modifier '(.*?)'.*", _among("modifier", modifier_mapping)),
    (r"'(.*?)' is not a valid Sigma rule level.*", _among("level", LEVELS)),
    (r"'(.*?)' is not a valid Sigma rule status.*", _among("status", _STATUSES)),
    (r"'(.*?)' is no valid Sigma correlation type.*", _among("kind of correlation", _KINDS)),
    (
        r"Sigma rule identifier must be an UUID.*",
        "the id is no UUID: write one such as 91b76b84-8589-47aa-9605-c837583b82a9",
    ),
    (r"Sigma rule must have a title.*", "the rule has no title: write title: and a few words"),
    (r"Sigma rule title length.*", "the title is longer than 256 characters"),
    (r"Sigma rule must have a log source.*", "the rule has no log source: write logsource: with product: and service:"),
    (r"Sigma filter must have a log source.*", "the filter has no log source: write logsource: with product: and service:"),
    (r"Sigma logsource must be a valid.*", "logsource must be a mapping of product:, service: or category:"),
    (r"Sigma log source can't be empty.*", "the log source is empty: write product: and service:, or category:"),
    (r"Sigma log source (\w+) must be string.*", r"\1 must be a text"),
    (r"Sigma rule must have a detection definitions.*", "the rule has no detection: write detection: with a condition"),
    (r"Sigma detection must be a valid.*", "detection must be a mapping of selections and condition:"),
    (
        r"Sigma rule must contain at least one condition.*",
        "the detection has no condition: write condition: and the name of a selection",
    ),
    (r"Detection '(.*?)' not defined in detections.*", r"the condition names '\1', and no selection is called so"),
    (
        r"Selector '(.*?)' doesn't match any detection.*",
        r"the condition says '\1', and no selection is called like that",
    ),
    (
        r"The pipe syntax in Sigma conditions.*",
        "a condition can't count with a pipe any more: write a correlation of its own that references this rule",
    ),
    (
        r"Expected .*found end of text.*",
        "the condition ends too early: something is missing after its last word, or a bracket isn't closed",
    ),
    (
        r"Expected .*found '(.*?)'.*",
        r"the condition can't be read from '\1' on: join names by and, or, not, and brackets",
    ),
    (
        r"Unbalanced parentheses.*",
        "the condition can't be read: a bracket isn't closed, or a name, and, or, not is missing",
    ),
    (r"Rule (date|modified) '(.*?)' is invalid.*", r"\1: '\2' is no day that there is: write one such as 2026-01-31"),
    (r"Expected .*", "the condition can't be read: join names by and, or, not, and brackets"),
    (
        r"Failed to parse extended condition expression.*",
        "the correlation's condition can't be read: join the rules' names by and, or, not, and brackets",
    ),
    (
        r"Timespan '(.*?)' is invalid.*",
        r"the timespan '\1' can't be read: write a number and s, m, h or d, such as 90s or 2h",
    ),
    (r"Timespan '(.*?)' must be greater than zero.*", r"the timespan '\1' is none: write one such as 90s or 2h"),
    (r"Sigma correlation rule without timespan.*", "the correlation has no timespan: write one such as timespan: 1h"),
    (r"Sigma correlation rule without type.*", f"the correlation has no type: there are {', '.join(_KINDS)}"),
    (r"Sigma correlation rule without rule.*", "the correlation names no rules: write rules: and their names"),
    (r"Rule reference must be.*", "rules must be a list of rules' names"),
    (
        r"'(.*?)' is no valid Sigma correlation condition count.*",
        r"'\1' is no number to count to: write one, such as gte: 5",
    ),
    (
        r"'(.*?)' is no valid Sigma correlation condition percentile.*",
        r"'\1' is no percentile: write a number from 0 to 100",
    ),
    (
        r"Sigma correlation condition contains invalid items: (.*)",
        rf"\1 is no part of a condition: there are {_OPERATORS}, field and percentile",
    ),
    (r"Sigma correlation condition (definition )?must.*", f"the correlation's condition must say one of {_OPERATORS}"),
    (
        r"Rules defined but not referenced in extended condition: (.*)",
        r"the condition doesn't name \1, which stands in rules",
    ),
    (
        r"Rules referenced in extended condition but not defined in rules list: (.*)",
        r"the condition names \1, which doesn't stand in rules",
    ),
    (
        r"Extended conditions .*can only be used.*",
        "a condition in words is for temporal and temporal_ordered: write a number to count to, such as gte: 5",
    ),
    (
        r"Value count correlation rule without field reference.*",
        "value_count counts the values of a field: write condition: {field: NAME, gte: 2}",
    ),
    (
        r".* correlation rule without field reference.*",
        "this kind of correlation computes with a field: write condition: {field: NAME, gte: 2}",
    ),
    (
        r"Non-temporal Sigma correlation rule without condition.*",
        "the correlation has no condition: write one, such as gte: 5",
    ),
    (
        r"Sigma correlation rule 'correlation' field.*",
        "correlation must be a mapping of type:, rules:, timespan: and condition:",
    ),
    (r"Sigma correlation generate.*", "generate must be true or false"),
    (r"Sigma correlation group-by.*", "group-by must be a list of fields"),
    (r"Sigma correlation (field )?alias.*", "aliases must be a mapping: a name, and below it the field of each rule"),
    (
        r"Sigma filter must have a 'rules' field.*|Sigma filter rules field.*",
        "the filter must name rules: any, or a list of them",
    ),
    (r"Sigma filter must.*", "the filter isn't whole: write filter: with rules:, a selection and condition: not selection"),
    (r"Regular expression '(.*)' is invalid: (.*?)(: .*)?", r"the regular expression '\1' can't be read: \2"),
    (r"Invalid CIDR expression: '(.*?)'.*", r"'\1' is no network: write one such as 192.0.2.0/24"),
    (r"Modifier (\w+) incompatible to value type of '(.*)'.*", _modifier),
    (r"Base64 encoding of strings with wildcards.*", "|base64 takes a text without wildcards"),
    (r"Wide modifier only allowed.*input string '(.*?)'.*", r"|wide takes ASCII alone, which '\1' isn't"),
    (r"UTF-16.* modifier only allowed.*input string '(.*?)'.*", r"|utf16 can't take '\1'"),
    (r"windash modifier expands.*", "|windash takes at most three dashes in one value: write several values"),
    (r"Regular expression modifier only.*", "|re takes no modifier before it"),
    (r"CIDR expression modifier only.*", "|cidr takes no modifier before it"),
    (r"Exists modifier only.*", "|exists takes true or false, and no modifier before it"),
    (r"Exists modifier must be.*", "|exists needs a field before it"),
    (r"Field references must not.*", "|fieldref takes the name of a field, without wildcards"),
    (r"Sigma related.*|.* related valid type.*", "related must be a list of mappings, each with an id: and a type:"),
    (r"Sigma tag must start.*", "each of tags has a namespace and a dot, such as attack.t1078"),
    (r"Sigma (?:rule )?((?!rule)\w+(?: fields)?) must be a (list|string|dict).*", _kind),
    (r"Sigma rule (\w+) must not be empty.*", r"\1 is empty"),
    (r"Sigma rule status cannot be a list.*", "status must be a text"),
    (r"Detection is empty.*", "a selection is empty: write a field and its value in it"),
    (r"No detections defined.*", "the detection has no selection: write one, with a field and its value"),
    (r"Unsupported detection definition.*", "a selection must be a mapping of fields and values, or a list of them"),
    (r"Null value must be bound.*", "a selection holds nothing: write a field and its value in it"),
    (
        r"Unsupported type: <class 'dict'>.*",
        "a mapping stands where a value belongs: join the names by dots, such as actor.alternateId",
    ),
    (r"Unsupported type: .*", "a value is neither a text nor a number: put it in quotes"),
    (r"Placeholder expansion exceeds.*", "the placeholders of one value make too many texts"),
    (r"Unknown Sigma collection action '(.*?)'.*", r"'\1' is no action: there are global, reset and repeat"),
)
_COMPILED = tuple((re.compile(pattern, re.S), told) for pattern, told in _SIGMA)
_OF_A_FILTER = re.compile(r"\b_filt_[a-z]{10}_")
"""What pySigma puts before the names of a filter's selections."""
_UNKNOWN = "Sigma can't read this part: compare it with the specification of Sigma rules"


def of_sigma(message: str) -> str:
    """What pySigma says, in our words."""
    message = _OF_A_FILTER.sub("", message)
    for pattern, told in _COMPILED:
        found = pattern.fullmatch(message)
        if found is not None:
            return told(found) if callable(told) else found.expand(told)
    return _UNKNOWN


def in_sigmas_words(error: BaseException) -> str:
    """What an exception of pySigma, or of anything within it, says in our words."""
    return of_sigma(" ".join(str(error).split())) if isinstance(error, SigmaError) else in_words(error)
