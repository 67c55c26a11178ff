"""Gains over the low-dose input: of losses over patients and trainings, of filters over patients."""

from __future__ import annotations

import numpy as np

from ldct.statistics.bootstrap import means_over_patients
from ldct.statistics.evidence import Question, ask_by_holm
from ldct.statistics.inference.contrasts import contrasts, gain_weights
from ldct.statistics.inference.sample import Sample


def gain_question(gain: np.ndarray, patient_of: np.ndarray, fold_of: np.ndarray) -> Question:
    """Mean gain of each loss against none, Holm's correction over losses and criteria.

    `gain` (C, L, S, I): goodness of an image minus that of the low-dose input. Results are (C, L).
    """
    by_patient = means_over_patients(gain, patient_of, len(fold_of))
    nothing = np.zeros((by_patient.shape[0], 1, *by_patient.shape[2:]))
    sample = Sample(np.concatenate([by_patient, nothing], 1), fold_of)
    return ask_by_holm(contrasts(sample, gain_weights(by_patient.shape[1])))


def untrained_question(gain: np.ndarray, patient_of: np.ndarray, patients: int) -> Question:
    """As `gain_question` for what is not trained, `gain` (C, A, I): patients are the replicates."""
    return gain_question(gain[:, :, None], patient_of, np.arange(patients))
