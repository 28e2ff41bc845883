"""What differs between query languages: one fact sheet a language."""
