"""Pretrained weights: which files exist, where they come from, their checksums, and the networks they load into."""
