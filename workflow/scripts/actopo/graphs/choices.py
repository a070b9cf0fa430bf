"""Choices for mapper graphs: how purity counts points in no node, formats of files, and comparisons of graphs."""

# How the purity of a class counts a point in no node; see `actopo.graphs.purity`.
UNCOVERED = ("drop", "zero")

# Formats by name, and the suffixes of their files; see `actopo.graphs.formats`.
FORMATS = {
    "graphml": "graphml",
    "keplermapper": "keplermapper.json",
    "mapper_interactive": "mapper_interactive.json",
}

# What is compared with what; see `actopo.graphs.comparisons`. With how figures call it.
COMPARISONS = {
    "noise": "clean and noisy images",
    "samplings": "two samplings",
    "draws": "two draws of the positions",
    "networks": "two networks",
}
