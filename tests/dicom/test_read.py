"""Each rule for DICOM images, on files that keep or break it."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless

from ldct.dicom.deidentify import known_kernel, known_manufacturer
from ldct.dicom.read import read_slices
from ldct.dicom.series import read_series
from ldct.errors import InputError
from ldct.tables.images import INVALID_HU
from tests.dicom.conftest import SHAPE, ct, stored, write


def read(tmp_path, dataset, **options):
    write(tmp_path, dataset, names=["a.dcm"])
    return read_slices(tmp_path / "a.dcm", "a.dcm", **options)


def test_hu_is_slope_times_stored_plus_intercept(tmp_path):
    dataset = ct(RescaleSlope=2, RescaleIntercept=-1000)
    (found,) = read(tmp_path, dataset)
    assert found.hu.dtype == np.int16
    assert np.array_equal(found.hu, stored(dataset) * 2 - 1000)
    assert found.pixel_spacing_mm == (0.7, 0.8)


@pytest.mark.parametrize("syntax", [JPEGLSLossless, JPEG2000Lossless, RLELossless])
def test_lossless_compression_gives_the_same_hu(tmp_path, syntax):
    dataset = ct()
    expected = stored(dataset) - 1024
    dataset.compress(syntax)
    (found,) = read(tmp_path, dataset)
    assert np.array_equal(found.hu, expected)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"RescaleSlope": None}, "no RescaleSlope"),
        ({"RescaleIntercept": None}, "no RescaleSlope"),
        ({"RescaleType": "OD"}, "'OD'"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, "Secondary Capture"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "localizer"),
        ({"LossyImageCompression": "01"}, "lossily"),
        ({"BurnedInAnnotation": "YES"}, "burned-in"),
        ({"ImagePositionPatient": None}, "ImagePositionPatient"),
        ({"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}, "geometry"),
        ({"PixelSpacing": [0, 0]}, "geometry"),
        ({"PixelData": b"\0" * 10}, "10 bytes"),
        ({"Rows": 60000, "Columns": 60000}, "60000 x 60000"),
        ({"SamplesPerPixel": 3}, "colour"),
    ],
)
def test_what_is_no_ct_image_in_hu_is_refused(tmp_path, changes, found):
    with pytest.raises(InputError) as caught:
        read(tmp_path, ct(**changes))
    assert found in caught.value.found
    assert caught.value.path == "a.dcm"
    assert caught.value.action
    assert "Nobody" not in str(caught.value)


def test_lossy_images_can_be_allowed(tmp_path):
    assert len(read(tmp_path, ct(LossyImageCompression="01"), allow_lossy=True)) == 1


def padded(representation, value, stored_value, limit=None):
    dataset = ct(PixelRepresentation=representation, RescaleIntercept=0)
    pixels = stored(dataset).copy()
    pixels[3, 4] = stored_value
    dataset.PixelData = pixels.tobytes()
    vr = "SS" if representation else "US"
    dataset.add_new("PixelPaddingValue", vr, value)
    if limit is not None:
        dataset.add_new("PixelPaddingRangeLimit", vr, limit)
    return dataset


def test_padding_is_found_in_stored_values(tmp_path):
    (found,) = read(tmp_path, padded(1, -2000, -2000))
    assert np.argwhere(found.hu == INVALID_HU).tolist() == [[3, 4]]


def test_padding_of_unsigned_pixels(tmp_path):
    (found,) = read(tmp_path, padded(0, 63536, np.uint16(63536).astype(np.int16)))
    assert np.argwhere(found.hu == INVALID_HU).tolist() == [[3, 4]]


def test_padding_range_is_inclusive_in_either_order(tmp_path):
    (found,) = read(tmp_path, padded(1, -1990, -2000, limit=-2010))
    assert np.argwhere(found.hu == INVALID_HU).tolist() == [[3, 4]]


def enhanced():
    """Two frames whose rescale and position differ, as an Enhanced CT image."""
    dataset = ct(RescaleSlope=None, RescaleIntercept=None, ImagePositionPatient=None, PixelSpacing=None)
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2.1"
    frames = []
    for z, intercept in ((5.0, -1000), (8.0, -500)):
        frame = Dataset()
        for name, values in (
            ("PixelValueTransformationSequence", {"RescaleSlope": 1, "RescaleIntercept": intercept}),
            ("PlanePositionSequence", {"ImagePositionPatient": [0, 0, z]}),
        ):
            item = Dataset()
            for keyword, value in values.items():
                setattr(item, keyword, value)
            setattr(frame, name, Sequence([item]))
        frames.append(frame)
    shared, measures, plane = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = [0.5, 0.6], 3.0
    plane.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = Sequence([measures]), Sequence([plane])
    dataset.PerFrameFunctionalGroupsSequence, dataset.SharedFunctionalGroupsSequence = (
        Sequence(frames),
        Sequence([shared]),
    )
    dataset.NumberOfFrames = 2
    dataset.PixelData = np.stack([np.full(SHAPE, 100), np.full(SHAPE, 200)]).astype("<i2").tobytes()
    return dataset


def test_enhanced_ct_has_its_rescale_and_position_per_frame(tmp_path):
    first, second = read(tmp_path, enhanced())
    assert (first.hu == -900).all() and (second.hu == -300).all()
    assert (first.position[2], second.position[2]) == (5.0, 8.0)
    assert first.pixel_spacing_mm == (0.5, 0.6)


def test_legacy_converted_ct_keeps_what_the_conversion_could_not_place(tmp_path):
    dataset = enhanced()
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2.2"
    for keyword in ("KVP", "ConvolutionKernel"):
        if keyword in dataset:
            delattr(dataset, keyword)
    for number, frame in enumerate(dataset.PerFrameFunctionalGroupsSequence):
        item = Dataset()
        item.GantryDetectorTilt = 2.0 * number
        frame.UnassignedPerFrameConvertedAttributesSequence = Sequence([item])
    shared = Dataset()
    shared.KVP, shared.ConvolutionKernel = 100, "B45f"
    dataset.SharedFunctionalGroupsSequence[0].UnassignedSharedConvertedAttributesSequence = Sequence([shared])
    first, second = read(tmp_path, dataset)
    assert (first.hu == -900).all() and (second.hu == -300).all()
    assert [(one.header.kv, one.header.kernel) for one in (first, second)] == [(100, "B45f")] * 2
    assert (first.tilt_degrees, second.tilt_degrees) == (0.0, 2.0)


def test_slices_are_ordered_by_position_not_by_name(tmp_path):
    order = [3, 0, 4, 1, 2]
    write(tmp_path, *[ct(k) for k in order])
    found, refused = read_series(tmp_path, patient="p", dose="full")
    assert not refused
    assert found.stack.position_mm.tolist() == [0, 3, 6, 9, 12]
    for k in range(5):
        assert np.array_equal(found.stack.hu[k], stored(ct(k)) - 1024)
    assert found.spacing_mm == 3.0


def test_an_exact_copy_is_dropped_and_reported(tmp_path):
    write(tmp_path, ct(0), ct(1), ct(1))
    found, refused = read_series(tmp_path, patient="p", dose="full")
    assert len(found.stack) == 2
    assert "copy" in refused[0].found


def test_two_images_at_one_position_are_refused(tmp_path):
    other = ct(1)
    other.PixelData = ct(2).PixelData
    write(tmp_path, ct(0), ct(1), other)
    found, refused = read_series(tmp_path, patient="p", dose="full")
    assert found is None
    assert "one position" in refused[-1].found


def test_gaps_and_tilt_are_noted(tmp_path):
    write(tmp_path / "gap", *[ct(k) for k in (0, 1, 2, 5, 6)])
    found, _ = read_series(tmp_path / "gap", patient="p", dose="full")
    assert "1 irregular gap" in found.notes[0]
    tilted = [ct(k, ImagePositionPatient=[0, 1.0 * k, 3.0 * k]) for k in range(4)]
    write(tmp_path / "tilt", *tilted)
    found, _ = read_series(tmp_path / "tilt", patient="p", dose="full")
    assert "tilt" in found.notes[0]


def test_a_second_series_is_set_aside_or_nothing_is_guessed(tmp_path):
    write(tmp_path / "some", *[ct(k) for k in range(4)], ct(9, seed=7))
    found, refused = read_series(tmp_path / "some", patient="p", dose="full")
    assert len(found.stack) == 4
    assert "another series" in refused[0].found
    write(tmp_path / "even", *[ct(k) for k in range(2)], *[ct(k, seed=7) for k in range(2)])
    found, refused = read_series(tmp_path / "even", patient="p", dose="full")
    assert found is None
    assert "2 series" in refused[-1].found


def test_other_files_are_named_and_the_rest_goes_on(series):
    (series / "notes.txt").write_text("not CT")
    (series / "cut.dcm").write_bytes((series / "000.dcm").read_bytes()[:900])
    found, refused = read_series(series, patient="p", dose="full")
    assert len(found.stack) == 5
    assert {error.path for error in refused} == {"notes.txt", "cut.dcm"}


def test_a_missing_folder_is_one_clear_entry(tmp_path):
    found, refused = read_series(tmp_path / "nowhere", patient="p", dose="low")
    assert found is None
    assert "low dose" in refused[0].found


@pytest.mark.parametrize(
    ("text", "kernel"),
    [
        ("B30f", "B30f"),
        ("Br38f/3", "Br38f/3"),
        ("FC18", "FC18"),
        ("standard", "standard"),
        ("Jane Doe", None),
        ("", None),
    ],
)
def test_only_usual_kernel_names_pass(text, kernel):
    assert known_kernel(text) == kernel


def test_only_known_vendors_pass():
    assert known_manufacturer("SIEMENS Healthineers") == "Siemens"
    assert known_manufacturer("GE MEDICAL SYSTEMS") == "GE"
    assert known_manufacturer("Dr. George's scanner") is None
