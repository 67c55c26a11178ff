"""`ldct readers plan`: patients and readers for a difference in mean score or a share of preferences."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from ldct.errors import InputError
from ldct.readers.plan import SIZES, Components, Pilot, needed_interval, patients_needed, pilot_of
from ldct.readers.preference import score_tables
from ldct.readers.scores import read_key, read_pairs, read_ratings
from ldct.statistics.policy.readers import POLICY

DRAWS = 200


def add_arguments(cli: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    effect = cli.add_mutually_exclusive_group(required=True)
    effect.add_argument("--difference", type=float, help="difference in mean score between two losses to detect")
    effect.add_argument("--share", type=float, help="share of pairs won by the preferred loss to detect, above 0.5")
    cli.add_argument("--power", type=float, default=0.8, help="power wanted (default: %(default)s)")
    cli.add_argument("--readers", type=int, nargs="+", default=[2, 3, 4, 5, 6, 8, 10], help="numbers of readers")
    cli.add_argument("--key", type=Path, help="key.csv of the pilot")
    cli.add_argument("--ratings", type=Path, help="ratings of the pilot, for --difference")
    cli.add_argument("--pairs", type=Path, help="choices of the pilot, for --share")
    cli.add_argument("--reference-loss", default="mse", help="loss the others are compared with (default: mse)")
    cli.add_argument(
        "--sd",
        type=float,
        nargs=3,
        metavar=("READER", "PATIENT", "REST"),
        help="stated SDs of the difference (or share) instead of a pilot: between readers, between patients, and of "
        "one reader's mean over one patient's images",
    )


def plan(args: argparse.Namespace, cli: argparse.ArgumentParser) -> int:
    """Print patients needed for each number of readers; returns the exit status."""
    effect = _effect(args, cli)
    if not 0 < args.power < 1 or min(args.readers) < POLICY.readers:
        cli.error(f"--power is above 0 and below 1; --readers are {POLICY.readers} or more")
    if args.sd is not None:
        if min(args.sd) < 0:
            cli.error("--sd are not below 0")
        components, pilot = Components(*(sd**2 for sd in args.sd)), None
        print(f"SDs as stated: readers {args.sd[0]:g}, patients {args.sd[1]:g}, rest {args.sd[2]:g}")
    else:
        pilot = _pilot(args, cli)
        if pilot.too_small:
            print(f"cannot tell: the pilot has {pilot.too_small}. Read more, or state the SDs with --sd.")
            return 0
        components = pilot.components()
        sds = [v**0.5 for v in (components.reader, components.patient, components.rest)]
        print(f"pilot of {pilot.patients} patients and {pilot.readers} readers: ", end="")
        print("SD of readers {:.3g}, of patients {:.3g}, rest {:.3g}".format(*sds))
    print(f"patients for power {args.power:g}, two-sided level {POLICY.level:g}, readers and patients random:")
    print("readers  patients" + ("  [95 % interval]" if pilot else ""))
    for readers in args.readers:
        line = f"{readers:7d}  {_number(patients_needed(effect, components, readers, args.power)):>8s}"
        if pilot:
            low, high = needed_interval(effect, pilot, readers, args.power, DRAWS, 0.95)
            line += f"  [{_number(low)}, {_number(high)}]"
        print(line)
    return 0


def _effect(args: argparse.Namespace, cli: argparse.ArgumentParser) -> float:
    if args.difference is not None:
        if not args.difference > 0:
            cli.error("--difference is above 0")
        return args.difference
    if not 0.5 < args.share <= 1:
        cli.error("--share is above 0.5 and at most 1")
    return args.share - 0.5


def _pilot(args: argparse.Namespace, cli: argparse.ArgumentParser) -> Pilot:
    scores, wanted = (args.ratings, "--ratings") if args.difference is not None else (args.pairs, "--pairs")
    if scores is None or args.key is None:
        cli.error(f"give {wanted} and --key of a pilot, or --sd")
    key = read_key(args.key)
    if args.difference is not None:
        contrasts = score_contrasts(read_ratings(scores, key), key, args.reference_loss)
    else:
        contrasts = share_contrasts(read_pairs(scores, key), key)
    try:
        return pilot_of(contrasts)
    except ValueError:
        expected = "two losses (one of them --reference-loss) that two readers scored for two patients"
        raise InputError(scores, "no such scores", expected, "Read more, or state the SDs with --sd.") from None


def score_contrasts(ratings: pd.DataFrame, key: pd.DataFrame, reference_loss: str) -> list[np.ndarray]:
    """Differences (readers, patients) of each loss to the reference loss of its network, complete patients only."""
    tables, readers = score_tables(ratings, key)
    contrasts = []
    for (model, loss), table in tables.items():
        against = tables.get((model, reference_loss))
        if against is None or loss == reference_loss:
            continue
        contrasts.append((table - against).reindex(readers).dropna(axis=1).to_numpy())
    return contrasts


def share_contrasts(pairs: pd.DataFrame, key: pd.DataFrame) -> list[np.ndarray]:
    """Share of pairs won less one half, (readers, patients), of each network and loss, complete patients only."""
    items = key.set_index("image")
    sides = []
    for side, other in (("left", "right"), ("right", "left")):
        names = items.loc[pairs[side], ["patient", "model", "loss"]].reset_index(drop=True)
        rival = items.loc[pairs[other], ["model", "loss"]].reset_index(drop=True)
        won = (pairs["choice"] == side).astype(float).reset_index(drop=True)
        frame = names.assign(reader=pairs["reader"].reset_index(drop=True), won=won)
        sides.append(frame[(names[["model", "loss"]] != rival).any(axis=1)])
    cells = pd.concat(sides).groupby(["model", "loss", "reader", "patient"])["won"].mean() - 0.5
    return [
        part.droplevel([0, 1]).unstack("patient").dropna(axis=1).to_numpy()
        for _, part in cells.groupby(level=[0, 1], sort=True)
    ]


def _number(patients: int | None) -> str:
    return f">{SIZES[-1]}" if patients is None else str(patients)
