"""Mapper graphs of point clouds."""
