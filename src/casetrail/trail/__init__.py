"""From one indicator through logs to all that it touched, and what the logs can't show."""
