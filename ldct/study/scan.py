"""A manifest from a folder of DICOM data: finds series, pairs doses by the layouts of public collections."""

from __future__ import annotations

import csv
import io
import os
import warnings
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pydicom

from ldct.errors import LdctError
from ldct.projection.ctpd.tags import RAW_DATA_STORAGE
from ldct.study.manifest import COLUMNS
from ldct.study.nbia import described
from ldct.study.recipes import Recipe, recipes

CT_CLASSES = ("1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.2.2")


@dataclass(frozen=True)
class Found:
    """A folder that holds a series, and whether it holds images (dicom) or projections (ctpd).

    label: what tells patient and dose: the relative path, or 'subject/description' of a list of the download.
    """

    path: Path
    relative: str
    kind: str
    files: int
    label: str


def write_manifest(folder: Path, output: Path) -> None:
    """Write a manifest of the series below `folder` to `output`, and print what was found and what was left out.

    One row a patient and kind of data; folders are named relative to the manifest, patients as their folders are.
    Raises LdctError where the folder is missing or holds no series.
    """
    if not folder.is_dir():
        raise LdctError(f"{folder}: no such folder; give the one that holds the patients' series")
    found, other = _series(folder)
    if not found:
        raise LdctError(f"{folder}: no CT images and no DICOM-CT-PD projections in it or below ({other} other files)")
    rows, left_out, recipe = _rows(found, output)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([row[name] for name in COLUMNS] for row in rows)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(text.getvalue())
    pairs = sum(bool(row["low"]) for row in rows)
    print(f"{output}: {len(rows)} patients, {pairs} with a low-dose series ({recipe})")
    if pairs < len(rows):
        print(f"{len(rows) - pairs} without: their low dose will be made by noise insertion (low_dose.fraction)")
    for reason in left_out:
        print(f"left out: {reason}")


def _series(folder: Path) -> tuple[list[Found], int]:
    """Folders whose first readable DICOM file is a CT image or projection; and how many files are neither."""
    found, other = [], 0
    known = described(folder)
    for base, _, names in sorted(os.walk(folder)):
        files = sorted(name for name in names if not name.startswith("."))
        kind = next((kind for name in files[:5] if (kind := _kind(Path(base) / name))), None)
        if kind:
            path = Path(base)
            relative = path.relative_to(folder).as_posix()
            found.append(
                Found(path, relative, kind, len(files), known.get(relative) or known.get(path.name) or relative)
            )
        else:
            other += len(files)
    return found, other


def _kind(path: Path) -> str | None:
    """'dicom', 'ctpd', or None for anything else."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["SOPClassUID"])
            meta = getattr(header, "file_meta", None)
            sop_class = str(header.get("SOPClassUID") or (meta and meta.get("MediaStorageSOPClassUID")) or "")
        # A file that cannot be read is no series, whatever is wrong with it; ingest names it if it lies in one.
        except Exception:
            return None
    if sop_class == RAW_DATA_STORAGE:
        return "ctpd"
    return "dicom" if sop_class in CT_CLASSES else None


def _rows(found: list[Found], output: Path) -> tuple[list[dict[str, str]], list[str], str]:
    """Manifest rows by the first recipe that names the dose of any series; else each folder is a patient."""
    for recipe in recipes():
        if any(recipe.patient.search(item.label) and recipe.full.search(item.label) for item in found):
            rows, left_out = _by_recipe(found, recipe, output)
            return rows, left_out, f"layout '{recipe.name}'"
    names = [item.path.name if item.relative == "." else item.relative.replace("/", "_") for item in found]
    rows = [_row(name, item.kind, item, None, "unknown", output) for name, item in zip(names, found, strict=True)]
    return rows, [], "each folder a patient"


def _by_recipe(found: list[Found], recipe: Recipe, output: Path) -> tuple[list[dict[str, str]], list[str]]:
    doses: dict[tuple[str, str], dict[str, list[Found]]] = defaultdict(lambda: {"full": [], "low": []})
    left_out = []
    for item in found:
        name = recipe.patient.search(item.label)
        dose = "full" if recipe.full.search(item.label) else "low" if recipe.low.search(item.label) else None
        if name is None or dose is None:
            left_out.append(f"{item.relative}: neither full nor low dose by its name")
        else:
            doses[name[1], item.kind][dose].append(item)
    images = {patient for patient, kind in doses if kind == "dicom"}
    rows = []
    for (patient, kind), pair in sorted(doses.items()):
        if kind == "ctpd" and patient in images:
            # A patient stands in a study once.
            left_out.append(f"{patient}: its projections, since its images are listed; for the raw path use kind ctpd")
        elif not pair["full"]:
            left_out.append(f"{patient}: no full-dose series ({kind})")
        else:
            for dose in ("full", "low"):
                pair[dose].sort(key=lambda item: (-item.files, item.relative))
                left_out += [f"{item.relative}: a second {dose}-dose series of {patient}" for item in pair[dose][1:]]
            low = pair["low"][0] if pair["low"] else None
            rows.append(_row(patient, kind, pair["full"][0], low, recipe.region(patient), output))
    return rows, left_out


def _row(name: str, kind: str, full: Found, low: Found | None, region: str, output: Path) -> dict[str, str]:
    base = output.resolve().parent
    full_path, low_path = (os.path.relpath(item.path.resolve(), base) if item else "" for item in (full, low))
    return {
        "patient": name,
        "kind": kind,
        "full": full_path,
        "low": low_path,
        "region": region,
        "seed": "",
        "fold": "",
        "images": "",
    }
