"""Import formats: what a SIEM takes as it is."""
