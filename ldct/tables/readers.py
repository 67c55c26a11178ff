"""Reader studies: the CSV files that people exchange, and results/readers/*.parquet."""

from __future__ import annotations

import pyarrow as pa

from ldct.tables.schema import PATIENT, column

READER = column("reader", pa.string(), "code of the reader, not a name")
CASE = column("case", pa.string(), "code of the case; images of one case show the same slice")
SESSION = column("session", pa.string(), "reading session; an image is rated once a session")
MODEL = column("model", pa.string(), "network, or 'anchor'")
LOSS = column("loss", pa.string(), "training loss, 'low_dose' or 'full_dose'")

OVER = column("over", pa.string(), "what the interval lets vary: 'patients and readers', or 'patients' (these readers)")
VERDICT = column("verdict", pa.string(), "in words, by ldct/statistics/policy/readers.py", nullable=True)
PATIENTS = column("patients", pa.int32(), "patients in it")
READERS = column("readers", pa.int32(), "readers in it")

RATINGS = pa.schema(
    [
        READER,
        CASE,
        column("image", pa.string(), "code of the image, which says nothing of what it is"),
        column("score", pa.float64(), "rating; more is better"),
        SESSION,
    ]
)
PAIRS = pa.schema(
    [
        READER,
        CASE,
        column("left", pa.string(), "code of the image shown left"),
        column("right", pa.string(), "code of the image shown right"),
        column("choice", pa.string(), "'left' or 'right': the better one"),
        SESSION,
    ]
)
KEY = pa.schema(
    [
        column("image", pa.string(), "code of the image"),
        CASE,
        PATIENT,
        column("slice", pa.int32(), "slice index in the image table"),
        MODEL,
        LOSS,
        column("seed", pa.int32(), "training seed; 0 for anchors"),
        column("checkpoint", pa.int32(), "epoch of the weights; 0 for anchors"),
    ]
)


def _estimate(about: str) -> list[pa.Field]:
    return [
        column("value", pa.float64(), about, nullable=True),
        column("low", pa.float64(), "lower end of the interval", nullable=True),
        column("high", pa.float64(), "upper end of the interval", nullable=True),
    ]


AGREEMENT = pa.schema(
    [
        column("kind", pa.string(), "icc, kappa, kappa_pair or kappa_self"),
        column("name", pa.string(), "form of the coefficient, or the readers compared"),
        *_estimate("agreement; 1 is full agreement"),
        READERS,
        column("images", pa.int32(), "images in it"),
        PATIENTS,
        OVER,
    ]
)
LOSSES = pa.schema(
    [
        MODEL,
        LOSS,
        column("against", pa.string(), "loss of the same network that it is compared with; '' for the mean score"),
        *_estimate("mean score, or difference of mean scores, over readers and patients"),
        column("p", pa.float64(), "two-sided p, readers and patients random", nullable=True),
        column("p_holm", pa.float64(), "p after Holm's adjustment within the network", nullable=True),
        READERS,
        PATIENTS,
        VERDICT,
    ]
)
CHOICES = pa.schema(
    [
        MODEL,
        LOSS,
        *_estimate("share of pairs in which its image was chosen"),
        column("strength", pa.float64(), "Bradley-Terry log strength, mean 0", nullable=True),
        column("pairs", pa.int32(), "pairs in it"),
        column("strength_low", pa.float64(), "lower end of the interval of strength", nullable=True),
        column("strength_high", pa.float64(), "upper end of the interval of strength", nullable=True),
        PATIENTS,
        READERS,
        OVER,
    ]
)
METRICS = pa.schema(
    [
        column("metric", pa.string(), "name in the catalogue"),
        column("window", pa.string(), "HU window, or 'hu'"),
        column(
            "statistic",
            pa.string(),
            "srocc, krocc, plcc, srocc_within, plcc_fit, outlier_ratio, auc_*, correct, chosen",
        ),
        *_estimate("the statistic, with the metric oriented so that more is better"),
        column("images", pa.int32(), "images (or pairs) in it"),
        PATIENTS,
        READERS,
        OVER,
    ]
)
DIFFERENCES = pa.schema(
    [
        column("metric", pa.string(), "name in the catalogue"),
        column("window", pa.string(), "HU window, or 'hu'"),
        column("against", pa.string(), "the metric with the highest srocc, as 'metric (window)'"),
        *_estimate("difference of srocc to the best metric; bounds: to the best of the others, simultaneous"),
        column("p", pa.float64(), "two-sided p of this pair alone, patients and readers random", nullable=True),
        column("p_holm", pa.float64(), "p after Holm's adjustment over all pairs of metrics", nullable=True),
        column(
            "p_meng",
            pa.float64(),
            "p of Meng, Rosenthal & Rubin (1992), which takes images as independent",
            nullable=True,
        ),
        column("p_best", pa.float64(), "p of 'as good as the best', adjusted over all metrics", nullable=True),
        column("best", pa.bool_(), "whether it cannot be told from the best"),
        VERDICT,
        PATIENTS,
        READERS,
    ]
)
TABLES = {
    "agreement": AGREEMENT,
    "losses": LOSSES,
    "choices": CHOICES,
    "metrics": METRICS,
    "differences": DIFFERENCES,
}
