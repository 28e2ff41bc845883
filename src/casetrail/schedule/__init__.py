"""When a rule runs on a SIEM and how far it looks back, so that late events lose nothing."""
