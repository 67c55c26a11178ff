"""What a loss optimises directly, its home field, and its kind, by what its terms declare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ldct.losses.declared import TERMS, Term, nested_terms, walk_terms

# Loss -> its terms: names, or what `described` says of a term.
Terms = Mapping[str, Sequence[str | Mapping[str, Any]]]


def described(use: str, options: Mapping[str, Any] | None = None, part: str | None = None) -> list[dict[str, Any]]:
    """What the analysis asks of a term and of those nested in it, as plain data; raises ConfigError.

    part: name of the term in the histories of its trainings; `use` where it is left out.
    """
    rows = []
    for name, its_options in walk_terms(use, options):
        term = TERMS.of(name)
        # A term made of terms compares pixel with pixel where they do.
        pixelwise = term.pixelwise or bool(nested_terms(its_options))
        rows.append(
            {
                "part": part or use,
                "use": name,
                "optimises": list(term.optimises),
                "deep": term.deep,
                "pixelwise": pixelwise,
            }
        )
    return rows


def home_metrics(loss: str, terms: Terms) -> tuple[str, ...]:
    """Metrics that `loss` optimises, each once; none where its terms are not known."""
    return tuple(dict.fromkeys(metric for term in _terms_of(loss, terms) for metric in term.optimises))


def is_perceptual(loss: str, terms: Terms) -> bool:
    """Whether the loss compares deep features."""
    return any(term.deep for term in _terms_of(loss, terms))


def is_pixelwise(loss: str, terms: Terms) -> bool:
    """Whether every term compares pixel with pixel; False where they are not known."""
    of_loss = _terms_of(loss, terms)
    return bool(of_loss) and all(term.pixelwise for term in of_loss)


def _terms_of(loss: str, terms: Terms) -> list[Term]:
    """The terms of `loss`; where a table comes without them, the built-in term of its name."""
    given = terms.get(loss) or ([loss] if loss in TERMS else [])
    return [TERMS.of(term) if isinstance(term, str) else _term(term) for term in given]


def _term(said: Mapping[str, Any]) -> Term:
    return Term(
        said["use"],
        said["use"],
        label=said["use"],
        optimises=tuple(said["optimises"]),
        deep=said["deep"],
        pixelwise=said["pixelwise"],
    )
