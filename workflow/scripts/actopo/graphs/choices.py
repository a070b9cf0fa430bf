"""Choices for mapper graphs: how purity counts points in no node, labels of images, formats of files, comparisons."""

# How the purity of a class counts a point in no node; see `actopo.graphs.purity`.
UNCOVERED = ("drop", "zero")

# What two networks are compared by, besides measures of similarity.
PAIR_LABEL = "mapper graphs, memberships"

# What labels of images are; see `actopo.graphs.image_labels`.
LABEL_KINDS = ("classes", "numbers")
# Columns that say which image a row of a table of labels is of.
LABEL_KEYS = ("file", "image")

# Formats by name, and where the files of each lie in the folder of a network's graphs; see `actopo.graphs.formats`.
# MapperInteractive lists the files of one folder whose names begin with "mapper" and end in ".json".
FORMATS = {
    "graphml": "{sampling}{suffix}/layer{layer}.graphml",
    "keplermapper": "{sampling}{suffix}/layer{layer}.keplermapper.json",
    "mapper_interactive": "mapper_interactive/mapper_{sampling}{suffix}_layer{layer}.json",
}

# What is compared with what; see `actopo.graphs.comparisons`. With how figures call it.
COMPARISONS = {
    "noise": "clean and noisy images",
    "samplings": "two samplings",
    "draws": "two draws of the positions",
    "networks": "two networks",
}
