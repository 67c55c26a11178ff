"""Words of the command line: effects, and numbers with names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ldct.declaration import nearest
from ldct.errors import ConfigError


def effect_of(text: str) -> tuple[str, float, bool]:
    """(metric, size, whether it is in SDs) of 'rmse=0.5' or 'rmse=0.5sd'; raises ConfigError."""
    metric, equals, size = text.partition("=")
    in_sd = size.lower().endswith("sd")
    try:
        number = float(size[:-2] if in_sd else size)
    except ValueError:
        number = 0.0
    if not equals or not metric or not 0 < abs(number) < float("inf"):
        raise ConfigError(f"--effect {text}: expected METRIC=SIZE with a size other than 0, as rmse=0.5 or rmse=0.5sd")
    return metric.strip(), number, in_sd


@dataclass(frozen=True)
class NamedNumbers:
    """An option of 'name=number' words: those needed, and those that may be given too."""

    option: str
    needed: tuple[str, ...]
    more: tuple[str, ...] = ()

    def read(self, words: Sequence[str]) -> dict[str, float]:
        """Numbers by name, none below 0; raises ConfigError naming every mistake."""
        numbers: dict[str, float] = {}
        mistakes = []
        known = (*self.needed, *self.more)
        for word in words:
            name, _, value = word.partition("=")
            try:
                numbers[name] = float(value)
            except ValueError:
                mistakes.append(f"found '{word}', expected {name or 'name'}=NUMBER")
                continue
            if name not in known:
                mistakes.append(f"no '{name}'{nearest(name, known)}")
            elif not 0 <= numbers[name] < float("inf"):
                mistakes.append(f"found '{word}', expected a number of at least 0")
        mistakes += [f"no {name}=... is given" for name in self.needed if name not in numbers and not mistakes]
        if mistakes:
            raise ConfigError("\n".join(f"{self.option}: {mistake}" for mistake in mistakes))
        return numbers
