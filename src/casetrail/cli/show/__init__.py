"""How results are shown on a terminal, and the pages made of the command line."""
