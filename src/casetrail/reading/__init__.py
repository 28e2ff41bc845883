"""Files as they come: YAML with places, schemas, archives, files written whole, the nearest name to a misspelt one."""
