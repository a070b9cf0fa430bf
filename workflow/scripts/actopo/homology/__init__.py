"""Persistence diagrams of point clouds."""
