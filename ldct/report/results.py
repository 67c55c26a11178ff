"""Everything the report reads, loaded once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ldct.anchors import IMAGES
from ldct.card.model import Card
from ldct.filters.declared import FILTERS
from ldct.lesions.declared import labels
from ldct.losses.declared import TERMS
from ldct.metrics.declared import FAMILIES
from ldct.models.declared import NETWORKS
from ldct.report.downloads import Download, pack
from ldct.report.latex import latex
from ldct.report.optional import tables_of
from ldct.tables import read_table
from ldct.tables.cohort import PATIENTS, REJECTIONS, SERIES, SPLIT
from ldct.tables.consistency import TABLES
from ldct.tables.history import HISTORY
from ldct.tables.metrics import CATALOGUE
from ldct.tables.panels import PANELS
from ldct.tables.search import SEARCH
from ldct.tables.validity import VALIDITY

if TYPE_CHECKING:
    from ldct.report.preregistration import Marked
    from ldct.stages.keys import Run, TuningKey
    from ldct.stages.report import Report

Row = dict[str, Any]


@dataclass(frozen=True)
class Results:
    """The tables of a study as lists of rows; `histories` and `runs` carry model, loss, fold and seed, and
    `searches` model, loss and fold. `values`: where the table of metrics lies."""

    spec: Report.Spec
    values: Path
    consistency: dict[str, list[Row]]
    catalogue: list[Row]
    validity: list[Row]
    series: list[Row]
    patients: list[Row]
    rejections: list[Row]
    split: list[Row]
    histories: list[Row]
    runs: list[Row]
    searches: list[Row]
    panels: list[Row]
    optional: dict[str, dict[str, list[Row]]]
    downloads: dict[str, Download]
    card: Card | None

    def table(self, name: str, **equal: Any) -> list[Row]:
        """Rows of a consistency table whose columns have the given values."""
        return [row for row in self.consistency[name] if all(row[key] == value for key, value in equal.items())]

    def of_stage(self, stage: str, name: str, **equal: Any) -> list[Row]:
        """Rows of a table of an optional stage, as `table`; none where the stage was not configured."""
        rows = self.optional.get(stage, {}).get(name, [])
        return [row for row in rows if all(row[key] == value for key, value in equal.items())]

    @property
    def losses(self) -> list[str]:
        return [loss.name for loss in self.spec.losses]

    @property
    def models(self) -> list[str]:
        return [network.name for network in self.spec.networks]

    @property
    def filters(self) -> list[str]:
        """Denoisers without training that were judged too."""
        return [one.name for one in self.spec.evaluation.filters] if self.spec.evaluation else []

    @property
    def questions(self) -> list[Marked]:
        """Questions as confirmatory or exploratory; none without a registration."""
        from ldct.report.preregistration import questions

        return questions(self)

    @property
    def checkpoints(self) -> int:
        """Number of kept epochs."""
        if self.spec.training is not None:
            return len(self.spec.training.checkpoints)
        return len(self.design["epochs_evaluated"].split(","))

    @property
    def design(self) -> dict[str, str]:
        """What the analysis stands on, by its key."""
        return {row["key"]: row["value"] for row in self.consistency["design"]}

    @property
    def model(self) -> str:
        """The network the conclusions are about: the only one, or the mean over networks."""
        return self.models[0] if len(self.models) == 1 else "all"

    def label(self, loss: str) -> str:
        """A loss as figures call it: as configured, or as declared where it is one term under its own name."""
        configured = {one.name: one for one in self.spec.losses}.get(loss)
        filters = self.spec.evaluation.filters if self.spec.evaluation else FILTERS.values()
        untrained = {one.name: one.label for one in (*IMAGES.values(), *filters)}
        if loss in untrained:
            return untrained[loss]
        if configured is None:
            return loss
        alone = [term.use for term in configured.terms] == [loss] and loss in TERMS
        return configured.label or (TERMS[loss].label if alone else loss)

    def network(self, name: str) -> str:
        """A network as figures call it: as configured, or as declared where it stands under its own name."""
        configured = {one.name: one for one in self.spec.networks}.get(name)
        if configured is None:
            return name
        declared = NETWORKS[name].label if configured.use == name and name in NETWORKS else name
        return configured.label or declared

    def optimised_by(self, metric: str) -> str:
        """Labels of the losses that optimise a metric."""
        rows = [row["home_of"] for row in self.consistency["criteria"] if row["metric"] == metric]
        losses = dict.fromkeys(name for row in rows for name in row.split(",") if name)
        return ", ".join(map(self.label, losses))

    def metric(self, name: str) -> str:
        """A metric, or a measure of lesions, as tables call it."""
        channels = self.spec.lesions.channels if self.spec.lesions else []
        known = labels(channels) | {row["metric"]: row["label"] for row in self.catalogue}
        return known.get(name, name)

    @property
    def agreement(self) -> Row | None:
        """The one Kendall's W of the page: of constructs, a vote each; None where nothing could be ranked."""
        rows = self.table("votes", model=self.model, question="between constructs", left_out="")
        return rows[0] if rows else None

    @property
    def claims(self) -> list[Row]:
        """The claims of the paper about the page's network."""
        return self.table("hypotheses", model=self.model)

    @property
    def rates(self) -> list[Row]:
        """What the search for a learning rate found: mean RMSE over folds of each rate tried with a loss."""
        found: dict[tuple[str, str, float], list[Row]] = {}
        for row in self.searches:
            found.setdefault((row["model"], row["loss"], row["learning_rate"]), []).append(row)
        return [
            {
                "model": model,
                "loss": loss,
                "learning_rate": rate,
                "folds": len(rows),
                "chosen": sum(row["chosen"] for row in rows),
                "validation_rmse_hu": fmean(values) if (values := _present(rows, "validation_rmse_hu")) else None,
                "failed": len(rows) - len(values),
            }
            for (model, loss, rate), rows in sorted(found.items())
        ]

    @property
    def criteria(self) -> list[Row]:
        """Criteria of the analysis, families together."""
        order = {family: place for place, family in enumerate(FAMILIES)}
        used = [row for row in self.consistency["criteria"] if row["used"]]
        return sorted(used, key=lambda row: (order.get(row["family"], len(order)), row["label"]))


