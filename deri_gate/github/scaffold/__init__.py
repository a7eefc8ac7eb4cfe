"""Templates of what `deri-gate init` writes."""
