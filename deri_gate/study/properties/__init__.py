"""Properties that the number must have, each measured: docs/deri1000.md says why these."""
