"""Reading studies simulated with every nuisance, and the truth about them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ldct.readers.agreement_of_metric import Readings
from ldct.readers.correlation import plcc, srocc
from ldct.readers.icc import icc
from ldct.readers.logistic import Logistic

# Patients of a study that is large enough to be the truth.
MANY = 4000


@dataclass(frozen=True)
class ReadingStudy:
    """Sizes and SDs, in points of a scale from 0 to 4.

    A score is quality (patient, image) plus reader, reader x patient, the reader's own taste for what metrics add, and
    rest, rounded to the scale unless `rounded` is False. A metric is quality plus noise (patient and image), a share
    `common` of whose variance is common to all metrics; the first `better` metrics have a fifth of the noise.
    """

    patients: int = 10
    images: int = 6
    readers: int = 3
    metrics: int = 12
    patient_sd: float = 0.6
    image_sd: float = 0.8
    reader_sd: float = 0.3
    reader_patient_sd: float = 0.4
    rest_sd: float = 0.6
    taste_sd: float = 0.2
    metric_sd: float = 1.0
    common: float = 0.5
    better: int = 0
    rounded: bool = True

    def draw(self, rng: np.random.Generator) -> tuple[Readings, np.ndarray]:
        """Scores, and values (images, metrics)."""
        of = np.repeat(np.arange(self.patients), self.images)
        n = len(of)

        def nested(patient_sd: float, image_sd: float, columns: int) -> np.ndarray:
            by_patient = rng.normal(0, 1, (self.patients, columns))[of] * patient_sd
            return by_patient + rng.normal(0, 1, (n, columns)) * image_sd

        quality = nested(self.patient_sd, self.image_sd, 1)
        unlike = np.sqrt(1 - self.common) * nested(0.3, 0.6, self.metrics)
        noise = np.sqrt(self.common) * nested(0.3, 0.6, 1) + unlike
        scores = 2 + quality + rng.normal(0, self.reader_sd, (1, self.readers))
        scores = scores + rng.normal(0, self.reader_patient_sd, (self.patients, self.readers))[of]
        scores += noise @ rng.normal(0, self.taste_sd / np.sqrt(self.metrics), (self.metrics, self.readers))
        scores += rng.normal(0, self.rest_sd, (n, self.readers))
        if self.rounded:
            scores = np.clip(np.round(scores), 0, 4)
        size = np.where(np.arange(self.metrics) < self.better, self.metric_sd / 5, self.metric_sd)
        return Readings(scores, of, of), quality + size * noise

    def table(self, rng: np.random.Generator) -> tuple[Readings, pd.DataFrame]:
        """As `draw`, with the values as a table by (metric, window)."""
        readings, values = self.draw(rng)
        columns = pd.MultiIndex.from_tuples([(f"m{k}", "hu") for k in range(self.metrics)])
        return readings, pd.DataFrame(values, columns=columns)

    def truth(self, rng: np.random.Generator, panels: int = 12) -> dict[str, float]:
        """srocc and plcc_fit of the last metric with the mean of so many readers, and ICCs, of endless patients.

        Means over `panels` of readers; ICC(2,1) from many readers.
        """
        many = replace(self, patients=MANY)
        drawn: dict[str, list[float]] = {"srocc": [], "plcc_fit": [], "ICC(3,1)": []}
        for _ in range(panels):
            readings, values = many.draw(rng)
            x, mean = values[:, -1], readings.mean
            drawn["srocc"].append(srocc(x, mean))
            drawn["plcc_fit"].append(plcc(Logistic(x, mean)(x), mean))
            drawn["ICC(3,1)"].append(next(i.value for i in icc(readings.ratings) if i.form == "3,1"))
        readings, _ = replace(self, patients=MANY // 4, readers=200).draw(rng)
        both = next(i.value for i in icc(readings.ratings) if i.form == "2,1")
        return {name: float(np.mean(values)) for name, values in drawn.items()} | {"ICC(2,1)": both}
