"""What `actopo.analyse` is made of: images, clouds, what shows itself in a notebook, and the explorer's page."""
