"""A term that hardly moves the network gives its loss no home, whatever the term optimises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ldct.statistics.home import Terms, described
from ldct.statistics.policy.thresholds import LEAST_HOME_SHARE


def at_home(terms: Terms, shares: Mapping[str, Mapping[str, float]]) -> dict[str, list[str | Mapping[str, Any]]]:
    """`terms` in which a term optimises nothing whose measured share of its loss's gradient is below LEAST_HOME_SHARE.

    shares: loss -> part -> mean share over trainings; a part without one counts as declared.
    """
    return {
        loss: [
            {**_said(term), "optimises": []}
            if shares.get(loss, {}).get(_said(term)["part"], 1.0) < LEAST_HOME_SHARE
            else term
            for term in of_loss
        ]
        for loss, of_loss in terms.items()
    }


def share_design(shares: Mapping[str, Mapping[str, float]]) -> list[dict[str, str]]:
    """DESIGN row: terms whose share of the gradient is too small for a home."""
    small = [
        f"{loss}: {part} ({share:.3f})"
        for loss, of_loss in shares.items()
        for part, share in of_loss.items()
        if share < LEAST_HOME_SHARE
    ]
    about = f"terms with less than {LEAST_HOME_SHARE:g} of the gradient of their loss, whose metrics are no home of it"
    return [{"key": "terms_without_weight", "value": ", ".join(small), "about": about}]


def _said(term: str | Mapping[str, Any]) -> Mapping[str, Any]:
    return described(term)[0] if isinstance(term, str) else term
