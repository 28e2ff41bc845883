"""Measuring how many alerts ordinary work makes."""
