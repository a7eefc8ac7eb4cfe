"""Studies behind weights and pools."""
