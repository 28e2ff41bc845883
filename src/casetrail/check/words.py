"""What libraries say of a fault, in the words of whoever wrote the rule, with what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from casetrail.reading.suggest import suggestion

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
_MODIFIERS = (
    "contains",
    "startswith",
    "endswith",
    "all",
    "re",
    "cidr",
    "exists",
    "cased",
    "lt",
    "lte",
    "gt",
    "gte",
    "neq",
    "fieldref",
    "expand",
    "base64",
    "base64offset",
    "wide",
    "windash",
)
_LEVELS = ("informational", "low", "medium", "high", "critical")
_STATUSES = ("stable", "test", "experimental", "deprecated", "unsupported")


def _among(what: str, known: Sequence[str]) -> Callable[[re.Match[str]], str]:
    def told(found: re.Match[str]) -> str:
        return f"'{found[1]}' is no {what}{suggestion(found[1], known) or ': there are ' + ', '.join(known)}"

    return told


def _fixed(text: str) -> Callable[[re.Match[str]], str]:
    return lambda found: found.expand(text)


_SIGMA: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = tuple(
    (re.compile(pattern, re.S), told)
    for pattern, told in (
        (r"Unknown modifier '(.*?)'.*", _among("modifier", _MODIFIERS)),
        (r"'(.*?)' is not a valid Sigma rule level.*", _among("level", _LEVELS)),
        (r"'(.*?)' is not a valid Sigma rule status.*", _among("status", _STATUSES)),
        (r"'(.*?)' is no valid Sigma correlation type.*", _among("kind of correlation", _KINDS)),
        (r"Sigma rule must have a title.*", _fixed("the rule has no title: write title: and a few words")),
        (
            r"Sigma rule must have a detection definitions.*",
            _fixed("the rule has no detection: write detection: with a condition"),
        ),
        (
            r"Sigma rule must contain at least one condition.*",
            _fixed("the detection has no condition: write condition: and the name of a selection"),
        ),
        (
            r"Detection '(.*?)' not defined in detections.*",
            _fixed(r"the condition names '\1', and no selection is called so"),
        ),
        (
            r"Selector '(.*?)' doesn't match any detection.*",
            _fixed(r"the condition says '\1', and no selection is called like that"),
        ),
        (
            r"The pipe syntax in Sigma conditions.*",
            _fixed("a condition can't count with a pipe any more: write a correlation of its own that references this rule"),
        ),
        (
            r"Expected .*found end of text.*",
            _fixed("the condition ends too early: something is missing after its last word, or a bracket isn't closed"),
        ),
        (
            r"Expected .*found '(.*?)'.*",
            _fixed(r"the condition can't be read from '\1' on: join names by and, or, not, and brackets"),
        ),
        (
            r"Timespan '(.*?)' is invalid.*",
            _fixed(r"the timespan '\1' can't be read: write a number and s, m, h or d, such as 90s or 2h"),
        ),
        (
            r"'(.*?)' is no valid Sigma correlation condition count.*",
            _fixed(r"'\1' is no number to count to: write one, such as gte: 5"),
        ),
        (
            r"Value count correlation rule without field reference.*",
            _fixed("value_count counts the values of a field: write condition: {field: NAME, gte: 2}"),
        ),
        (
            r"Non-temporal Sigma correlation rule without condition.*",
            _fixed("the correlation has no condition: write one, such as gte: 5"),
        ),
        (r"Regular expression '(.*)' is invalid: (.*?)(: .*)?", _fixed(r"the regular expression '\1' can't be read: \2")),
        (r"Invalid CIDR expression: '(.*?)'.*", _fixed(r"'\1' is no network: write one such as 192.0.2.0/24")),
    )
)
_YAML = (
    (r".*cannot start any token.*", "a character that YAML doesn't allow here, often a tab: indent by spaces"),
    (r".*found unexpected end of stream.*", "a quote or a bracket is opened and never closed"),
    (r"Duplicate key '(.*)'.*", r"the key '\1' stands here twice: take one of them away"),
    (r".*mapping values are not allowed here.*", "a colon where none can be: put the text in quotes, or mend the indent"),
    (r".*could not find expected ':'.*", "a key without its colon, or a line that is indented wrongly"),
    (r".*expected <block end>.*", "a line that is indented otherwise than those beside it, or a quote that isn't closed"),
    (r".*expected ',' or '[\]}]'.*", "a list or a mapping in brackets that isn't closed, or lacks a comma"),
    (
        r".*expected alphabetic or numeric character.*",
        "a bare * or & is an alias or an anchor in YAML: put the text in quotes",
    ),
    (r".*found undefined alias.*", "an alias of an anchor that isn't there: a text that begins with * needs quotes"),
)


def of_sigma(message: str) -> str:
    """What pySigma says, in other words where they are known."""
    for pattern, told in _SIGMA:
        found = pattern.fullmatch(message)
        if found is not None:
            return told(found)
    return message


def of_yaml(message: str) -> str:
    """What PyYAML says, in other words where they are known."""
    for pattern, told in _YAML:
        found = re.fullmatch(pattern, message, re.S)
        if found is not None:
            return found.expand(told)
    return message
