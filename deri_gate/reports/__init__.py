"""What people and programs get: JSON first, every other format made from the same report."""
