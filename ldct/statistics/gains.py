"""Gains over the low-dose input: of losses over patients and trainings, of filters over patients."""

from __future__ import annotations

import numpy as np

from ldct.statistics.bootstrap import means_over_patients
from ldct.statistics.evidence import Question
from ldct.statistics.inference.contrasts import BY_NOTHING, contrasts
from ldct.statistics.inference.sample import Sample
from ldct.statistics.wilcoxon import holm


def gain_question(gain: np.ndarray, patient_of: np.ndarray, fold_of: np.ndarray) -> Question:
    """Mean gain of each loss against none, Holm's correction over losses and criteria.

    `gain` (C, L, S, I): goodness of an image minus that of the low-dose input. Results are (C, L).
    """
    by_patient = means_over_patients(gain, patient_of, len(fold_of))
    nothing = np.zeros((by_patient.shape[0], 1, *by_patient.shape[2:]))
    losses = by_patient.shape[1]
    weights = np.concatenate([np.eye(losses), -np.ones((losses, 1))], 1)
    return _asked(Sample(np.concatenate([by_patient, nothing], 1), fold_of), weights)


def untrained_question(gain: np.ndarray, patient_of: np.ndarray, patients: int) -> Question:
    """As `gain_question` for what is not trained, `gain` (C, A, I): patients are the replicates."""
    return gain_question(gain[:, :, None], patient_of, np.arange(patients))


def _asked(sample: Sample, weights: np.ndarray) -> Question:
    results = contrasts(sample, weights)
    asked = results.method != BY_NOTHING
    p = np.ones(asked.shape)
    p[asked] = holm(results.p()[asked])
    return Question(results, p, np.ones(p.shape))
