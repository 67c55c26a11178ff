"""Losses with a critic that is trained beside the network."""
