"""Choices for mapper graphs: how purity counts points in no node, and formats of files."""

# How the purity of a class counts a point in no node; see `actopo.graphs.purity`.
UNCOVERED = ("drop", "zero")

# Formats by name, and the suffixes of their files; see `actopo.graphs.formats`.
FORMATS = {
    "graphml": "graphml",
    "keplermapper": "keplermapper.json",
    "mapper_interactive": "mapper_interactive.json",
}
