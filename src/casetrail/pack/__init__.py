"""Reading what a pack is made of: rules, cases, log sources, watchlists, backends."""
