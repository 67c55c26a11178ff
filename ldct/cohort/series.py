"""The series of an index, and what a proposal knows of each beside its headers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ldct.cohort.rules import kernel_words

SAME_THICKNESS, SAME_SPACING = 0.02, 1e-3


@dataclass(frozen=True)
class Series:
    """A row of `SERIES_INDEX`."""

    row: str
    folder: str
    kind: str
    person: str
    study: str
    frame: str
    series: str
    description: str
    protocol: str
    study_description: str
    comments: str
    body_part: str
    manufacturer: str
    kernel: str
    image_type: str
    syntax: str
    thickness_mm: float | None
    kv: float | None
    exposure_mas: float | None
    pixel_spacing_row_mm: float | None
    pixel_spacing_column_mm: float | None
    rows: int
    columns: int
    files: int
    images: int
    positions: int
    first_mm: float | None
    last_mm: float | None
    spacing_mm: float | None
    gaps: int
    plane: str
    localiser: bool
    derived: bool
    iterative: bool
    dose: str
    dose_evidence: str


@dataclass
class Candidate:
    """A series that may stand in the manifest.

    label: its path from above the scanned folders. parts: all rows of the index that are this series, where its files
    lie in several folders. name: what folder or list call the person; dose: 'full', 'low', 'both' or ''; person: which
    person of the cohort; why: the fields that say the dose.
    """

    series: Series
    label: str
    parts: tuple[Series, ...]
    subject: str = ""
    listed: str = ""
    name: str = ""
    votes: Mapping[str, str] = field(default_factory=dict)
    dose: str = ""
    person: str = ""

    @property
    def images(self) -> int:
        return sum(part.images for part in self.parts)

    @property
    def positions(self) -> int:
        return sum(part.positions for part in self.parts)

    @property
    def span(self) -> tuple[float, float] | None:
        """First and last position, mm."""
        first = [part.first_mm for part in self.parts if part.first_mm is not None]
        last = [part.last_mm for part in self.parts if part.last_mm is not None]
        return (min(first), max(last)) if first and last else None

    @property
    def thickness(self) -> float:
        return self.series.thickness_mm or self.series.spacing_mm or 0.0

    @property
    def kernel(self) -> str:
        """The header's kernel, folded, and those that the description names beside it."""
        header = " ".join(self.series.kernel.upper().split())
        words = kernel_words(self.series.description, self.listed) or kernel_words(*self.label.split("/")[1:])
        others = [word for word in words.split() if word not in header]
        return "+".join(filter(None, (header, *others)))

    @property
    def kind(self) -> tuple[float, str]:
        """Thickness in mm and kernel: what one cohort has one of."""
        return (round(self.thickness, 2), self.kernel)

    @property
    def kind_text(self) -> str:
        thickness, kernel = self.kind
        return f"{thickness:g} mm {kernel}".strip()

    @property
    def text(self) -> str:
        """The line that lists it, which the options --full, --low and --person are searched in."""
        one = self.series
        exposure = f"{one.exposure_mas:.4g} mAs" if one.exposure_mas else ""
        words = (self.listed, one.description, one.protocol, one.comments)
        parts = (self.label, self.subject, *dict.fromkeys(words), self.kind_text, exposure, f"{self.images} images")
        return " | ".join(filter(None, parts))

    def like(self, other: Candidate) -> bool:
        """Whether both may be reconstructions of one kind of the same slices."""
        a, b = self.series, other.series
        if a.kind != b.kind:
            return False
        if a.kind == "projections":
            return (a.rows, a.columns) == (b.rows, b.columns)
        spacings = (a.pixel_spacing_row_mm, b.pixel_spacing_row_mm)
        return (
            self.kernel == other.kernel
            and _near(self.thickness, other.thickness, SAME_THICKNESS)
            and (a.rows, a.columns) == (b.rows, b.columns)
            and _near(*spacings, SAME_SPACING)
            and self.overlap(other) >= 0.5
        )

    def twin(self, other: Candidate) -> bool:
        """Whether nothing but the dose, or what no header says, could tell both apart."""
        return self.like(other) and abs(self.positions - other.positions) <= 2 and self.overlap(other) >= 0.9

    def overlap(self, other: Candidate) -> float:
        """Shared length over that of the shorter; 1 where a position is unknown."""
        if self.span is None or other.span is None:
            return 1.0
        (a, b), (c, d) = self.span, other.span
        step = self.series.spacing_mm or self.thickness or 1.0
        shared, shorter = min(b, d) - max(a, c) + step, min(b - a, d - c) + step
        return shared / shorter


def _near(a: float | None, b: float | None, share: float) -> bool:
    return a is None or b is None or abs(a - b) <= share * max(abs(a), abs(b))


def read_index(path: Path) -> list[Series]:
    """The series of an index."""
    from ldct.tables.io import read_table
    from ldct.tables.series_index import SERIES_INDEX

    return [Series(**row) for row in read_table(path, SERIES_INDEX).to_pylist()]


def whole_series(series: list[Series], labels: Mapping[str, str]) -> list[Candidate]:
    """Candidates: a series whose files were dealt to several folders of one folder is one."""
    groups: dict[tuple, list[list[Series]]] = {}
    for one in sorted(series, key=lambda one: (one.first_mm or 0.0, one.folder)):
        key = (str(Path(one.folder).parent), one.kind, one.series, one.kernel, one.thickness_mm, one.rows, one.columns)
        runs = groups.setdefault(key, [])
        if runs and one.series and one.first_mm is not None and (runs[-1][-1].last_mm or 0.0) < one.first_mm:
            runs[-1].append(one)
        else:
            runs.append([one])
    return sorted(
        (Candidate(run[0], labels[run[0].folder], tuple(run)) for runs in groups.values() for run in runs),
        key=lambda one: (one.label, one.series.description, one.series.row),
    )
