"""What a training really calls is in the digest of its code."""

from __future__ import annotations

import pytest

from ldct.losses.declared import TERMS
from ldct.models.declared import NETWORKS
from ldct.stages.train import Train
from ldct.study.code import reachable
from ldct.training.run import train
from tests.support.called import calls_of_ldct


@pytest.mark.parametrize(
    ("network", "options", "terms"),
    [
        ("redcnn", {"width": 4, "kernel": 3}, ["mse", "ssim"]),
        ("unet", {"width": 4}, ["texture", "nps", "hu_bins"]),
        ("resnet", {"width": 8, "blocks": 1}, ["l1", "wgan_gp"]),
    ],
)
def test_what_a_training_calls_is_reachable(spec, patches, tmp_path, network, options, terms):
    spec["network"].update(use=network, options=options)
    spec["terms"] = [{"use": term, "weight": 1.0, "options": {}} for term in terms]
    spec["budget"].update(epochs=1, steps_per_epoch=2, checkpoints=[1])
    entries = ["ldct.training.run:train", NETWORKS[network].path, *(TERMS[term].path for term in terms)]
    parts = reachable(*entries)
    with calls_of_ldct() as called:
        train(Train.Spec(**spec), patches, tmp_path / "run", tmp_path)
    assert len(called) > 60
    assert called <= parts.keys()
    # The referee sees a function that is left out.
    assert not called <= reachable(*entries[:-1]).keys()
