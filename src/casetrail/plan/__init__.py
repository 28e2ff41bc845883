"""The meaning of a rule, free of Sigma and of any SIEM."""
