"""SPL: expressions, steps, windows, whole queries."""
