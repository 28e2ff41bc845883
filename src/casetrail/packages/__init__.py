"""What a SIEM imports, one folder a SIEM."""
