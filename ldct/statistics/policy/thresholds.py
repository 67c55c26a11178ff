"""Every threshold of a verdict, each with its reason."""

from __future__ import annotations

from dataclasses import asdict

from ldct.statistics.policy.readers import POLICY

# Fewest patients for any verdict: an exact test of fewer cannot reach .05 at all (2 / 2^5 > .05).
LEAST_PATIENTS = 6
# Fewest degrees of freedom for the variance of the runs of a loss: seeds beyond the first, over all folds.
LEAST_RUN_FREEDOM = 2
# With one seed the means of folds are the replicates; with two folds they have one degree of freedom.
LEAST_FOLDS_AS_REPLICATES = 3
# Fewest judged epochs with three inner points, below which a reversal rate says little.
LEAST_EPOCHS = 5
# Level of the test that folds differ by more than their patients and runs explain, which makes them the replicates.
FOLDS_APART = 0.05
# A loss is ranked with the others where it leaves at least this share of their patients; else it is only compared.
LEAST_RANKED_SHARE = 0.9
# A W of fewer losses or judges has almost no values to take.
LEAST_LOSSES = 3
LEAST_JUDGES = 2
# 'The same' is within this many SDs between patients, unless the study states a margin for the metric.
EQUIVALENCE_SDS = 0.25
# Strong and moderate agreement in Schmidt's scale of W (1997, Decision Sciences 28:763).
STRONG_AGREEMENT = 0.7
MODERATE_AGREEMENT = 0.4
# Rankings of two studies are alike above this tau-b: three quarters of the pairs of losses in the same order.
ALIKE = 0.5
# The claims of the paper that a study answers, ranking and training: a family of their own on the first page.
CLAIMS = 7
# Two courses that know nothing of each other move the same way in half of the steps.
CHANCE_CONCORDANCE = 0.5
# Half of the turning points that white noise has.
ERRATIC_RATE = 1 / 3
# A metric is judged by its ladder of degradations from this many patients on.
LEAST_LADDER_PATIENTS = 3
# Share of draws in which a loss is best that is called likely.
LIKELY = 0.8
# A term with less of the gradient of its loss than this does not optimise what it says, for want of weight.
LEAST_HOME_SHARE = 0.05
# What an uncertain answer lacks.
MORE = "more trainings a loss, then more patients, may tell"


def thresholds() -> dict[str, float]:
    """Every threshold by its name, those of reader studies too."""
    numbers = {name: value for name, value in globals().items() if name.isupper() and type(value) in (int, float)}
    return {name.lower(): value for name, value in numbers.items()} | {
        f"readers_{name}": value for name, value in asdict(POLICY).items()
    }
