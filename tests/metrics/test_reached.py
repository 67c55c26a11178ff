"""What the stage of metrics really calls is in the digest of its code."""

from __future__ import annotations

from ldct.filters.declared import FILTERS
from ldct.metrics.declared import METRICS
from ldct.study.code import reachable
from tests.support.called import calls_of_ldct
from tests.support.judged_study import METRICS_USED, JudgedStudy


def test_what_an_evaluation_calls_is_reachable(tmp_path, ct):
    metrics = [*METRICS_USED, "brisque", "vsi", "nps_log_distance", "ttf50_ratio", "iw_ssim"]
    study = JudgedStudy(tmp_path, ct)
    entries = [
        "ldct.metrics.evaluate:evaluate",
        FILTERS["gaussian_filter"].path,
        *(METRICS[name].path for name in metrics),
    ]
    with calls_of_ldct() as called:
        study.judge(metrics=metrics, filters=["gaussian_filter"])
    assert len(called) > 80
    # Names are looked up; that makes no value.
    called = {name for name in called if not name.startswith(("ldct.config.", "ldct.declar", "ldct.stages."))}
    assert called <= reachable(*entries).keys()
    assert not called <= reachable(*entries[:-1]).keys()
