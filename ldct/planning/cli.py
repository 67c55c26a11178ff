"""`ldct plan`: power over patients, folds and seeds, from a pilot or from stated components."""

from __future__ import annotations

import argparse
import csv
import io
from dataclasses import asdict
from pathlib import Path

from ldct.errors import ConfigError
from ldct.files import write_text
from ldct.planning.designs import CONFIDENCE, Cost, Design, Effect, cheapest, designs
from ldct.planning.options import NamedNumbers, effect_of
from ldct.planning.pilot import Pilot, read_pilot
from ldct.statistics.inference.components import Components

PATIENTS = (10, 20, 30, 50, 100)
SEEDS = (1, 2, 3, 5, 10)
FOLDS = 5
# Stated components are as they are: as if from very many patients and trainings.
KNOWN = 1e9


def main(argv: list[str] | None = None) -> int:
    """Print the plan; returns the exit status. Raises LdctError."""
    cli = argparse.ArgumentParser(prog="ldct plan", description=__doc__, epilog="docs/plan.md says how it is computed")
    cli.add_argument("--pilot", type=Path, help="results folder, or table of values as for ldct analyse")
    cli.add_argument("--metrics", type=Path, help="what the pilot's metrics are, as for ldct analyse")
    cli.add_argument("--network", help="network of the pilot (default: the only one, else the mean over all)")
    cli.add_argument(
        "--sd",
        nargs="+",
        metavar="NAME=SD",
        help="stated SDs of one loss: patient= (a patient's own answer to a loss), run= (training), rest=; and "
        "between= (patients, for effects in SD)",
    )
    cli.add_argument(
        "--effect",
        action="append",
        required=True,
        metavar="METRIC=SIZE",
        help="difference to tell: rmse=0.5 in its unit, rmse=0.5sd in SDs between patients; repeat for more",
    )
    cli.add_argument("--patients", type=int, nargs="+", default=list(PATIENTS), help="default: %(default)s")
    cli.add_argument("--folds", type=int, nargs="+", help=f"default: the pilot's, else {FOLDS}")
    cli.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS), help="default: %(default)s")
    cli.add_argument("--losses", type=int, help="losses of the planned study (default: the pilot's, else 2)")
    cli.add_argument("--tests", type=int, help="tests of the family (default: the pilot's, else 1)")
    cli.add_argument("--cost", nargs=2, metavar=("training=C", "patient=C"), help="cost of a training and of a patient")
    cli.add_argument("--power", type=float, default=0.8, help="power wanted (default: %(default)s)")
    cli.add_argument("--confidence", type=float, default=0.95, help="level of the verdicts (default: %(default)s)")
    cli.add_argument("-o", "--output", type=Path, help="CSV of all designs")
    args = cli.parse_args(argv)
    if (args.pilot is None) == (args.sd is None):
        cli.error("give either --pilot or --sd")
    sizes = [*args.patients, *(args.folds or [1]), *args.seeds, args.losses or 2, args.tests or 1]
    if min(sizes) < 1 or not 0 < args.power < 1 or not 0.5 < args.confidence < 1:
        cli.error("sizes are 1 or more, --power above 0, --confidence above 0.5, both below 1")
    cost = Cost(**NamedNumbers("--cost", ("training", "patient")).read(args.cost)) if args.cost else None
    pilot = read_pilot(args.pilot, args.metrics, args.network) if args.pilot else None
    effects = _from_pilot(pilot, args.effect) if pilot else _stated(args.sd, args.effect)
    if isinstance(effects, str):
        print(f"cannot tell: {effects}.")
        return 0
    losses = args.losses or (pilot.losses if pilot else 2)
    tests = args.tests or (pilot.tests if pilot else 1)
    rows = designs(
        effects,
        patients=args.patients,
        folds=args.folds or [pilot.folds if pilot else FOLDS],
        seeds=args.seeds,
        losses=losses,
        tests=tests,
        alpha=1 - args.confidence,
        cost=cost,
    )
    if args.output:
        write_text(args.output, as_csv(rows))
    print("\n".join([*_head(pilot, effects, losses, tests, args.confidence), *table(rows)]))
    print("\n".join(_answer(rows, args.power, cost)))
    return 0


