"""The paper's figures: each module draws one of them from arrays, and `style` is what they share."""
