"""KQL: expressions, steps, windows, whole queries."""
