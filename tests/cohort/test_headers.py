"""The fast reading of headers says what pydicom says, of every kind of file, and hashes lead back to nobody."""

from __future__ import annotations

import shutil
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pydicom.data
import pytest
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from ldct.cohort import headers
from ldct.cohort.headers import FIRST_BYTES, Header, Slices, keyed, person_text, read_header
from ldct.cohort.values import CT_CLASSES, raw_values, values_of, whole_values
from tests.dicom.conftest import ct
from tests.dicom.test_read import enhanced
from tests.support.layouts import raw

KEY = b"a key"


def by_pydicom(path) -> tuple[Header, Slices]:
    values = whole_values(path)
    header, normal = headers._series(values, KEY)
    return header, headers._slices(values, normal) if values else Slices()


COLLECTION = Path(pydicom.data.__file__).parent


def plain(**changes) -> pydicom.FileDataset:
    said = {
        "PatientID": "Müller 7",
        "SeriesDescription": "Schädel 5.0 H30s",
        "SpecificCharacterSet": "ISO_IR 100",
        "ProtocolName": "CCT",
        "ImageComments": "low dose",
        "Exposure": 120,
        "ConvolutionKernel": ["I30f", "3"],
        "StudyInstanceUID": "1.2.3",
        "BodyPartExamined": "HEAD",
    }
    said |= changes
    return ct(3, **{name: value for name, value in said.items() if value is not None})


def with_private(**changes) -> pydicom.FileDataset:
    made = plain(**changes)
    made.private_block(0x0009, "SOMEBODY", create=True).add_new(0x01, "OB", b"x" * 9000)
    item = pydicom.Dataset()
    item.CodeValue = "1"
    made.ProcedureCodeSequence = [item, item]
    return made


def with_open_sequence(**changes) -> pydicom.FileDataset:
    made = plain(**changes)
    item = pydicom.Dataset()
    item.CodeValue = "1"
    made.ProcedureCodeSequence = [item, item]
    made["ProcedureCodeSequence"].is_undefined_length = True
    return made


FILES = {
    "a sequence of undefined length": with_open_sequence,
    "plain": plain,
    "no exposure": lambda: plain(Exposure=None, XRayTubeCurrent=100, ExposureTime=500),
    "a header of many kilobytes": with_private,
    "empty values": lambda: plain(Exposure=None, ConvolutionKernel="", PatientID=""),
    "UTF-8": lambda: plain(SpecificCharacterSet="ISO_IR 192", SeriesDescription="胸部 低線量"),
    "many frames, classic": lambda: plain(NumberOfFrames=3, PixelData=b"\0" * 3 * 64 * 48 * 2),
    "enhanced": enhanced,
    "oblique": lambda: plain(ImageOrientationPatient=[1, 0, 0, 0, 0, -1]),
}


SYNTAXES = (None, ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, RLELossless)
# Files of many frames have no pixels that could be compressed here.
PAIRS = [
    (name, syntax)
    for name in FILES
    for syntax in SYNTAXES
    if not (syntax is RLELossless and name in ("enhanced", "many frames, classic"))
]


@pytest.mark.parametrize(("name", "syntax"), PAIRS)
def test_both_ways_say_the_same(name, syntax, tmp_path):
    made = FILES[name]()
    if syntax is RLELossless:
        made.compress(syntax, generate_instance_uid=False)
    path = tmp_path / "x.dcm"
    if syntax in (None, RLELossless):
        made.save_as(path, enforce_file_format=True)
    else:
        made.file_meta.TransferSyntaxUID = syntax
        if syntax is ExplicitVRBigEndian:
            made.PixelData = np.frombuffer(made.PixelData, "<u2").astype(">u2").tobytes()
        pydicom.dcmwrite(path, made, enforce_file_format=True, force_encoding=False)
    header, own = read_header(path, KEY)
    assert (header, own) == by_pydicom(path)
    dataset = pydicom.dcmread(path)
    if name != "enhanced":
        assert header.description == dataset.get("SeriesDescription", "")
        assert header.person == keyed(KEY, person_text(str(dataset.get("PatientID", ""))))
        assert header.rows == dataset.Rows and header.columns == dataset.Columns
        assert own.exposure == {"no exposure": 50.0, "empty values": None}.get(name, 120.0)
        normal = np.cross(*np.reshape(np.array(dataset.ImageOrientationPatient, float), (2, 3)))
        assert own.positions == pytest.approx((normal @ np.array(dataset.ImagePositionPatient, float),))
    else:
        assert len(own.positions) == header.frames > 1


def test_plain_files_take_the_fast_way():
    """So the comparison above compares two ways."""
    for name, make in FILES.items():
        if name in ("enhanced", "a header of many kilobytes"):
            continue
        buffer = BytesIO()
        make().save_as(buffer, enforce_file_format=True)
        series, _ = raw_values(buffer.getvalue()[:FIRST_BYTES])
        assert values_of(series)["description"]


def test_public_files_of_every_kind():
    """pydicom's own collection: CT by pydicom is CT here, and nothing raises."""
    kinds = {"images": 0, "": 0}
    for path in sorted(COLLECTION.rglob("*.dcm")):
        header, own = read_header(path, KEY)
        assert (header, own) == by_pydicom(path), path.name
        try:
            dataset = pydicom.dcmread(path, stop_before_pixels=True)
            is_ct = (dataset.get("SOPClassUID") or dataset.file_meta.get("MediaStorageSOPClassUID")) in CT_CLASSES
        except Exception:
            continue
        assert (header.kind == "images") == is_ct, path.name
        kinds[header.kind] += 1
    assert kinds["images"] >= 3 and kinds[""] > 30


def test_projections(tmp_path):
    raw(tmp_path / "raw", "L004", "full")
    path = next((tmp_path / "raw").iterdir())
    header, _ = read_header(path, KEY)
    assert header.kind == "projections" and header.person == keyed(KEY, "L004")
    assert header == by_pydicom(path)[0]


@pytest.mark.parametrize("cut", [0, 100, 131, 140, 400, 900, 1300])
def test_damaged_files_are_no_series_or_what_pydicom_makes_of_them(cut, tmp_path):
    plain().save_as(tmp_path / "x.dcm", enforce_file_format=True)
    path = tmp_path / "cut.dcm"
    path.write_bytes((tmp_path / "x.dcm").read_bytes()[:cut])
    assert read_header(path, KEY) == by_pydicom(path)


def test_hashes_need_the_key_and_dose_words_are_no_part_of_a_person():
    assert keyed(b"a", "L067") != keyed(b"b", "L067") and "L067" not in keyed(b"a", "L067")
    assert keyed(b"a", "") == ""
    assert person_text("L067_FD") == person_text("l067 qd") == person_text("L067") == "L067"
    assert person_text("FD") == "FD" and person_text("100") != person_text("25")
    for nobody in ("", "ANONYMOUS", "anonymized", "0000", "---", "removed", "Patient"):
        assert person_text(nobody) == ""
    assert person_text("", "Doe^J", "19700101") and not person_text("", "Doe^J")
    assert person_text("ANON001") == "ANON001"


def test_a_file_that_vanished_is_an_error_of_the_system(tmp_path):
    shutil.copy(__file__, tmp_path / "x")
    assert read_header(tmp_path / "x", KEY)[0] == Header()
    with pytest.raises(OSError):
        read_header(tmp_path / "y", KEY)
