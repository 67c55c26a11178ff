"""Lesions put into patients before the dose is reduced, and how visible they are afterwards."""
