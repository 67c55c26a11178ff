"""What of the CLAIM checklist this report covers, and what its authors still have to write.

Items of the Checklist for Artificial Intelligence in Medical Imaging: Mongan, Moy & Kahn 2020, Radiology: Artificial
Intelligence 2(2):e200029 (PMC8017414).
"""

from __future__ import annotations

from dataclasses import dataclass

from ldct.report.results import Results


@dataclass(frozen=True)
class Item:
    """A CLAIM item: its number, what it asks for, where this page answers it ('' where the authors must)."""

    number: int
    asks: str
    where: str


COVERED: tuple[tuple[int, str, str], ...] = (
    (4, "Objectives and hypotheses", "Conclusions: claims as hypotheses"),
    (7, "Data sources", "Cohort: series"),
    (9, "Pre-processing", "Methods: data"),
    (10, "Selection of data subsets", "Cohort: patients, split, set aside"),
    (12, "De-identification", "Cohort: pseudonyms; outputs are written from allow-lists"),
    (13, "Missing data", "Cohort: set aside; Methods: coverage, runs"),
    (14, "Reference standard", "Methods: metrics (full-dose images)"),
    (15, "Rationale of the reference standard", "Methods: limits"),
    (20, "Assignment to partitions", "Methods: data; table split"),
    (21, "Level at which partitions are disjoint", "Methods: data (patient)"),
    (22, "Model", "Methods: training"),
    (23, "Software", "Methods: software; results/provenance.json"),
    (24, "Initial parameters", "Methods: training (seeds)"),
    (25, "Training approach", "Methods: training; Training"),
    (26, "Selection of the final model", "Methods: training (checkpoint rule)"),
    (28, "Measures of performance", "Methods: metrics; Metrics explained"),
    (29, "Significance and uncertainty", "Methods: statistics; Tests"),
    (30, "Sensitivity analysis", "Agreement: windows, home metrics; Tests: variance"),
    (33, "Flow of participants", "Cohort"),
    (35, "Performance on the partitions", "Losses by metric; Training (validation)"),
    (37, "Failures", "Conclusions: failed trainings; Training"),
    (38, "Limitations", "Methods: limits"),
)
AUTHORS: tuple[tuple[int, str], ...] = (
    (1, "Identification as a study of AI in the title"),
    (2, "Structured summary"),
    (3, "Background"),
    (5, "Prospective or retrospective"),
    (6, "Goal of the study"),
    (8, "Eligibility criteria"),
    (11, "Definitions of data elements"),
    (16, "Source of annotations"),
    (17, "Annotation tools"),
    (19, "Intended sample size"),
    (27, "Ensembles"),
    (31, "Explainability"),
    (32, "External data"),
    (34, "Demographic and clinical characteristics"),
    (36, "Diagnostic accuracy"),
    (39, "Implications for practice"),
    (40, "Registration"),
    (41, "Access to the protocol"),
    (42, "Funding"),
)
# What of these holds where values come from another tool, of which the page says no more than that.
OF_VALUES = (4, 28, 29, 38)
RATERS = (18, "Variability of raters")


def items(results: Results) -> list[Item]:
    """All 42 items in order; that on raters is covered where readers' scores are part of the study."""
    foreign = results.spec.training is None
    found = [Item(n, asks, "" if foreign and n not in OF_VALUES else where) for n, asks, where in COVERED]
    found += [Item(number, asks, "") for number, asks in AUTHORS]
    found.append(Item(*RATERS, "Readers" if "readers" in results.optional else ""))
    return sorted(found, key=lambda item: item.number)
