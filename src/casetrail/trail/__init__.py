"""From an indicator to all that it touched, and what the logs can't show of it."""
