"""Convolutions of networks that compute faster than torch's on a plain CPU."""
