"""actopo: the topology of activations of convolutional networks."""
