"""Measures of similarity beside the sliced-Wasserstein distance."""
