"""A synthetic patient's raw helical projections at full and at low dose, as DICOM-CT-PD files."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ldct.config.raw import Scanner
from ldct.files import atomic_folder
from ldct.projection.ctpd.writer import SeriesInfo, Writer
from ldct.projection.geometry import Detector, Geometry, helical
from ldct.projection.noise import acquire, bowtie
from ldct.projection.patients import WATER, patient

if TYPE_CHECKING:
    from ldct.stages.simulate import Simulate

log = logging.getLogger("ldct")
BLOCK = 128  # views projected and written at a time
SUBRAYS = (2, 2)
SCAN_LENGTH_MM = 54.0
INTERCEPT = -0.2


def simulate_patient(spec: Simulate.Spec, output: Path) -> None:
    """Write output/full/*.dcm and output/low/*.dcm, one file a view.

    Noise-free line integrals come from the patient's analytic
    phantom, averaged in intensity over each detector element; full and low dose are independent draws of the counts
    model behind a body bowtie filter. Equal specs give equal bytes; nothing in the files identifies anyone.
    Raises ConfigError for a region without synthetic anatomy.
    """
    output = Path(output)
    phantom = patient(spec.region, spec.seed)
    geometry = scan_geometry(spec.scanner)
    photons = bowtie(geometry.detector.fan_angle, spec.scanner.photons, WATER)
    log.info("%s: %s of %d bodies, %d views", spec.patient, spec.region, len(phantom), len(geometry))
    with atomic_folder(output) as folder:
        _write_doses(spec, phantom, geometry, photons, folder)


def _write_doses(spec: Simulate.Spec, phantom, geometry: Geometry, photons: np.ndarray, folder: Path) -> None:
    scanner = spec.scanner
    doses = {"full": 1.0, "low": spec.fraction}
    # The largest line integral is that of one quantum.
    slope = float(f"{(np.log(scanner.photons) - INTERCEPT + 0.1) / 65535:.3g}")
    writers = {
        dose: Writer(folder / dose, geometry, series_info(spec, dose, slope), photons * fraction)
        for dose, fraction in doses.items()
    }
    random = {
        dose: np.random.default_rng([spec.seed, number, _number(spec.patient)]) for number, dose in enumerate(doses)
    }
    shown = 0
    for start in range(0, len(geometry), BLOCK):
        clean = phantom.line_integrals(geometry.views(slice(start, start + BLOCK)), SUBRAYS)
        for dose, fraction in doses.items():
            noisy = acquire(clean, photons, fraction, scanner.electronic_noise, random[dose])
            codes = np.clip(np.rint((noisy - INTERCEPT) / slope), 0, 65535).astype(np.uint16)
            writers[dose].write(start, codes)
        done = min(start + BLOCK, len(geometry)) * 4 // len(geometry)
        if done > shown:
            log.info("%s: %d %% of the views written", spec.patient, 25 * done)
            shown = done


def scan_geometry(scanner: Scanner, length_mm: float = SCAN_LENGTH_MM) -> Geometry:
    """A helix that measures `length_mm` completely, with quarter-column offset."""
    columns, rows = scanner.detector_columns, scanner.detector_rows
    detector = Detector(
        columns=columns,
        rows=rows,
        column_spacing_mm=scanner.column_spacing_mm,
        row_spacing_mm=scanner.row_spacing_mm,
        source_isocentre_mm=scanner.source_isocentre_mm,
        source_detector_mm=scanner.source_detector_mm,
        central_column=(columns + 1) / 2 + 0.25,
        central_row=(rows + 1) / 2,
    )
    # Complete data need half a turn and the fan on either side of a slice, and the cone reaches it from beyond.
    feed = scanner.pitch * detector.collimation_mm
    turns = 0.5 + 2 * float(np.abs(detector.fan_angle).max()) / np.pi * 0.5
    half = length_mm / 2 + feed * turns
    return helical(
        detector,
        views_per_rotation=scanner.views_per_rotation,
        pitch=scanner.pitch,
        start_mm=-half,
        stop_mm=half,
        flying_focal_spot=scanner.flying_focal_spot,
    )


def series_info(spec: Simulate.Spec, dose: str, slope: float) -> SeriesInfo:
    """Header values of one dose; UIDs are hashes of what the patient was made from."""
    uid = {name: f"2.25.{_number(spec.canonical(), name)}" for name in ("study", "frame", dose)}
    return SeriesInfo(
        study_uid=uid["study"],
        series_uid=uid[dose],
        frame_of_reference_uid=uid["frame"],
        patient_id=spec.patient,
        views_per_rotation=spec.scanner.views_per_rotation,
        pitch=spec.scanner.pitch,
        water_attenuation=WATER,
        slope=slope,
        intercept=INTERCEPT,
    )


def _number(*texts: str) -> int:
    """A 120-bit number of the texts."""
    return int.from_bytes(hashlib.sha256("\0".join(texts).encode()).digest()[:15], "big")
