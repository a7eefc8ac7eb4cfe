"""Subscores, U and DERI1000 from raw values and a reference pool."""