def load(
    spec: Report.Spec,
    *,
    consistency: Path,
    metrics: Path,
    catalogue: Path,
    validity: Path | None = None,
    cohort: Path | None = None,
    histories: Mapping[Run, Path] | None = None,
    runs: Mapping[Run, Path] | None = None,
    panels: Path | None = None,
    card: Path | None = None,
    searches: Mapping[TuningKey, Path] | None = None,
    optional: Sequence[Path] = (),
) -> Results:
    """Read and check all tables but `metrics`; raises InputError for one that is missing or of another layout.

    consistency and cohort: folders. optional: folders of tables of optional stages, named as in `ldct.report.optional`.
    Where values come from another tool there is no more than `consistency`, `metrics` and `catalogue`.
    """
    downloads = {}
    tables = {}
    for name, schema in TABLES.items():
        path = consistency / f"{name}.parquet"
        table = read_table(path, schema)
        tables[name] = table.to_pylist()
        downloads[name] = pack(name, path, table, latex(name, tables[name]))
    people: dict[str, list[Row]] = {}
    for name, schema in (("series", SERIES), ("patients", PATIENTS), ("rejections", REJECTIONS), ("split", SPLIT)):
        people[name] = []
        if cohort is not None:
            path = cohort / f"{name}.parquet"
            table = read_table(path, schema)
            people[name] = table.to_pylist()
            downloads[name] = pack(name, path, table)
    cards = read_table(catalogue, CATALOGUE)
    downloads["catalogue"] = pack("catalogue", catalogue, cards)
    ladder: list[Row] = []
    if validity is not None:
        table = read_table(validity, VALIDITY)
        ladder = table.to_pylist()
        downloads["validity"] = pack("validity", validity, table)
    extra: dict[str, dict[str, list[Row]]] = {}
    for folder in optional:
        extra[folder.name] = {}
        for name, schema in tables_of(folder.name).items():
            path = folder / f"{name}.parquet"
            table = read_table(path, schema)
            extra[folder.name][name] = table.to_pylist()
            downloads[f"{folder.name}_{name}"] = pack(f"{folder.name}_{name}", path, table)
    return Results(
        spec=spec,
        values=metrics,
        consistency=tables,
        catalogue=cards.to_pylist(),
        validity=ladder,
        **people,
        histories=_with_keys(histories or {}, HISTORY),
        runs=[{**asdict(run), **json.loads(path.read_text(encoding="utf-8"))} for run, path in (runs or {}).items()],
        searches=_with_keys(searches or {}, SEARCH),
        panels=read_table(panels, PANELS).to_pylist() if panels is not None else [],
        optional=extra,
        downloads=downloads,
        card=None if card is None else Card.model_validate_json(card.read_text(encoding="utf-8")),
    )


def _present(rows: Sequence[Row], name: str) -> list[float]:
    return [row[name] for row in rows if row[name] is not None]


def _with_keys(tables: Mapping[Run, Path] | Mapping[TuningKey, Path], schema: pa.Schema) -> list[Row]:
    """Rows of all tables, each with the key of its table."""
    return [{**asdict(key), **row} for key, path in tables.items() for row in read_table(path, schema).to_pylist()]
