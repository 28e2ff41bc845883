"""Cases run on engines: verdicts, mutants, reports."""
