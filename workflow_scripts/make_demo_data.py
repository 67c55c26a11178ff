"""Make resources/demo from the public sources named there: real CT volumes, de-identified and losslessly compressed.

A maintainer's tool: the workflow does not run it. SOURCES holds abdomen_dicom/ (TotalSegmentator 2.18.0,
tests/reference_files) and lung{1,2}_{image,label}.nrrd (pyradiomics 3.0.1, data).
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import SimpleITK
from pydicom.uid import JPEGLSLossless

from ldct.dicom.series import read_series
from ldct.dicom.write import write_series
from ldct.tables.images import ImageStack

KEY = b"ldct demo data"


def volume(path: Path, patient: str) -> tuple[ImageStack, SimpleITK.Image]:
    """An axial volume with its LPS geometry."""
    image = SimpleITK.ReadImage(str(path))
    columns, rows, thickness = image.GetSpacing()
    direction = np.array(image.GetDirection()).reshape(3, 3)
    origins = np.array([image.TransformIndexToPhysicalPoint((0, 0, k)) for k in range(image.GetSize()[2])])
    orientation = (*direction[:, 0], *direction[:, 1])
    stack = ImageStack(
        patient=patient,
        dose="full",
        hu=SimpleITK.GetArrayFromImage(image).astype(np.int16),
        position_mm=origins @ np.cross(orientation[:3], orientation[3:]),
        pixel_spacing_mm=(rows, columns),
        slice_thickness_mm=thickness,
        origin_mm=origins,
        orientation=orientation,
    )
    return stack, image


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("sources", type=Path, help="folder with the sources")
    cli.add_argument("output", type=Path, help="resources/demo")
    args = cli.parse_args()
    sums = {}
    for patient in ("lung1", "lung2"):
        stack, _ = volume(args.sources / f"{patient}_image.nrrd", patient)
        derivation = "pyradiomics 3.0.1 NRRD volume, HU unchanged"
        write_series(
            stack,
            args.output / patient,
            key=KEY,
            description="Chest CT, ldct demo",
            derivation=derivation,
            transfer_syntax=JPEGLSLossless,
        )
        label = SimpleITK.ReadImage(str(args.sources / f"{patient}_label.nrrd"))
        SimpleITK.WriteImage(
            SimpleITK.Cast(label, SimpleITK.sitkUInt8), str(args.output / f"{patient}_tumour.nrrd"), True
        )
        sums[patient] = hashlib.sha256(stack.hu.tobytes()).hexdigest()
    series, refused = read_series(args.sources / "abdomen_dicom", patient="abdomen1", dose="full")
    if series is None or refused:
        raise SystemExit("\n".join(map(str, refused)))
    write_series(
        series.stack,
        args.output / "abdomen1",
        key=KEY,
        description="Abdomen CT, ldct demo",
        derivation="TotalSegmentator 2.18.0 reference files, HU unchanged",
        kvp=series.header.kv,
        kernel=series.header.kernel,
        transfer_syntax=JPEGLSLossless,
    )
    sums["abdomen1"] = hashlib.sha256(series.stack.hu.tobytes()).hexdigest()
    (args.output / "sha256.json").write_text(json.dumps(sums, indent=1) + "\n")


if __name__ == "__main__":
    main()
