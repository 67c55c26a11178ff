"""The sections of the page, in order.

A section is added by one line in SECTIONS. It shows page/sections/NAME.html, where there is such a file, and in or
below it its figures, each with the tables it was drawn from. A figure is a function of Results in a file of its own in
figures/; one that returns None has no data and is absent, and so is a section without a template whose figures all are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ldct.report.figures import (
    conspicuity,
    curves,
    differences,
    gain,
    heatmap,
    ranks,
    readers,
    regret,
    separation,
    stability,
    tau,
    training,
    validity,
    variance,
)
from ldct.report.figures.style import Figure
from ldct.report.results import Results
from ldct.report.write import PAGE


@dataclass(frozen=True)
class Plot:
    """A figure: its id, heading, caption, what a screen reader says, how it is drawn, names of its tables.

    inside: the section's template says where it stands; otherwise it follows the template. {checkpoints} in a caption
    is the number of kept epochs.
    """

    name: str
    title: str
    caption: str
    label: str
    draw: Callable[[Results], Figure | None]
    tables: tuple[str, ...] = ()
    inside: bool = False


@dataclass(frozen=True)
class Section:
    """A section: id, name in the menu, heading, figures; the optional stage or the rows of `table` it depends on.

    needs: rows of Results without which, and without any figure, there is nothing to show.
    """

    name: str
    menu: str
    title: str
    plots: tuple[Plot, ...] = ()
    stage: str | None = None
    table: str | None = None
    needs: str | None = None

    @property
    def template(self) -> str | None:
        name = f"sections/{self.name}.html"
        return name if (PAGE / name).is_file() else None


VALIDITY = Plot(
    "validity",
    "First: does each metric deserve to be believed on CT?",
    "Full-dose images were degraded step by step. 1 (blue): the metric gets worse at every step; 0: it does "
    "not follow; -1 (red): it calls worse images better. A metric that fails here must not be blamed on a "
    "loss.",
    "Monotonicity of each metric under graded degradations",
    validity.validity,
    ("validity",),
    inside=True,
)
TAU = Plot(
    "tau",
    "",
    "Kendall's tau-b between the orders that two metrics give the losses: 1 the same, -1 the opposite.",
    "Kendall's tau between metrics",
    tau.tau,
    ("tau", "image_level"),
    inside=True,
)
DIFFERENCES = Plot(
    "differences",
    "",
    "Paired differences from the reference loss (the line at 0), by the first metric of each construct; right is "
    "better. Bars are intervals that include other patients and other trainings; pale bars are about these trained "
    "networks only. Filled marks: a verdict; open marks: cannot tell. Grey marks are filters without training, the bar "
    "to beat. Within the shaded band losses count as the same.",
    "Paired differences of losses and filters from the reference loss, a panel a construct",
    differences.differences,
    ("contrasts", "filters"),
    inside=True,
)
RMSE = Plot(
    "rmse",
    "RMSE on unseen patients",
    "Mean over patients with interval; the dashed line is the low-dose input.",
    "RMSE of each loss with intervals, low dose as a dashed line",
    gain.rmse,
    ("loss_values",),
    inside=True,
)
HEATMAP = Plot(
    "heatmap",
    "",
    "Each cell is the mean over test patients; blue is better and red worse than the low-dose input, relative "
    "to the largest change of that metric. Hover for intervals.",
    "Losses against metrics, coloured by gain over low dose",
    heatmap.heatmap,
    ("loss_values",),
    inside=True,
)
RANKS = Plot(
    "ranks",
    "The place each metric gives each loss",
    "1 is best; bars are intervals of the place. Lines that cross are metrics that disagree.",
    "Rank of each loss by each metric",
    ranks.ranks,
    ("ranks",),
    inside=True,
)
CURVES = Plot(
    "curves",
    "",
    "Validation RMSE, mean over folds and seeds.",
    "Validation RMSE by epoch",
    training.curves,
    (),
    inside=True,
)
TRAJECTORIES = Plot(
    "trajectories",
    "Every metric at the kept epochs, on test patients",
    "The arrow says which way is better. With {checkpoints} kept epochs a run, a course is a sketch, not a test.",
    "Metrics over epochs",
    training.trajectories,
    ("trajectory_points", "trajectory_summary"),
    inside=True,
)
STABILITY = Plot(
    "stability",
    "How stable is each place when patients are resampled?",
    "The larger the disc, the more often a loss takes the place, over draws of patients and metrics of the primary "
    "window. One large disc: a firm place; many small ones: chance or disagreement of metrics.",
    "Share of draws in which each loss takes each place",
    stability.stability,
    ("rank_stability",),
)
NPS = Plot(
    "nps",
    "What is left of the noise, and of which grain",
    "Radial noise power spectrum in homogeneous soft tissue, relative to full dose: 1 is its noise, a line that falls "
    "to the right is noise of coarser grain, which looks plastic. Geometric mean over patients; hover for intervals "
    "that resample patients.",
    "Noise power spectrum of each loss relative to full dose",
    curves.nps,
    ("physics_curves",),
)
TTF = Plot(
    "ttf",
    "How sharp edges stay",
    "Transfer function across the isolated edges of the full dose, relative to full dose: below 1 is blurred, above 1 "
    "sharpened. Such edges are of high contrast; networks may blur faint ones more, which only inserted lesions show.",
    "Transfer function of each loss relative to full dose",
    curves.ttf,
    ("physics_curves",),
)
REGRET = Plot(
    "regret",
    "What the checkpoint rule costs by each metric",
    "Goodness lost by keeping the epoch with the best validation instead of the metric's own best epoch, in SDs "
    "between seeds. 0: the same epoch. Hover for intervals and for the regret without luck.",
    "Checkpoint regret of each loss by each metric",
    regret.regret,
    ("trajectory_summary",),
)
SEPARATION = Plot(
    "separation",
    "Which losses cannot be told apart?",
    "Mean rank over patients, 1 is best. A grey bar joins losses of which no two are told apart; patients and "
    "trainings are random, and all pairs and metrics are one family.",
    "Mean ranks of the losses by each metric with bars joining those not told apart",
    separation.separation,
    ("posthoc", "ranks"),
)
VARIANCE = Plot(
    "variance",
    "Where the variation comes from",
    "Share of the variance of each metric's goodness. Where 'loss' is small, the choice of loss matters little beside "
    "the patient, the seed or the slice.",
    "Variance components of each metric",
    variance.variance,
    ("variance",),
)
CONSPICUITY = Plot(
    "detectability",
    "How well model observers detect the inserted lesions",
    "Mean detectability by each observer; bars are intervals that resample patients, of these trained networks. A "
    "network gives back what lies between the low and the full dose.",
    "Detectability of inserted lesions by loss and observer",
    conspicuity.conspicuity,
    ("conspicuity_conspicuity",),
)
READERS = Plot(
    "readers",
    "Which metrics follow the readers",
    "Spearman's correlation of each metric with the mean score; bars are intervals that resample patients. Metrics are "
    "oriented so that 1 is full agreement.",
    "Correlation of each metric with the readers' mean score",
    readers.readers,
    ("readers_metrics", "readers_differences"),
)

SECTIONS: tuple[Section, ...] = (
    Section("conclusions", "Conclusions", "Conclusions", (DIFFERENCES,)),
    Section("preregistration", "Preregistration", "Confirmatory and exploratory", needs="questions"),
    Section("images", "Images", "Images", needs="panels"),
    Section("metrics", "Losses by metric", "Losses by metric", (RMSE, HEATMAP, RANKS, STABILITY)),
    Section("physics", "Noise, sharpness", "Noise texture and sharpness", (NPS, TTF), stage="physics"),
    Section("agreement", "Agreement", "Agreement of the metrics", (VALIDITY, TAU)),
    Section("training", "Training", "Training", (CURVES, TRAJECTORIES, REGRET), needs="runs"),
    Section("tests", "Tests", "Tests", (SEPARATION, VARIANCE)),
    Section("proposal", "Proposed loss", "The proposed loss", table="candidate"),
    Section("conspicuity", "Lesions", "Lesion conspicuity", (CONSPICUITY,), stage="conspicuity"),
    Section("readers", "Readers", "Readers", (READERS,), stage="readers"),
    Section("study", "Study", "The study", needs="card"),
    Section("cohort", "Cohort", "Cohort", needs="patients"),
    Section("methods", "Methods", "Methods"),
    Section("glossary", "Metrics explained", "Metrics explained"),
)


def shown(results: Results) -> tuple[list[tuple[Section, list[Plot]]], dict[str, Figure]]:
    """Sections with something to show, each with its figures that have data; and these figures by name."""
    found: list[tuple[Section, list[Plot]]] = []
    figures: dict[str, Figure] = {}
    for section in SECTIONS:
        if section.stage is not None and section.stage not in results.optional:
            continue
        if section.table is not None and not results.table(section.table, model=results.model):
            continue
        drawn = {plot.name: plot.draw(results) for plot in section.plots}
        figures |= {name: figure for name, figure in drawn.items() if figure is not None}
        plots = [plot for plot in section.plots if drawn[plot.name] is not None]
        absent = section.needs is not None and not getattr(results, section.needs)
        if plots or (section.template and not absent):
            found.append((section, plots))
    return found, figures
