"""Names that figures and their captions give to choices."""

# Clouds on which a measure of similarity is tested; see `actopo.similarity.metrics.choices.PAIRINGS`.
TESTED_CLOUDS = {"own": "own positions", "matched": "positions of A", "pooled": "means over positions"}
