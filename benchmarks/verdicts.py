"""How often the analysis is wrong, and how often it tells: simulated studies whose truth is known.

Six losses, twelve metrics in four constructs whose noise is correlated .7; SDs: patient 1, patient x loss .3, slice .3,
residual .1, and a run's own noise (per loss, seed and fold) of 0, .2 or .4. Names end in patients, seeds and folds with
two digits each, then `_runsd00` or `_runsd40` where the SD of runs is not .2. Every study goes through the functions
that write the workflow's tables.
"""

from __future__ import annotations

import os

# One thread a process: the studies are what runs in parallel.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from typing import Any

import numpy as np

from benchmarks.measured import Measured, thresholds, write_block
from benchmarks.readers import SIZES, false_best_metric
from benchmarks.training_claims import AGAINST, SLICE_SDS, WOBBLE, training_verdicts
from ldct.statistics.claims import answer
from ldct.statistics.claims_of_ranking import claims_of_ranking
from ldct.statistics.evidence import Verdicts
from ldct.statistics.inference.common_order import judged_ranks
from ldct.statistics.loss_tests import contrasts
from ldct.statistics.panel import panels
from ldct.statistics.panel_rows import panel_rows
from ldct.statistics.policy import Verdict
from ldct.statistics.policy.thresholds import CLAIMS
from ldct.statistics.ranking import loss_draws
from ldct.statistics.ranks import kendall_w, ranks
from ldct.statistics.votes import BETWEEN, voters
from tests.support.reading_studies import ReadingStudy
from tests.support.simulated import dense_of, draw_sample, settings_of

DESIGNS = ((8, 1, 2), (8, 3, 2), (10, 3, 5), (30, 1, 5), (30, 3, 5))
RUN_SDS = (0.0, 0.2, 0.4)
LOSSES, METRICS = 6, 12
BETTER = 0.5
DRAWS = 200
# Where agreement is judged: losses that differ by less than their noise, and by much more.
CLOSE, APART = 0.15, 1.0
COVER_DESIGNS = ((8, 3, 2), (10, 3, 5), (30, 3, 5))
# How much of a loss's effect all constructs share.
COMMON = (0.0, 0.5, 1.0)

Design = tuple[int, int, int]


def verdicts_of(rng: np.random.Generator, design: Design, run_sd: float, **truth: Any) -> Verdicts:
    """A simulated study up to its verdicts."""
    patients, seeds, folds = design
    sample = draw_sample(
        rng, patients=patients, seeds=seeds, folds=folds, losses=LOSSES, metrics=METRICS, run_sd=run_sd, **truth
    )
    dense = dense_of(rng, sample)
    built, _ = panels(dense)
    return Verdicts(built[0], settings_of(dense, DRAWS, seed=int(rng.integers(1 << 30))))


def false_verdicts(seed: int, design: Design, run_sd: float) -> dict[str, bool]:
    """Whether a study of equal losses has a verdict, by question; a loss called the same as another is right."""
    rng = np.random.default_rng([seed, *design, int(100 * run_sd)])
    found = verdicts_of(rng, design, run_sd)
    rows = panel_rows(found, found.panel.bootstrap(DRAWS, rng))
    sided = (Verdict.BETTER, Verdict.WORSE)
    family = found.settings.model_copy(update={"confidence": 1 - found.settings.policy.shared_by(CLAIMS).alpha})
    claims = [answer(one, "network", family)[0]["verdict"] for one in claims_of_ranking(found, family.confidence)]
    overall = [row for row in rows["votes"] if not row["left_out"]]
    return {
        "differ": any(row["verdict"] != Verdict.CANNOT_TELL for row in rows["friedman"]),
        "contrasts": any(row["verdict"] in sided for row in rows["contrasts"]),
        "pairs": any(row["verdict"] in sided for row in rows["posthoc"]),
        "best": any(row["sure"] == "sure" for row in rows["best_loss"]),
        "agreement": any(row["verdict"] != Verdict.CANNOT_TELL for row in overall if row["question"] == BETWEEN),
        "claims": any(verdict != Verdict.CANNOT_TELL for verdict in claims),
    }


def told(seed: int, design: Design, run_sd: float) -> float:
    """Share of metrics by which the loss that is better by BETTER is called better than the reference."""
    rng = np.random.default_rng([seed, *design, int(100 * run_sd), 1])
    found = verdicts_of(rng, design, run_sd, better=BETTER)
    draws = loss_draws(found.panel, found.panel.bootstrap(DRAWS, rng))
    rows = contrasts(found.panel, draws, found, found.settings)
    return float(np.mean([row["verdict"] == Verdict.BETTER for row in rows if row["loss"] == "loss1"]))


