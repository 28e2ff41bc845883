"""Whole incidents as logs, and when the rules would have alerted."""
