"""Pages for readers, made of the pack: `docs/rules/` and what `docs/coverage.md` says."""
