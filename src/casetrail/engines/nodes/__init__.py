"""Real engines for proofs, put together from Maven Central and run on loopback while they are needed."""
