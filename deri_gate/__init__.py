"""deri-gate."""
