"""OpenSearch: alerting monitors and templates."""
