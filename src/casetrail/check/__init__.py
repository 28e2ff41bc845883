"""What is wrong with a pack, each fault with a file, a line and what to do."""
