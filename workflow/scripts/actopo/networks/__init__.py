"""Networks: their layers, weights and training."""
