"""Slices from projections, and projections of slices."""
