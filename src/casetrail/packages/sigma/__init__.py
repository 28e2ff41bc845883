"""For Sigma's own tools, whatever the SIEM: rules, processing pipelines, an ATT&CK Navigator layer."""
