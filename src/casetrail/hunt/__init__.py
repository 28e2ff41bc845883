"""Log files or a cluster searched with all rules at once."""
