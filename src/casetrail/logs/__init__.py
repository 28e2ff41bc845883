"""Log files into rows: formats, envelopes, and which log a row belongs to."""
