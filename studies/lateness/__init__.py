"""Late data, measured: the law on many histories, and what public defaults miss of them."""
