"""The measures of the pack itself: how quiet it is, and what late data costs. Each writes a page of docs/."""
