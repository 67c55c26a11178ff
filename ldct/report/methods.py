"""The methods section, written from the configuration that was run."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Sequence
from typing import TYPE_CHECKING

import ldct
from ldct.losses.declared import TERMS
from ldct.models.declared import NETWORKS
from ldct.report.results import Results
from ldct.statistics.evidence import LEAST_DRAWS
from ldct.statistics.policy.thresholds import LEAST_FOLDS_AS_REPLICATES, LEAST_PATIENTS

if TYPE_CHECKING:
    from ldct.stages.shown import ShownFilter, ShownLesions, ShownPatches, ShownStatistics, ShownTerm, ShownTraining


def text(results: Results) -> list[str]:
    """Paragraphs: data, training, metrics, statistics, software."""
    return [*_study(results), _statistics(results.spec.statistics), _software()]


def _study(results: Results) -> list[str]:
    """Data, training, metrics and lesions; of values that another tool measured, what their table says."""
    spec = results.spec
    train, judged, cohort, patches = spec.training, spec.evaluation, spec.cohort, spec.patches
    if train is None or judged is None or cohort is None or patches is None or spec.lesions is None:
        return [_measured_elsewhere(results)]
    kinds = {row["source"] for row in results.series if row["dose"] == "low"}
    origin = {
        "synthetic": "simulated as raw projections and reconstructed",
        "ctpd": "reconstructed from raw projections",
        "inserted": "made by noise insertion in the projection domain",
        "dicom": "acquired",
        "volume": "given as volumes",
    }
    made = "; ".join(origin[kind] for kind in sorted(kinds) if kind in origin)
    networks = ", ".join(f"{m.name} ({_network(m.use)} {m.options or 'with defaults'})" for m in spec.networks)
    losses = "; ".join(
        f"{results.label(loss.name)} = " + " + ".join(_term(term) for term in loss.terms) for loss in spec.losses
    )
    slices = "All" if judged.slices_per_patient is None else judged.slices_per_patient
    windows = ", ".join(f"{n} (centre {w.center:g}, width {w.width:g} HU)" for n, w in judged.windows.items())
    accepted = sum(row["status"] == "accepted" for row in results.patients)
    return [
        f"Data. {len(results.patients)} patients were offered and {accepted} accepted. Low-dose images were {made}. "
        f"Each patient is tested exactly once, in one of {cohort.folds} patient-level folds; "
        f"{cohort.validation_patients} training patient(s) of each fold are kept aside for validation.",
        f"Training. Networks: {networks}. Losses: {losses}. Every loss had the same patches "
        f"({_patches(patches)}), order, batch "
        f"({train.batch}), optimiser ({train.optimiser}, {_rate(train)}, "
        f"{train.schedule}), budget ({train.epochs} epochs of {train.steps_per_epoch} steps) and checkpoint "
        f"rule ('{train.checkpoint_rule}'). Seeds: {', '.join(map(str, train.seeds))}.",
        f"Metrics. {slices} test slices of each patient were judged in HU and in the windows {windows}, at epochs "
        f"{', '.join(map(str, train.checkpoints))}. Full-dose images are the reference; they are not free of noise. "
        f"{_filters(judged.filters)}Values: {results.values.as_posix()}.",
        *_lesions(spec.lesions),
    ]


def _measured_elsewhere(results: Results) -> str:
    """What is known of values that come as a table."""
    design = results.design
    return (
        f"Data. Values of {design['patients']} patients, {len(results.losses)} losses, folds: {design['folds']}, "
        f"seeds: {design['seeds']}, came as a table that another tool made. How images were made, "
        "networks trained and slices chosen is not known here and is for the authors to say. A table without folds or "
        "seeds is read as one fold and one seed: then trainings cannot be told from patients."
    )


def _statistics(stats: ShownStatistics) -> str:
    draws, family = stats.bootstrap_draws, max(stats.bootstrap_draws, LEAST_DRAWS)
    return (
        "Statistics. Verdicts are about losses: patients and trainings (loss, fold and seed) are both random, "
        "slices are averaged within patients, and a fold is a cluster of patients that share a network. The "
        "variance of a contrast is the sum of the mean squares of patients and of trainings within folds, less "
        "that of the rest, with Satterthwaite's degrees of freedom and Student's t. With one seed the means of "
        f"folds are the replicates, from {LEAST_FOLDS_AS_REPLICATES} folds on; with fewer, or fewer than "
        f"{LEAST_PATIENTS} patients, the answer is 'cannot tell'. Intervals are {100 * stats.confidence:g} %. The "
        f"tests of one question, over its metrics and losses, are one family (step-down maximum of {family} "
        "draws, Westfall & Young 1993; Holm where there are no common draws), and the claims are a "
        "family of their own. Losses are the same within a margin by two one-sided tests. Agreement is Kendall's "
        "W with one vote for each construct, of metrics that do not fail graded degradations, against what noise "
        "leaves of full agreement; its interval inverts simulated studies. Intervals said to be of these trained "
        f"networks resample patients, then slices, {draws} times. Thresholds, and how often the procedure is "
        "wrong: docs/statistics.md."
    )


def _software() -> str:
    return "Software. " + ", ".join(f"{name} {version}" for name, version in versions().items()) + "."


def _rate(train: ShownTraining) -> str:
    search = train.search
    if not search.learning_rates:
        return f"peak learning rate {train.learning_rate:g}"
    rates = ", ".join(f"{rate:g}" for rate in sorted(search.learning_rates))
    criterion = search.criterion.replace("_", " ")
    return f"peak learning rate of {rates} with the least {criterion} after {search.steps} steps"


def _filters(filters: Sequence[ShownFilter]) -> str:
    said = " and by ".join(one.settings or one.label for one in filters)
    return f"For comparison the low dose was filtered by {said}. " if filters else ""


def _lesions(lesions: ShownLesions) -> list[str]:
    if not lesions.per_patient and not lesions.tumours:
        return []
    sizes, contrasts = (", ".join(f"{v:g}" for v in values) for values in (lesions.diameters_mm, lesions.contrasts_hu))
    return [
        f"Lesions. Up to {lesions.per_patient} lesions ({' and '.join(lesions.kinds)}, {sizes} mm, {contrasts} "
        "HU) were inserted into each test patient before the dose was reduced, masks of real tumours were given for "
        f"{lesions.tumours} patients. Channelised Hotelling observers ({', '.join(lesions.channels)}) and the "
        f"non-prewhitening matched filter judged regions of {lesions.region_mm:g} mm, their templates trained on "
        "other patients where there were any. Filters were judged on the same lesions."
    ]


def _patches(patches: ShownPatches) -> str:
    of = f"of {patches.size} x {patches.size} pixels"
    if patches.sampling == "whole_volume":
        return f"all {of}, side by side over every slice"
    return f"{patches.per_patient} {of} a patient"


def _network(use: str) -> str:
    return NETWORKS[use].label if use in NETWORKS else use


def _term(term: ShownTerm) -> str:
    name = TERMS[term.use].label if term.use in TERMS else term.use
    if term.psi is not None:
        return f"{name} with a share of {term.psi:g}"
    return f"{term.weight:g} {name}"


def versions() -> dict[str, str]:
    """Versions of what computed the tables and the page, where installed."""
    found = {"ldct": ldct.__version__, "Python": platform.python_version()}
    for package in ("snakemake", "torch", "pydicom", "numpy", "scipy", "statsmodels", "pyarrow", "plotly"):
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
