"""Sigma: rules and correlations lowered into plans, what of Sigma is refused, ATT&CK."""
