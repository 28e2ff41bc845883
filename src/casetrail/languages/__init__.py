"""Query languages: a plan as text, one folder a language, only what differs."""
