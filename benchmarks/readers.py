"""Operating characteristics of the readers' statistics, on simulated reading studies with every nuisance.

Patient, image, reader, reader x patient, taste of readers and rest vary; images of one patient are alike. Names end in
PPIIRR: patients, images a patient, readers; without it they are 10, 6 and 3. Level .05, intervals of 95 %.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.measured import Measured, write_block  # noqa: E402
from ldct.readers.against_metrics import differences  # noqa: E402
from ldct.readers.agreement_of_metric import PairTests, correlations, fitted  # noqa: E402
from ldct.readers.mrmc import compare  # noqa: E402
from ldct.readers.plan import Components, power  # noqa: E402
from ldct.readers.preference import choice_rows, loss_rows  # noqa: E402
from ldct.readers.reliability import reliability  # noqa: E402
from ldct.statistics.policy.readers import LOSS, METRIC, POLICY  # noqa: E402
from tests.support.reading_studies import ReadingStudy  # noqa: E402

SIZES = ((10, 6, 3), (20, 6, 4), (6, 6, 2))
DRAWS = 1000
LOSSES = ("mse", "l1", "ssim", "vgg", "edge", "tv")


def main() -> None:
    """Print every share; Monte Carlo error of a share of .05 over 300 studies is .013."""
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("--studies", type=int, default=300, help="studies of each share (default: %(default)s)")
    cli.add_argument("--docs", action="store_true", help="write the shares into docs/readers.md")
    chosen = cli.parse_args()
    studies, measured = chosen.studies, Measured()
    for patients, images, readers in SIZES:
        study = ReadingStudy(patients, images, readers)
        suffix = "" if (patients, images, readers) == SIZES[0] else f"_{patients:02d}{images:02d}{readers:02d}"
        for name, value in shares(study, studies):
            measured.share(f"{name}{suffix}", value)
    if chosen.docs:
        write_block("readers.md", "measured", measured.table(" / ".join(f"{part:02d}" for part in SIZES[0])))


def shares(study: ReadingStudy, studies: int) -> Iterator[tuple[str, float]]:
    """Every share of studies of one size."""
    yield "false_best_metric", false_best_metric(study, studies)
    yield "false_best_metric_taste", false_best_metric(replace(study, taste_sd=0.8, common=0.0), studies)
    yield "false_best_metric_uncorrected", uncorrected(study, studies)
    yield "power_best_metric", power_best_metric(replace(study, better=1), studies)
    yield from coverage(study, studies).items()
    yield "false_loss", false_loss(study, studies)
    yield "cover_strength", cover_strength(study, studies)
    yield "cover_krasula", cover_krasula(study, studies)
    planned, simulated = planned_power(study, 5 * studies)
    yield "power_planned", planned
    yield "power_simulated", simulated


def verdicts(study: ReadingStudy, studies: int) -> Iterator[list[str]]:
    """The verdicts on the metrics of each study."""
    for seed in range(studies):
        readings, values = study.table(np.random.default_rng([1, seed]))
        yield [row["verdict"] for row in differences(values, readings, DRAWS, 1 - POLICY.level, seed)]


def false_best_metric(study: ReadingStudy, studies: int) -> float:
    """Share of studies with equal metrics in which any is called worse than the best."""
    return float(np.mean([METRIC.below in words for words in verdicts(study, studies)]))


def power_best_metric(study: ReadingStudy, studies: int) -> float:
    """Mean share of the other metrics that are called worse where one is better."""
    return float(np.mean([words.count(METRIC.below) / (study.metrics - 1) for words in verdicts(study, studies)]))


def uncorrected(study: ReadingStudy, studies: int) -> float:
    """The same by the p of single pairs with the highest, as if that had been known: why the best is sought anew."""
    hits = []
    for seed in range(studies):
        readings, values = study.table(np.random.default_rng([1, seed]))
        rows = differences(values, readings, 100, 1 - POLICY.level, seed)
        hits.append(min(row["p"] for row in rows) < POLICY.level)
    return float(np.mean(hits))


def coverage(study: ReadingStudy, studies: int) -> dict[str, float]:
    """Coverage of the intervals of SROCC, PLCC after the curve, ICC(2,1) (cover_icc) and ICC(3,1)."""
    truth = study.truth(np.random.default_rng(0))
    names = {"srocc": "cover_srocc", "plcc_fit": "cover_plcc_fit", "ICC(2,1)": "cover_icc"}
    names["ICC(3,1)"] = "cover_icc_consistency"
    hits: dict[str, list[bool]] = {share: [] for share in names.values()}
    for seed in range(studies):
        rng = np.random.default_rng([2, seed])
        readings, values = study.draw(rng)
        x = values[:, -1]
        bounds = {s.name: (s.low, s.high) for s in (*correlations(x, readings, 0.95), *fitted(x, readings, 0.95, 4))}
        images = [f"i{k}" for k in range(len(x))]
        ratings = frame(readings.ratings, images)
        rows = reliability(ratings, pd.Series(readings.patients, images), DRAWS, 0.95, rng)
        bounds |= {row["name"]: (row["low"], row["high"]) for row in rows}
        for name, share in names.items():
            low, high = bounds[name]
            hits[share].append(low <= truth[name] <= high)
    return {share: float(np.mean(values)) for share, values in hits.items()}


def frame(ratings: np.ndarray, images: list[str]) -> pd.DataFrame:
    """RATINGS rows of scores (images, readers)."""
    return pd.concat(
        pd.DataFrame({"reader": f"R{r}", "case": "c", "image": images, "score": ratings[:, r], "session": "1"})
        for r in range(ratings.shape[1])
    )


def false_loss(study: ReadingStudy, studies: int) -> float:
    """Share of studies with equal losses (one image of each a patient) in which any is called better or worse."""
    study = replace(study, images=len(LOSSES))
    hits = []
    for seed in range(studies):
        readings, _ = study.draw(np.random.default_rng([3, seed]))
        images = [f"i{k}" for k in range(len(readings.patients))]
        losses = [LOSSES[k % len(LOSSES)] for k in range(len(images))]
        key = pd.DataFrame({"image": images, "patient": readings.patients, "model": "net", "loss": losses})
        rows = loss_rows(frame(readings.ratings, images), key, "mse", 0.95)
        hits.append(any(row.get("verdict") in (LOSS.above, LOSS.below) for row in rows))
    return float(np.mean(hits))


def cover_strength(study: ReadingStudy, studies: int) -> float:
    """Coverage of the intervals of Bradley-Terry strengths of three losses, with tastes of patients and readers."""
    losses, means = LOSSES[:3], np.array([0.4, 0.0, -0.4])
    bounds, values = [], []
    for seed in range(studies):
        rng = np.random.default_rng([4, seed])
        taste = means + rng.normal(0, 0.3, (study.readers, 1, 3)) + rng.normal(0, 0.4, (1, study.patients, 3))
        rows, key = [], []
        for p in range(study.patients):
            key += [{"image": f"{p}{loss}", "patient": p, "model": "net", "loss": loss} for loss in losses]
            for r in range(study.readers):
                for a, b in ((0, 1), (0, 2), (1, 2)) * 2:
                    left = rng.random() < 1 / (1 + np.exp(taste[r, p, b] - taste[r, p, a]))
                    names = {"left": f"{p}{losses[a]}", "right": f"{p}{losses[b]}"}
                    rows.append({"reader": f"R{r}", **names, "choice": "left" if left else "right"})
        result = choice_rows(pd.DataFrame(rows), pd.DataFrame(key), 0.95)
        values.append([row["strength"] for row in result])
        bounds.append([(row["strength_low"], row["strength_high"]) for row in result])
    # The strength that many studies of this size have on average.
    truth, spans = np.mean(values, axis=0), np.array(bounds)
    return float(((spans[..., 0] <= truth) & (truth <= spans[..., 1])).mean())


def cover_krasula(study: ReadingStudy, studies: int) -> float:
    """Coverage of the intervals of Krasula's three measures of a metric, by the mean of many studies of this size."""
    rows = []
    for seed in range(studies):
        readings, values = study.draw(np.random.default_rng([6, seed]))
        results = list(PairTests(readings).statistics(values[:, -1], 0.95))
        # Without one pair that readers told apart a study has no value and no interval.
        rows.append([(r.value, r.low, r.high) for r in results] or [(np.nan,) * 3] * 3)
    value, low, high = np.moveaxis(np.array(rows), -1, 0)
    known = np.isfinite(low)
    truth = np.nanmean(value, axis=0)
    return float(((low <= truth) & (truth <= high))[known].mean())


def planned_power(study: ReadingStudy, studies: int) -> tuple[float, float]:
    """Power that the plan promises for a difference of .5 in mean score, and that of simulated studies."""
    components = Components(0.15**2, 0.3**2, 0.5**2)
    rng, hits = np.random.default_rng(5), 0
    shape = (study.readers, study.patients)
    for _ in range(studies):
        d = 0.5 + rng.normal(0, 0.15, (shape[0], 1)) + rng.normal(0, 0.3, (1, shape[1])) + rng.normal(0, 0.5, shape)
        hits += compare(d, np.zeros(shape)).p < POLICY.level
    return power(0.5, components, study.patients, study.readers), hits / studies


if __name__ == "__main__":
    main()
