"""Figures: each module draws one of them from arrays, and `style` has the settings and parts that they share."""
