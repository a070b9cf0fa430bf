"""Configuration: checks of it, and values derived from its keys."""
