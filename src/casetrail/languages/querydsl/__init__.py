"""OpenSearch's query DSL: expressions, steps and windows, as requests with Painless."""
