"""What the stages of an ES|QL query do, in words."""

from __future__ import annotations

from casetrail.languages.comments import Comments

COMMENTS = Comments(
    before="// ",
    leading=1,
    stages={
        "WHERE": "The events that the rule is about.",
        "WHERE key": "",
        "WHERE inner": "",
        "WHERE part": "Only where a part's condition holds.",
        "WHERE (part": "Only where a part's condition holds.",
        "EVAL base": "Which of the referenced rules an event is of, by number: a row for each.",
        "EVAL part": "Which part of the rule the event belongs to.",
        "EVAL inner": "What a part groups by.",
        "EVAL key": "What the rule groups by: a row for each value.",
        "EVAL value": "The value that is counted or measured.",
        "EVAL at": "When it was, in milliseconds since 1970, and the event's id.",
        "EVAL step": "Each event in one text, so that those of a group can be gathered and laid beside each other.",
        "EVAL others": "Each event of a group beside each other event of it.",
        "WHERE gap": "Only what lies in the window, in milliseconds.",
        "EVAL place": "Time cut into stretches as long as the window: an event counts in its own and in the one beside it.",
        "WHERE steps": "Each event again, with what its stretches hold.",
        "EVAL held": "The value as the other event carries it.",
        "STATS n": "The figure over the window of each event, and the events in it.",
        "STATS events": "The figure of a part over the window of each event.",
        "STATS earlier": "When the nearest event before each was, and the events in its window.",
        "WHERE n ": "Only where the rule's condition holds.",
        "WHERE seen": "Only where the rule's condition holds.",
        "WHERE followed": "Only where the rule's condition holds.",
        "WHERE at - start": "Only where the rule's condition holds.",
        "STATS n = MAX(n)": "A row for each match.",
        "EVAL n = 1": "A row for each match.",
    },
)
