"""Logs: what is known of each (its log source definition), log files into events."""
