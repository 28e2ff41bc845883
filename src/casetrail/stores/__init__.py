"""What a SIEM calls things: where it keeps logs and fields."""
