"""The section on readers: absent unless configured, and showing what the tables say."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from ldct.readers.analysis import analyse
from ldct.report.build import build_report
from ldct.report.results import load
from ldct.stages.readers import Readers
from ldct.statistics.settings import Resampling
from ldct.tables import read_table
from ldct.tables.readers import AGREEMENT


@pytest.fixture(scope="module")
def page(made, tmp_path_factory) -> tuple[str, str]:
    """The report with the scores of two readers who follow SSIM, and the mean kappa of its table."""
    folder = tmp_path_factory.mktemp("scores")
    rows = pd.read_parquet(made.arguments["metrics"])
    rows = rows[(rows["slice"] == rows["slice"].min()) & rows["selected"] & (rows["loss"] != "full_dose")]
    ssim = rows[(rows["metric"] == "ssim") & (rows["window"] == "soft_tissue")].reset_index(drop=True)
    key = ssim[["patient", "slice", "model", "loss", "seed", "checkpoint"]]
    key = key.assign(image=[f"I{i:03d}" for i in ssim.index], case="case" + ssim["patient"])
    key.to_csv(folder / "key.csv", index=False)
    rng = np.random.default_rng(1)
    score = 2 + (ssim["value"] - ssim["value"].mean()) / ssim["value"].std()
    ratings = [
        key[["case", "image"]].assign(
            reader=reader, score=(score + rng.normal(0, 0.4, len(score))).round().clip(0, 4), session=1
        )
        for reader in ("R1", "R2")
    ]
    pd.concat(ratings).to_csv(folder / "ratings.csv", index=False)
    resampling = Resampling(draws=100, confidence=0.95, seed=0)
    spec = Readers.Spec(scale=(0, 4), curve=4, reference_loss="mse", resampling=resampling)
    tables = folder / "readers"
    arguments = made.arguments
    analyse(
        spec, folder / "key.csv", folder / "ratings.csv", None, arguments["metrics"], arguments["catalogue"], tables
    )
    build_report(load(made.spec, **{**arguments, "optional": [tables]}), folder / "report.html")
    kappa = read_table(tables / "agreement.parquet", AGREEMENT).to_pandas().set_index("kind").loc["kappa", "value"]
    return (folder / "report.html").read_text(), f"{kappa:.2g}"


def test_the_section_is_absent_without_readers(made):
    assert 'id="readers"' not in made.text


def test_agreement_scores_and_figure_are_shown(page):
    text, kappa = page
    section = text[text.index('<section id="readers"') :]
    section = section[: section.index("</section>")]
    assert re.search(rf"weighted kappa</td><td>mean of pairs</td><td class=\"n\">{re.escape(kappa)} \[", section)
    assert "p (readers and patients random)" in section
    assert 'data-figure="readers"' in section
    assert 'data-name="readers_metrics"' in section
    assert "Which of two images the readers chose" not in section, "no choices were made"