def covered(seed: int, design: Design, spread: float, common: float) -> tuple[bool, bool]:
    """Whether the interval of W holds the true W: of metrics, and of constructs."""
    rng = np.random.default_rng([seed, *design, int(100 * spread), int(10 * common)])
    shared = rng.normal(size=(1, LOSSES))
    own = np.repeat(rng.normal(size=(4, LOSSES)), METRICS // 4, 0)
    effects = spread * (np.sqrt(common) * shared + np.sqrt(1 - common) * own)
    # Metrics of a construct differ a little, so that they too have an order of their own.
    effects = effects + 0.2 * spread * rng.normal(size=effects.shape) * (common < 1)
    found = verdicts_of(rng, design, 0.2, effects=effects)
    groups = list(voters(found.panel, found.settings).values())
    hits = []
    for judges in ([np.array([c]) for c in range(METRICS)], groups):
        w = found.agreement(judges, found.settings.confidence).w
        truth = float(kendall_w(judged_ranks(ranks(effects), judges)))
        hits.append(bool(w.low - 1e-9 <= truth <= w.high + 1e-9))
    return hits[0], hits[1]


def training_claims(pool: ProcessPoolExecutor, studies: int, measured: Measured) -> None:
    """Verdicts against metrics that are functions of the loss, and, for power, against those that are not."""
    seeds = range(max(studies // 3, 1))
    worst = 0.0
    for design in DESIGNS:
        name = "".join(f"{part:02d}" for part in design)
        for slice_sd in SLICE_SDS:
            args = (repeat(design), repeat(0.2), repeat(slice_sd))
            null = list(pool.map(training_verdicts, seeds, *args, chunksize=5))
            share = float(np.mean([any(one[question] for question in AGAINST) for one in null]))
            worst = max(worst, share)
            suffix = "" if slice_sd == SLICE_SDS[0] else f"_slicesd{100 * slice_sd:.0f}"
            measured.share(f"false_training_claims_{name}{suffix}", share)
        args = (repeat(design), repeat(0.2), repeat(SLICE_SDS[0]), repeat(WOBBLE))
        told = list(pool.map(training_verdicts, seeds, *args, chunksize=5))
        for question in ("claim_not_following", "claim_erratic"):
            measured.share(f"power_{question}_{name}", float(np.mean([one[question] for one in told])))
    measured.share("false_training_claims", worst)


def best_metric(pool: ProcessPoolExecutor, studies: int, measured: Measured) -> None:
    """Readers: how often one of equal metrics is called worse than the best."""
    sizes = [ReadingStudy(*size) for size in SIZES]
    shares = list(pool.map(false_best_metric, sizes, repeat(studies)))
    for size, share in zip(SIZES, shares, strict=True):
        measured.share("false_best_metric_" + "".join(f"{part:02d}" for part in size), share)
    measured.share("false_best_metric", max(shares))


def of_design(pool: ProcessPoolExecutor, design: Design, run_sd: float, studies: int, measured: Measured) -> None:
    """False verdicts on equal losses, and power for one that is better."""
    name = "".join(f"{part:02d}" for part in design) + ("" if run_sd == 0.2 else f"_runsd{100 * run_sd:02.0f}")
    null = list(pool.map(false_verdicts, range(studies), repeat(design), repeat(run_sd), chunksize=10))
    count = Counter(question for one in null for question, verdict in one.items() if verdict)
    shares = {question: count[question] / len(null) for question in null[0]}
    for question, share in shares.items():
        measured.share(f"false_{question}_{name}", share)
    measured.share(f"any_false_verdict_{name}", max(shares.values()))
    power = list(pool.map(told, range(studies), repeat(design), repeat(run_sd), chunksize=10))
    measured.share(f"power_{name}", float(np.mean(power)))


def coverage_of_w(pool: ProcessPoolExecutor, studies: int, measured: Measured) -> None:
    for name, spread in (("close", CLOSE), ("apart", APART)):
        hits = []
        for design in COVER_DESIGNS:
            for common in COMMON:
                args = (range(max(studies // 3, 1)), repeat(design), repeat(spread), repeat(common))
                hits += pool.map(covered, *args, chunksize=10)
        measured.share(f"cover_w_{name}", float(np.mean([metrics for metrics, _ in hits])))
        measured.share(f"cover_w_{name}_constructs", float(np.mean([groups for _, groups in hits])))


def main() -> None:
    """Print the shares; --studies sets how many of each, --jobs how many processes, --docs writes them down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--docs", action="store_true", help="write thresholds and shares into docs/statistics.md")
    chosen = parser.parse_args()
    start, measured = time.perf_counter(), Measured()
    with ProcessPoolExecutor(chosen.jobs) as pool:
        for design in DESIGNS:
            for run_sd in RUN_SDS:
                of_design(pool, design, run_sd, chosen.studies, measured)
        coverage_of_w(pool, chosen.studies, measured)
        training_claims(pool, chosen.studies, measured)
        best_metric(pool, chosen.studies, of_readers := Measured())
    print(f"seconds verdicts {time.perf_counter() - start:.0f}")
    if chosen.docs:
        error = (0.05 * 0.95 / chosen.studies) ** 0.5
        note = f"{chosen.studies} studies of each; the Monte Carlo error (one SE) of a share of .05 is {error:.3f}."
        write_block("statistics.md", "thresholds", thresholds())
        tables = [measured.table("all designs"), of_readers.table("all studies")]
        write_block("statistics.md", "verdicts", "\n\n".join([note, *tables]))


if __name__ == "__main__":
    main()
