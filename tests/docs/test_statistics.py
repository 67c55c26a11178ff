"""docs/statistics.md: what a benchmark writes into it, and what must be as the code is."""

from __future__ import annotations

import pytest

from benchmarks import measured
from ldct.statistics.policy.thresholds import thresholds
from tests.support.study_folder import PROJECT


def test_the_thresholds_are_those_of_the_policy():
    text = (PROJECT / "docs/statistics.md").read_text()
    assert measured.thresholds() in text
    assert all(f"| `{name}` | {value:.3g} |" in text for name, value in thresholds().items())


def test_shares_are_written_between_the_markers_and_nothing_else_changes(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(measured, "DOCS", tmp_path)
    (tmp_path / "a.md").write_text("before\n<!-- shares -->\nold\n<!-- end of shares -->\nafter\n")
    shares = measured.Measured()
    shares.share("false_pairs_080102", 0.04)
    shares.share("false_pairs_300305_runsd40", 0.05)
    shares.share("cover_w", 0.95)
    assert capsys.readouterr().out.splitlines()[0] == "share false_pairs_080102 0.040"
    measured.write_block("a.md", "shares", shares.table("all"))
    assert (tmp_path / "a.md").read_text().splitlines() == [
        "before",
        "<!-- shares -->",
        "| share | 08 / 01 / 02 | 30 / 03 / 05 | all |",
        "|---|---|---|---|",
        "| false_pairs | 0.040 |  |  |",
        "| false_pairs_runsd40 |  | 0.050 |  |",
        "| cover_w |  |  | 0.950 |",
        "<!-- end of shares -->",
        "after",
    ]
    with pytest.raises(ValueError, match="has no '<!-- other -->'"):
        measured.write_block("a.md", "other", "")
