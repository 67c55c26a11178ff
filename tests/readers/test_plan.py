"""The size of a reading study, from a pilot's files or stated SDs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ldct.__main__ import main
from ldct.readers.plan import Components, needed_interval, patients_needed, pilot_of, power

TRUE = Components(reader=0.02, patient=0.09, rest=0.25)


def differences(rng: np.random.Generator, readers: int, patients: int) -> np.ndarray:
    parts = ((TRUE.reader, (readers, 1)), (TRUE.patient, (1, patients)), (TRUE.rest, (readers, patients)))
    return np.sum([np.broadcast_to(rng.normal(0, v**0.5, s), (readers, patients)) for v, s in parts], axis=0)


def test_components_are_recovered():
    pilot = pilot_of([differences(np.random.default_rng(s), 40, 60) for s in range(8)])
    found = pilot.components()
    assert (found.reader, found.patient, found.rest) == pytest.approx((0.02, 0.09, 0.25), rel=0.2)


def test_no_effect_has_the_power_of_the_level_and_more_helps():
    assert power(0.0, TRUE, 20, 4) == pytest.approx(0.05, abs=0.015)
    assert power(0.3, TRUE, 4, 3) == 0, "fewer patients than a verdict needs"
    assert power(0.3, TRUE, 40, 8) > power(0.3, TRUE, 20, 8) > power(0.3, TRUE, 20, 4)
    assert patients_needed(0.1, Components(0.2, 0.09, 0.25), 3, 0.8) is None, "readers differ more than the effect"


def test_intervals_of_a_pilot_hold_the_size_of_the_truth():
    truth = patients_needed(0.4, TRUE, 8, 0.8)
    assert truth is not None
    hits = 0
    for seed in range(30):
        pilot = pilot_of([differences(np.random.default_rng(seed), 5, 12)])
        low, high = needed_interval(0.4, pilot, 8, 0.8, draws=100, confidence=0.95)
        hits += (low or 501) <= truth <= (high or 501)
    # Of 30 at .95, fewer than 25 with probability .004.
    assert hits >= 25


def write(folder, patients: int, readers: int):
    rng = np.random.default_rng(0)
    names = [(p, loss) for p in range(patients) for loss in ("mse", "l1")]
    lines = [f"{p}{loss},c{p},P{p},0,net,{loss},0,1" for p, loss in names]
    (folder / "key.csv").write_text("image,case,patient,slice,model,loss,seed,checkpoint\n" + "\n".join(lines) + "\n")
    d = differences(rng, readers, patients)
    rows = [
        {"reader": f"R{r}", "case": f"c{p}", "image": f"{p}{loss}", "score": 2 + (loss == "l1") * d[r, p]}
        for r in range(readers)
        for p, loss in names
    ]
    pd.DataFrame(rows).to_csv(folder / "ratings.csv", index=False)
    pairs = [
        {"reader": f"R{r}", "case": f"c{p}", "left": f"{p}l1", "right": f"{p}mse", "choice": side}
        for r in range(readers)
        for p in range(patients)
        for side in (("left", "right")[int(rng.random() < 0.4)],)
    ]
    pd.DataFrame(pairs).to_csv(folder / "pairs.csv", index=False)
    return d


def test_a_pilot_gives_a_table_with_intervals(tmp_path, capsys):
    d = write(tmp_path, 12, 4)
    files = ["--key", str(tmp_path / "key.csv")]
    arguments = ["readers", "plan", *files, "--readers", "4", "8"]
    assert main([*arguments, "--difference", "0.4", "--ratings", str(tmp_path / "ratings.csv")]) == 0
    text = capsys.readouterr().out
    assert "pilot of 12 patients and 4 readers" in text and "[95 % interval]" in text
    needed = patients_needed(0.4, pilot_of([d]).components(), 8, 0.8)
    assert f"      8  {'>500' if needed is None else needed:>8}  [" in text
    assert main([*arguments, "--share", "0.7", "--pairs", str(tmp_path / "pairs.csv")]) == 0
    assert "pilot of 12 patients and 4 readers" in capsys.readouterr().out


def test_a_small_pilot_gives_no_number(tmp_path, capsys):
    write(tmp_path, 4, 2)
    files = ["--key", str(tmp_path / "key.csv"), "--ratings", str(tmp_path / "ratings.csv")]
    assert main(["readers", "plan", *files, "--difference", "0.4"]) == 0
    text = capsys.readouterr().out
    assert "cannot tell: the pilot has 4 of at least 5 patients, 2 of at least 3 readers" in text
    assert "interval" not in text


def test_a_pilot_without_the_reference_loss_is_named(tmp_path, capsys):
    write(tmp_path, 6, 3)
    files = ["--key", str(tmp_path / "key.csv"), "--ratings", str(tmp_path / "ratings.csv")]
    assert main(["readers", "plan", *files, "--difference", "0.4", "--reference-loss", "ssim"]) == 1
    assert "no such scores" in capsys.readouterr().err


def test_stated_sds_need_no_pilot(capsys):
    sds = ["--sd", "0.1", "0.3", "0.5"]
    assert main(["readers", "plan", "--difference", "0.3", *sds, "--readers", "6"]) == 0
    last = capsys.readouterr().out.splitlines()[-1].split()
    assert last == ["6", str(patients_needed(0.3, Components(0.01, 0.09, 0.25), 6, 0.8))]
    for wrong in (["--difference", "-1", *sds], ["--share", "0.4", *sds], ["--difference", "0.3"]):
        with pytest.raises(SystemExit):
            main(["readers", "plan", *wrong])
