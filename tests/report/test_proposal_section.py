"""The section on a proposed loss: absent without one, and saying what the tests said."""

from __future__ import annotations

from ldct.losses.declared import TERMS
from ldct.report.build import build_report
from ldct.report.results import load
from ldct.statistics.consistency import analyse
from ldct.tables import read_table
from ldct.tables.consistency import TABLES
from tests.support.synthetic_metrics import SyntheticStudy, write_study


def test_the_section_says_what_came_out(made, tmp_path):
    assert 'id="proposal"' not in made.text
    files = write_study(tmp_path / "study", SyntheticStudy(losses=("mse", "l1", "vgg"), slices=4))
    families = ["perceptual"]
    settings = files.settings(draws=100, candidate_loss="vgg", candidate_families=families, fidelity_margin=0.05)
    analyse(settings, files.metrics, files.catalogue, files.histories, tmp_path / "consistency")
    statistics = made.spec.statistics.model_copy(update={"candidate_families": families})
    spec = made.spec.model_copy(update={"statistics": statistics})
    arguments = made.arguments | {"consistency": tmp_path / "consistency"}
    build_report(load(spec, **arguments), tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text()
    section = text[text.index('<section id="proposal"') :]
    section = section[: section.index("</section>")]
    claims = read_table(tmp_path / "consistency/candidate.parquet", TABLES["candidate"]).to_pylist()
    assert len(claims) == 2
    for row in claims:
        assert f'<tr><td>{TERMS[row["other"]].label}</td><td><span class="chip {row["verdict"].split()[0]}">' in section
        assert f"{row['verdict']} against" in text
    assert "Does vgg keep its promise?" in text
