"""Splunk: a whole app."""
