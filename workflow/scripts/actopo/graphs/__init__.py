"""Measures of mapper graphs, and export to the formats of other programs."""
