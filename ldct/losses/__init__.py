"""Losses of low-dose CT enhancement: one file each, declared by name in `declared`."""
