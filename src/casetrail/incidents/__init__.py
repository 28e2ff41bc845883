"""Whole incidents as logs, and what the pack would have told of them, day by day."""
