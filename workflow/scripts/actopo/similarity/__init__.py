"""Distances between layers, and tests of networks based on them."""
