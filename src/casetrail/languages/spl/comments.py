"""What the stages of an SPL search do, in words."""

from __future__ import annotations

from casetrail.languages.comments import Comments

COMMENTS = Comments(
    before="``` ",
    after=" ```",
    unsafe={"`": "'", "|": "/", '"': "'", "\\": "/", "[": "(", "]": ")", "$": "S"},
    leading=1,
    quote='"',
    stages={
        "lookup": "The watchlists that the rule asks, and which of its values are on them.",
        "where base!=": "Only events of one of them at least.",
        "where isnotnull(": "",
        "where key": "",
        "where NOT (key": "",
        "where edge": "",
        "where hit": "",
        "where kept": "",
        "where tonumber(": "",
        "where": "The events that the rule is about, each test once more since a search term is only a word.",
        "eval base": "Which of the referenced rules an event is of.",
        "eval event_id": "The event's id: one that was sent twice counts once.",
        "eval at": "When it was, in microseconds since 13 September 2020.",
        "addinfo": "Whether this run is for it (fresh).",
        "eval key": "What the rule groups by.",
        "eval value": "The value that is counted or measured.",
        "stats min(_time) as _time, min(at)": "One row an event and group.",
        "eval edge": "Each event twice: when it enters the window, and when it leaves it.",
        "streamstats count as copy": "What each adds or takes away.",
        "eventstats sum": "The running sum is the figure over the window.",
        "eval hit": "Where the rule's condition holds.",
        "eventstats max(hit)": "The latest events of the window, as evidence.",
        "rename": "A row for each match.",
        "table": "A row for each match.",
        "sort 0 +num(_time)": "A row for each match.",
    },
)