def _from_pilot(pilot: Pilot, asked: list[str]) -> list[Effect] | str:
    """Effects with the pilot's components, or why there are none."""
    effects = []
    for text in asked:
        metric, size, in_sd = effect_of(text)
        if reason := pilot.too_small(metric):
            return reason
        size *= pilot.patient_sd[metric] if in_sd else 1.0
        effects.append(Effect(metric, size, pilot.parts[metric], pilot=True))
    return effects


def _stated(given: list[str], asked: list[str]) -> list[Effect]:
    sd = NamedNumbers("--sd", ("patient", "run", "rest"), ("between",)).read(given)
    between = sd.get("between")
    parts = Components((between or 0.0) ** 2, sd["patient"] ** 2, sd["run"] ** 2, sd["rest"] ** 2, KNOWN, KNOWN)
    effects = []
    for text in asked:
        metric, size, in_sd = effect_of(text)
        if in_sd and between is None:
            raise ConfigError(f"--effect {text}: an effect in SDs needs --sd between=..., the SD between patients")
        effects.append(Effect(metric, size * (between or 1.0) if in_sd else size, parts, pilot=False))
    return effects


def _head(pilot: Pilot | None, effects: list[Effect], losses: int, tests: int, confidence: float) -> list[str]:
    lines = []
    if pilot:
        lines.append(
            f"pilot: {pilot.patients} patients, {pilot.losses} losses, {pilot.folds} folds, {pilot.seeds} seeds"
        )
    for one in effects:
        sds = (max(v, 0.0) ** 0.5 for v in (one.parts.patient_loss, one.parts.run, one.parts.rest))
        lines.append(
            "{}: difference of {:.4g}; SDs of a loss: patient {:.3g}, training {:.3g}, rest {:.3g}".format(
                one.metric, one.size, *sds
            )
        )
    lines.append(
        f"{losses} losses; family of {tests} tests at level {1 - confidence:.3g} by Bonferroni, which errs to the low "
        "side; each difference of two losses"
    )
    if pilot:
        lines.append(f"in brackets: {100 * CONFIDENCE:g} % interval over what the pilot leaves open")
    return lines


def table(rows: list[Design]) -> list[str]:
    """The designs as text, a line each."""
    lines = [f"{'patients':>8s} {'folds':>5s} {'seeds':>5s} {'trainings':>9s} {'power':>5s} {'':13s} {'cost':>8s}"]
    for row in rows:
        ends = "" if row.low is None else f"[{row.low:.2f}, {row.high:.2f}]"
        shown = "none" if row.reason else f"{row.power:.2f}"
        cost = "" if row.cost is None else f"{row.cost:g}"
        line = f"{row.patients:8d} {row.folds:5d} {row.seeds:5d} {row.trainings:9d} {shown:>5s} {ends:13s} {cost:>8s}"
        lines.append(f"{line}  {row.reason}".rstrip())
    return lines


def _answer(rows: list[Design], target: float, cost: Cost | None) -> list[str]:
    if cost is None:
        return ["Give --cost training=... patient=... for the cheapest design."]
    lines = [_said(f"The cheapest design that reaches power {target:g}", cheapest(rows, target))]
    if any(row.low is not None for row in rows):
        row = cheapest(rows, target, surely=True)
        lines.append(_said(f"The cheapest whose whole interval reaches {target:g}", row))
    return lines


def _said(what: str, row: Design | None) -> str:
    if row is None:
        return f"{what}: none of these designs does; try more seeds, then more patients."
    ends = "" if row.low is None else f" [{row.low:.2f}, {row.high:.2f}]"
    return (
        f"{what}: {row.patients} patients, {row.folds} folds, {row.seeds} seeds ({row.trainings} trainings, cost "
        f"{row.cost:g}, power {row.power:.2f}{ends})."
    )


def as_csv(rows: list[Design]) -> str:
    """All designs as CSV."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(asdict(rows[0])), lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    return stream.getvalue()
