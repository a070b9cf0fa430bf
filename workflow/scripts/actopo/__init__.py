"""actopo: the topology of convolutional activations, as functions from arrays to arrays."""
