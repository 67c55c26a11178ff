"""Images that are judged beside those of the networks; no loss may bear one of these names."""

from __future__ import annotations

# Name in the tables -> name for readers. The low dose comes first: gains are over it.
IMAGES = {"low_dose": "low dose", "full_dose": "full dose"}
FILTERS = {"gaussian_filter": "Gaussian filter", "non_local_means": "non-local means"}
ANCHORS = {**IMAGES, **FILTERS}
