"""Training speed: our loop against its bare step, and our step and loader against those of ldct-benchmark.

Both sides train RED-CNN (96 filters of 5 x 5) on batches of 16 patches of 64 x 64 in the same run, in alternation, so
that what else the machine does meets both; medians are compared. ldct-benchmark's own training step and data set are
called; only its logging service (wandb) is replaced by nothing.
"""

from __future__ import annotations

import logging
import statistics
import sys
import tempfile
import time
import types
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ldct.config.training import Budget  # noqa: E402
from ldct.data.patches import extract_patches  # noqa: E402
from ldct.data.stream import PatchStream, PatchTables  # noqa: E402
from ldct.intensity import Intensity  # noqa: E402
from ldct.losses.composite import WeightedSum  # noqa: E402
from ldct.models.build import build_model  # noqa: E402
from ldct.stages.patches import Patches  # noqa: E402
from ldct.tables.images import ImageStack, write_images  # noqa: E402
from ldct.training.engine import Engine  # noqa: E402
from ldct.training.precision import choose_arithmetic, make_deterministic  # noqa: E402
from ldct.training.validation import Validation  # noqa: E402

BATCH, SIZE = 16, 64
PAPER = {"use": "redcnn", "options": {}}
SMALL = {"use": "redcnn", "options": {"width": 32, "kernel": 3}}
INSTALL = "pip install --no-deps ldct-benchmark==0.0.15"


def main() -> None:
    logging.getLogger("ldct").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        images = write_patients(folder)
        loop_against_bare_step(folder)
        arithmetic_at_equal_budget(folder)
        peer(folder, images)


def write_patients(folder: Path) -> np.ndarray:
    """Two patients of noisy smooth texture, their patch tables, and the low-dose images of one, (8, 512, 512)."""
    for number, patient in enumerate(("train", "validation")):
        generator = np.random.default_rng(number)
        coarse = torch.from_numpy(generator.normal(0, 300, (8, 1, 32, 32)))
        full = torch.nn.functional.interpolate(coarse, size=(512, 512), mode="bicubic")[:, 0].numpy()
        low = full + generator.normal(0, 40, full.shape)
        for dose, hu in (("full", full), ("low", low)):
            stack = ImageStack(
                patient=patient,
                dose=dose,
                hu=np.clip(np.rint(hu), -1024, 3071).astype(np.int16),
                position_mm=np.arange(8) * 3.0,
                pixel_spacing_mm=(0.7, 0.7),
                slice_thickness_mm=3.0,
                origin_mm=np.zeros((8, 3)),
            )
            write_images(folder / f"{patient}.{dose}.parquet", stack)
        spec = Patches.Spec(
            patients=(patient,), size=SIZE, per_patient=1024, seed=0, air_below_hu=-900.0, largest_air_share=0.5
        )
        tables = [folder / f"{patient}.{kind}.parquet" for kind in ("full", "low", "patches")]
        extract_patches(spec, patient, *tables)
    return stack.hu


def make_engine(
    folder: Path, model: dict, output: str, precision: str = "auto", seed: int = 0, **change: int
) -> Engine:
    make_deterministic(seed)
    sizes = {"epochs": 2, "steps_per_epoch": 40, **change}
    budget = Budget(batch=BATCH, learning_rate=1.0e-3, checkpoints=[1, 2], **sizes)
    paths = {patient: folder / f"{patient}.patches.parquet" for patient in ("train", "validation")}
    return Engine(
        budget,
        build_model(**model),
        WeightedSum([{"use": "mse", "weight": 1.0, "options": {}}]),
        PatchStream(PatchTables(paths, ["train"]), seed, BATCH),
        Validation(PatchTables(paths, ["validation"]), budget.steps_per_epoch * BATCH, BATCH, Intensity()),
        choose_arithmetic(precision, "cpu"),
        folder / output,
        output,
    )


def bare_step(engine: Engine) -> Callable[[], None]:
    """Forward, loss, backward and optimiser step on one batch that is already in place, and nothing else."""
    low, full = (engine.arithmetic.place(torch.from_numpy(array)) for array in engine.stream.batch(0))

    def step() -> None:
        engine.optimiser.zero_grad(set_to_none=True)
        with engine.arithmetic.autocast():
            prediction = engine.model(low)
        torch.nn.functional.mse_loss(prediction.float(), full).backward()
        engine.optimiser.step()

    return step


def seconds(action: Callable[[], object], repeats: int = 1) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        action()
    return (time.perf_counter() - start) / repeats


