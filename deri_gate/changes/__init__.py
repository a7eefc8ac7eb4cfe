"""A dataset against an earlier one: what changed, what that did, and whether it looks right."""
