"""casetrail: Sigma rules for identity and support-system attacks, proven on every engine they ship to."""

__version__ = "0.1.0"
