"""What makes fixtures: the logs of whole incidents."""
