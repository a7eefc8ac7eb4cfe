"""Pools as people ask about them: who is in one, what hangs on whom, what changed."""
