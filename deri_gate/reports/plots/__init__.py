"""Plots: scenes of plain shapes, drawn as SVG in the page and as SVG and PNG files."""
