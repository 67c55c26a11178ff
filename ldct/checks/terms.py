"""Each term of each loss is built and descended once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from ldct.checks.mistake import Mistake, said
from ldct.checks.options import wrong_options
from ldct.config.canonical import canonical
from ldct.config.sources import Location
from ldct.errors import ConfigError, UnavailableError
from ldct.intensity import Intensity
from ldct.losses.composite import WeightedSum
from ldct.losses.declared import TERMS, nested_terms
from ldct.training.weighting import with_encoder

if TYPE_CHECKING:
    from ldct.stages.parts import TermSpec

# ldct's own classes say which option is wrong: 'loss ssim: size is 10; expected an odd number'.
ABOUT_AN_OPTION = re.compile(r"^loss \w+: (?P<option>\w+)(?:\.\w+)* (?P<rest>(?:is|has) .*)$", re.DOTALL)


class TermCheck:
    """Checks terms on one batch, equal terms once.

    low, full: (N, 1, H, W), standardised. encoder: weights for the terms that need those of a fold.
    """

    def __init__(self, low: torch.Tensor, full: torch.Tensor, weights_dir: Path, encoder: Path):
        self.low, self.full, self.weights_dir, self.encoder = low, full, weights_dir, encoder
        self.seen: dict[str, bool] = {}

    def loss(self, name: str, terms: Sequence[TermSpec]) -> tuple[bool, list[Mistake]]:
        """Whether all terms of a loss work, and what is wrong with those that no loss before had."""
        mistakes: list[Mistake] = []
        for number, term in enumerate(terms):
            key = canonical([term.use, term.options])
            if key not in self.seen:
                wrong = list(self._term(term, ("losses", name, "terms", str(number))))
                self.seen[key] = not wrong
                mistakes += wrong
        return all(self.seen[canonical([term.use, term.options])] for term in terms), mistakes

    def _term(self, term: TermSpec, at: Location) -> Iterator[Mistake]:
        wrong = list(self._parts(term.use, term.options, at))
        yield from wrong
        if not wrong:
            yield from self._descend(term, at)

    def _parts(self, use: str, options: Mapping[str, Any], at: Location) -> Iterator[Mistake]:
        """What is wrong with the options of a term, and of the terms in them, each built on its own."""
        try:
            kind = TERMS.load(use)
            mistakes = list(wrong_options(kind, use, options, (*at, "options")))
            nested = nested_terms(options)
        except Exception as error:  # whatever a user's module raises is that user's to know
            yield Mistake((*at, "use"), said(error))
            return
        for number, inner in enumerate(nested):
            place = (*at, "options", "terms", str(number))
            mistakes += self._parts(inner["use"], inner.get("options") or {}, place)
        yield from mistakes
        unknown = {mistake.location[-1] for mistake in mistakes}
        if (nested and mistakes) or any("missing" in mistake.text for mistake in mistakes):
            return
        yield from self._build(use, {name: value for name, value in options.items() if name not in unknown}, at)

    def _build(self, use: str, options: Mapping[str, Any], at: Location) -> Iterator[Mistake]:
        try:
            self._sum(use, options)
        except UnavailableError:
            return
        except Exception as error:
            text = said(error)
            match = ABOUT_AN_OPTION.match(text)
            if match and match["option"] in options:
                yield Mistake((*at, "options", match["option"]), f"{use}: {match['rest']}")
            else:
                yield Mistake((*at, "options"), text)

    def _descend(self, term: TermSpec, at: Location) -> Iterator[Mistake]:
        size = self.low.shape[-1]
        try:
            loss = self._sum(term.use, term.options).to(self.low.device)
            prediction = self.low.clone().requires_grad_()
            total, _ = loss(prediction, self.full)
            total.backward()
            value, gradient = float(total.detach()), prediction.grad
        except UnavailableError:
            return
        except ConfigError as error:
            yield Mistake((*at, "use"), f"{term.use} on patches of {size} x {size} pixels: {error}")
            return
        except Exception as error:
            yield Mistake((*at, "use"), f"{term.use} fails on patches of {size} x {size} pixels: {said(error)}")
            return
        if gradient is None or not torch.isfinite(gradient).all() or not torch.isfinite(total).all():
            shown = "no gradient" if gradient is None else f"value {value:g}, a gradient that is not finite"
            yield Mistake((*at, "use"), f"{term.use} of CT-like patches: {shown}; expected finite numbers")

    def _sum(self, use: str, options: Mapping[str, Any]) -> WeightedSum:
        from ldct.stages.parts import TermSpec

        (term,) = with_encoder([TermSpec(use=use, options=dict(options))], self.encoder)
        return WeightedSum([term.model_dump()], Intensity(), self.weights_dir)
