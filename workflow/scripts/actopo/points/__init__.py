"""Point clouds of activations: sampling, foreground masks, noise and files."""
