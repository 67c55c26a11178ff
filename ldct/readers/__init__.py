"""Radiologists: reading sets for them, their scores, and how well metrics agree with these."""
