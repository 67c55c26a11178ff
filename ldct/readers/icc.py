"""Intraclass correlation of readers, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class ICC:
    """An intraclass correlation and its interval."""

    form: str
    value: float
    low: float
    high: float


def icc(ratings: np.ndarray, confidence: float = 0.95) -> list[ICC]:
    """ICC(2,1), ICC(2,k), ICC(3,1) and ICC(3,k) of `ratings` (images, readers), complete.

    Two-way models: (2,.) is absolute agreement of readers drawn from a population, (3,.) consistency of these readers;
    (., k) is that of the mean over readers. Exact F intervals for (3,.), Satterthwaite's for (2,.).
    Shrout & Fleiss 1979, Psychol. Bull. 86:420; McGraw & Wong 1996, Psychol. Methods 1:30. Raises ValueError with
    fewer than two images or readers, or missing ratings.
    """
    n, k = ratings.shape
    if n < 2 or k < 2 or not np.isfinite(ratings).all():
        raise ValueError(f"ICC needs complete ratings of at least two images by two readers; these are {n} by {k}")
    grand = ratings.mean()
    rows = k * ((ratings.mean(1) - grand) ** 2).sum() / (n - 1)
    columns = n * ((ratings.mean(0) - grand) ** 2).sum() / (k - 1)
    residual = ratings - ratings.mean(1, keepdims=True) - ratings.mean(0, keepdims=True) + grand
    error = (residual**2).sum() / ((n - 1) * (k - 1))
    tail = (1 + confidence) / 2
    if rows == 0 and error == 0:
        return [ICC(form, float("nan"), float("nan"), float("nan")) for form in ("2,1", "2,k", "3,1", "3,k")]

    consistency = (rows - error) / (rows + (k - 1) * error)
    agreement = (rows - error) / (rows + (k - 1) * error + k * (columns - error) / n)
    f = rows / error if error else np.inf
    lower = f / stats.f.ppf(tail, n - 1, (n - 1) * (k - 1))
    upper = f * stats.f.ppf(tail, (n - 1) * (k - 1), n - 1)
    three = [_bounded((bound - 1) / (bound + k - 1)) if np.isfinite(bound) else 1.0 for bound in (lower, upper)]

    # Satterthwaite's degrees of freedom of the denominator.
    a = k * agreement / (n * (1 - agreement)) if agreement < 1 else np.inf
    b = 1 + k * agreement * (n - 1) / (n * (1 - agreement)) if agreement < 1 else np.inf
    if np.isfinite(a) and error > 0:
        top = (a * columns + b * error) ** 2
        v = top / ((a * columns) ** 2 / (k - 1) + (b * error) ** 2 / ((n - 1) * (k - 1)))
        f1, f2 = stats.f.ppf(tail, n - 1, v), stats.f.ppf(tail, v, n - 1)
        mixed = k * columns + (k * n - k - n) * error
        two = [n * (rows - f1 * error) / (f1 * mixed + n * rows), n * (f2 * rows - error) / (mixed + n * f2 * rows)]
    else:
        two = [1.0, 1.0]
    return [
        ICC("2,1", agreement, *two),
        ICC("2,k", _stepped(agreement, k), *(_stepped(bound, k) for bound in two)),
        ICC("3,1", consistency, *three),
        ICC("3,k", _stepped(consistency, k), *(_stepped(bound, k) for bound in three)),
    ]


def clustered_bounds(
    ratings: np.ndarray, patients: np.ndarray, confidence: float, draws: int, rng: np.random.Generator
) -> dict[str, tuple[float, float]]:
    """Interval of each form of ICC where images of one patient are alike.

    ratings (images, readers), complete; patients (images,). Scores are the sum of patient, image within patient,
    reader, reader x patient and rest, all random; images differ by patient and image. Generalised intervals (Weerahandi
    1993, JASA 88:899) from the five mean squares, each an independent chi-squared; unequal numbers of images by
    unweighted means (Thomas & Hultquist 1978, Ann. Stat. 6:582). With one image a patient they are those of `icc`. NaN
    with fewer than two patients.
    """
    names, of = np.unique(patients, return_inverse=True)
    p, (n, k) = len(names), ratings.shape
    if n == p:
        return {item.form: (item.low, item.high) for item in icc(ratings, confidence)}
    if p < 2:
        return dict.fromkeys(("2,1", "2,k", "3,1", "3,k"), (float("nan"), float("nan")))
    count = np.bincount(of)
    cell = np.stack([np.bincount(of, ratings[:, r]) / count for r in range(k)], axis=1)
    h = p / (1 / count).sum()
    inner = cell - cell.mean(1, keepdims=True) - cell.mean(0, keepdims=True) + cell.mean()
    image = ratings.mean(1) - cell.mean(1)[of]
    rest = ratings - cell[of] - image[:, None]
    squares = (
        (h * k * cell.mean(1).var() * p, p - 1),
        (h * p * cell.mean(0).var() * k, k - 1),
        (h * (inner**2).sum(), (p - 1) * (k - 1)),
        (k * (image**2).sum(), n - p),
        ((rest**2).sum(), (n - p) * (k - 1)),
    )
    patient, reader, both, within, error = (total / rng.chisquare(degrees, draws) for total, degrees in squares)
    inconsistent = np.maximum(both - error, 0.0) / h + error
    signal = np.maximum((patient - within - both + error) / h + within - error, 0.0) / k
    shift = np.maximum(reader - both, 0.0) / (h * p)
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        three = np.quantile(signal / (signal + inconsistent), tails)
        two = np.quantile(signal / (signal + inconsistent + shift), tails)
    bounds = {"2,1": two, "2,k": [_stepped(b, k) for b in two], "3,1": three, "3,k": [_stepped(b, k) for b in three]}
    return {form: (float(low), float(high)) for form, (low, high) in bounds.items()}


def _stepped(single: float, k: int) -> float:
    """Spearman-Brown: the reliability of the mean of k readers."""
    denominator = 1 + (k - 1) * single
    return k * single / denominator if denominator > 0 else float("-inf")


def _bounded(value: float) -> float:
    return float(np.clip(value, -1.0, 1.0))
