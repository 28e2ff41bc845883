"""ES|QL: expressions, steps, windows, whole queries."""