def loop_against_bare_step(folder: Path) -> None:
    """Whole epochs (data, logging, saved states, validation, checkpoints) against as many bare steps."""
    shares, validation = [], []
    for number in range(3):
        engine = make_engine(folder, SMALL, f"loop{number}")
        step = bare_step(engine)
        step()
        steps = engine.steps
        bare = seconds(step, steps // 2)
        whole = seconds(lambda engine=engine: engine.run("benchmark", bar=False))
        bare = (bare + seconds(step, steps // 2)) / 2
        validated = 2 * seconds(
            lambda engine=engine: engine.validation.measure(engine.model, engine.loss, engine.arithmetic)
        )
        shares.append(bare * steps / (whole - validated))
        validation.append(validated / whole)
    print(f"share loop_over_bare_step {statistics.median(shares):.3f}")
    print(f"share validation_of_loop {statistics.median(validation):.3f}")


def arithmetic_at_equal_budget(folder: Path) -> None:
    """Validation RMSE after equal training in our arithmetic and in float32 by torch, beside the spread over seeds."""
    network = {"use": "redcnn", "options": {"width": 32}}
    ours, plain = [], []
    for seed in range(3):
        engine = make_engine(folder, network, f"ours{seed}", seed=seed, steps_per_epoch=20)
        other = make_engine(folder, network, f"plain{seed}", "float32", seed, steps_per_epoch=20)
        for run, values in ((engine, ours), (other, plain)):
            make_deterministic(seed)
            run.run("benchmark", bar=False)
            values.append(run.position.history[-1]["validation_rmse_hu"])
    differences = [a - b for a, b in zip(ours, plain, strict=True)]
    print(f"arithmetic of the step: {engine.arithmetic.name}")
    print(f"hu validation_rmse_float32 {statistics.mean(plain):.2f}")
    print(f"hu validation_rmse_ours_minus_float32 {statistics.mean(differences):+.3f}")
    print(f"hu validation_rmse_sd_over_seeds {statistics.stdev(plain):.3f}")


def peer(folder: Path, images: np.ndarray) -> None:
    sys.modules.setdefault("wandb", types.ModuleType("wandb"))
    try:
        from ldctbench.data.LDCTMayo import LDCTMayo
        from ldctbench.methods.base import BaseTrainer
        from ldctbench.methods.redcnn.network import Model
    except ImportError as error:
        print(f"step_vs_ldctbench and loader_vs_ldctbench are unavailable ({error}): {INSTALL}")
        return
    ours = make_engine(folder, PAPER, "peer")
    numbers = iter(range(1 << 30))

    network = Model(Namespace())
    theirs = Namespace(
        model=network.train(),
        criterion=torch.nn.MSELoss(),
        optimizer=torch.optim.Adam(network.parameters(), lr=1e-4),
        iteration=0,
        losses=Namespace(push=lambda loss, phase: float(loss.detach())),
    )
    dataset = their_dataset(LDCTMayo, folder / "dicom", images)
    loader = torch.utils.data.DataLoader(dataset, batch_size=BATCH, shuffle=True, drop_last=True)
    batch = next(iter(loader))
    rounds = []
    for number in range(5):
        times = seconds(lambda: ours.step(next(numbers))), seconds(lambda: BaseTrainer.train_step(theirs, batch))
        # The first round warms up.
        if number:
            rounds.append(times)
    own, other = (statistics.median(column) for column in zip(*rounds, strict=True))
    print(f"seconds step_ldct {own:.3f}")
    print(f"seconds step_ldctbench {other:.3f}")
    print(f"ratio step_vs_ldctbench {other / own:.2f}")

    rounds = []
    for _ in range(5):
        own = seconds(lambda: ours.stream.batch(next(numbers)), 200) / BATCH
        other = seconds(lambda: [None for _ in loader]) / (len(loader) * BATCH)
        rounds.append((own, other))
    own, other = (statistics.median(column) for column in zip(*rounds, strict=True))
    print(f"count patches_per_second_ldct {1 / own:.0f}")
    print(f"count patches_per_second_ldctbench {1 / other:.0f}")
    print(f"ratio loader_vs_ldctbench {other / own:.0f}")


def their_dataset(dataset: type, folder: Path, images: np.ndarray):
    """ldct-benchmark's data set on uncompressed DICOM files of `images`, as its users have them."""
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

    slices = 96
    for dose in ("low", "full"):
        (folder / dose).mkdir(parents=True)
        for number in range(slices):
            meta = FileMetaDataset()
            meta.TransferSyntaxUID = ExplicitVRLittleEndian
            meta.MediaStorageSOPClassUID = CTImageStorage
            meta.MediaStorageSOPInstanceUID = generate_uid()
            file = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
            file.SOPClassUID, file.SOPInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID
            file.Rows = file.Columns = 512
            file.BitsAllocated = file.BitsStored = 16
            file.HighBit, file.PixelRepresentation, file.SamplesPerPixel = 15, 0, 1
            file.PhotometricInterpretation = "MONOCHROME2"
            file.RescaleSlope, file.RescaleIntercept = 1, -1024
            file.PixelData = (images[number % len(images)].astype(np.int32) + 1024).clip(0).astype("<u2").tobytes()
            file.save_as(folder / dose / f"1-{number + 1:02}.dcm", enforce_file_format=True)
    args = Namespace(seed=0, datafolder=str(folder), data_norm="meanstd", data_subset=1.0, patchsize=SIZE)
    made = dataset("train", args)
    patient = {"input": "./low", "target": "./full", "n_slices": slices}
    made.samples = [{**patient, "slice": number + 1} for number in range(slices)]
    return made


if __name__ == "__main__":
    main()
