"""Choices for mapper graphs: conventions of the cover, the name of our clusterer, and rules for its eps."""

# Placements of a cover's intervals; see `actopo.mapper.covers`.
CONVENTIONS = ("fit", "overhang", "balanced")

# Name of actopo's DBSCAN; any other clusterer is given by its import path.
DBSCAN_NAME = "dbscan"

# Rules that choose DBSCAN's eps if it is not a number; see `actopo.mapper.eps` and `actopo.mapper.all_eps`.
EPS_RULES = ("knee", "stable")
