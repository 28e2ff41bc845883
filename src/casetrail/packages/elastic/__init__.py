"""Elastic: rules, templates and a dashboard for Kibana."""
