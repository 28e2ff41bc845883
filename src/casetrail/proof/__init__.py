"""Cases on engines, mutants of rules, what a change means, late data."""
