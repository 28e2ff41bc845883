"""SQL: expressions, steps, windows, whole queries."""
