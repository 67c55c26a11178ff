"""The families of metrics, and what readers call them."""

from __future__ import annotations

FAMILIES = {
    "fidelity": "Fidelity",
    "structure": "Structure",
    "perceptual": "Perceptual",
    "no_reference": "No reference",
    "physics": "CT physics",
    "distribution": "Distribution of features",
    "task": "Task (with `lesions`)",
}
