"""Nothing of a person leaves the ingest: marks in every identifying attribute are searched for in all output."""

from __future__ import annotations

import logging
from pathlib import Path

import pyarrow.parquet as pq
import pydicom
import pytest
from pydicom.datadict import DicomDictionary
from pydicom.dataset import Dataset
from pydicom.uid import UID

from ldct.data.cohort import collect_cohort
from ldct.data.ingest import build_images
from ldct.inference.export import export_source
from ldct.stages.cohort import Cohort
from ldct.stages.dicom_source import DicomSource
from ldct.stages.images import Images
from ldct.tables import read_table
from ldct.tables.cohort import REJECTIONS

from .test_ingest import body, dicom, stack

WORD, DIGITS, DAY = "SENTINEL", "31415926", "19770713"
MARKS = (WORD, WORD.lower(), WORD.title(), DIGITS, DAY)
TEXT = ("LO", "SH", "PN", "ST", "LT", "UT", "UC", "UR", "AE", "AS")
# What an image needs to be read; these hold no person.
NEEDED = {
    *("SOPClassUID", "Modality", "ImageType", "RescaleType", "TransferSyntaxUID", "PhotometricInterpretation"),
    *("FrameOfReferenceUID", "SeriesInstanceUID", "StudyInstanceUID", "ConvolutionKernel", "LossyImageCompression"),
    *("SpecificCharacterSet", "BurnedInAnnotation", "TimezoneOffsetFromUTC", "LossyImageCompressionMethod"),
}


def plant(path: Path, number: int, person: int = 1) -> None:
    """Fill every text, UID, date and time attribute that DICOM knows, sequences of persons, and private elements.

    person: tells PatientID, study and frame from those of others.
    """
    dataset = pydicom.dcmread(path)
    for tag, (vr, _, _, retired, keyword) in DicomDictionary.items():
        if not keyword or retired or tag < 0x00080000 or keyword in NEEDED or tag >> 16 in (0x7FE0, 0xFFFE, 0x5400):
            continue
        if vr in TEXT:
            text = f"{WORD}^{number}" if vr != "AS" else "077Y"
            dataset.add_new(tag, vr, text[:16] if vr in ("SH", "AE") else text)
        elif vr == "UI":
            dataset.add_new(tag, vr, UID(f"1.2.826.{DIGITS}.{number}"))
        elif vr == "DA":
            dataset.add_new(tag, vr, DAY)
        elif vr == "DT":
            dataset.add_new(tag, vr, DAY + "101112")
    for name in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"):
        setattr(dataset, name, UID(f"1.2.826.{DIGITS}.{person}"))
    dataset.PatientID = f"{WORD}-{person}"
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.ConvolutionKernel = f"{WORD} kernel"
    nested = Dataset()
    nested.PatientID, nested.PatientName = f"{WORD}-7", f"{WORD}^Nested"
    dataset.OtherPatientIDsSequence = [nested]
    dataset.RequestAttributesSequence = [nested]
    block = dataset.private_block(0x0099, f"{WORD} PRIVATE", create=True)
    block.add_new(0x01, "LO", f"{WORD} private")
    dataset.add_new(0x60003000, "OB", WORD.encode() * 2)
    dataset.preamble = (WORD.encode() * 16)[:128]
    dataset.save_as(path)
    path.rename(path.with_name(f"{WORD}_Jane_{number:03d}.dcm"))


@pytest.fixture
def outputs(tmp_path, caplog) -> tuple[Path, str]:
    """Everything the ingest wrote of planted series of both doses with a broken file, and what it said."""
    folders = {}
    for dose, noise in (("full", 8.0), ("low", 30.0)):
        folder = dicom(tmp_path / f"{WORD}_Jane" / dose, stack(body(noise=noise, seed=int(noise)), dose))
        for number, path in enumerate(sorted(folder.iterdir())):
            plant(path, number)
        broken = sorted(folder.iterdir())[0]
        broken.with_name(f"{WORD}_broken.dcm").write_bytes(broken.read_bytes()[:-3000])
        (folder / f"{WORD}_letter.txt").write_text(f"Dear {WORD}")
        folders[dose] = folder
    out = tmp_path / "results"
    spec = {
        "patient": "P1",
        "kind": "dicom",
        "region": "chest",
        "allow_lossy": False,
        "low_dose": None,
        "reconstruction": None,
    }
    parts = [out / f"P1.{name}.parquet" for name in ("series", "rejections")]
    images = {dose: out / f"images/P1/{dose}.parquet" for dose in folders}
    with caplog.at_level(logging.DEBUG):
        build_images(Images.Spec(**spec), folders, images["full"], images["low"], *parts)
        cohort = {"patients": [{"patient": "P1", "region": "chest", "kind": "dicom", "fold": 0}]}
        split = {"split": {"0": {"train": [], "validation": [], "test": ["P1"]}}}
        collect_cohort(Cohort.Spec.model_validate(cohort | split), [parts[0]], [parts[1]], out / "cohort")
        for source in ("low_dose", "full_dose"):
            export = {"source": source, "patients": ["P1"], "key": "P1"}
            export_source(DicomSource.Spec(**export), {"P1": images}, [parts[0]], out / "dicom" / source)
    return out, caplog.text


def test_the_planted_series_is_used_and_its_bad_files_are_set_aside(outputs):
    out, _ = outputs
    assert pq.read_metadata(out / "images/P1/low.parquet").num_rows == 4
    rows = read_table(out / "P1.rejections.parquet", REJECTIONS).to_pylist()
    assert {row["file"] for row in rows} >= {"full, file 5 of 6", "full, file 6 of 6", "low, file 5 of 6"}


def test_no_mark_is_found_in_any_output(outputs):
    out, said = outputs
    files = [path for path in out.rglob("*") if path.is_file()]
    assert len(files) > 10
    for path in files:
        texts = [path.relative_to(out).as_posix(), path.read_bytes().decode("latin-1")]
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            words = [name for name in table.column_names if name != "hu"]
            texts += [str(table.schema.metadata), str(table.select(words).to_pylist())]
        if path.suffix == ".dcm":
            texts.append(str(pydicom.dcmread(path)))
        for text in texts:
            assert [mark for mark in MARKS if mark in text] == [], path.name
    assert [mark for mark in MARKS if mark in said] == []
