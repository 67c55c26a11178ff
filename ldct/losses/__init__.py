"""Losses of low-dose CT enhancement: one file each, found by name in `registry`."""
