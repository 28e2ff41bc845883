"""The rules as pages for readers."""
