"""What the stages of a KQL query do, in words."""

from __future__ import annotations

from casetrail.languages.comments import Comments

COMMENTS = Comments(
    before="// ",
    stages={
        "let steps": "The events that the rule is about (base: of which referenced rule), with their time and what the rule groups by.",
        "let done": "The matches of a referenced correlation.",
        "let chain": "How far a sequence has come.",
        "steps": "Those that may match, of the time that this run is for.",
        "extend event_id": "The event's id: a row that came twice is one event.",
        "where max_of(ingestion_time()": "Only what arrived since the run before.",
        "join": "Beside each the other events of its group.",
        "where other_at": "Only those in the window.",
        "where reached": "Only those in their order, in the window.",
        "summarize n": "The figure over the window of each event, and the events in it.",
        "summarize evidence": "The events in the window of each.",
        "summarize seen": "Whether there is such an event in the window.",
        "summarize followed": "Whether such an event follows in the window.",
        "where n ": "Only where the rule's condition holds.",
        "where seen": "Only where the rule's condition holds.",
        "where followed": "Only where the rule's condition holds.",
        "where arrived": "Only what an event takes part in that arrived since the run before.",
        "project event_id": "A row for each match.",
    },
)
