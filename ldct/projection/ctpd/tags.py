"""The DICOM-CT-PD attributes, by number (Chen 2015; Moen 2021, Table IV; user manual v3; dictionaries v8 and v11).

The names of dictionary v8 are not used for decoding: it swaps those of (7033,100B) and (7033,100C).
"""

from __future__ import annotations

from typing import NamedTuple

PRIVATE_CREATOR = "CtProjectionData-MayoClinc-v1"  # the misspelling is the standard's
RAW_DATA_STORAGE = "1.2.840.10008.5.1.4.1.1.66"


class Attribute(NamedTuple):
    """Value representation, the numpy letter of its binary form ('' for text), name."""

    vr: str
    name: str

    @property
    def binary(self) -> str:
        return {"FL": "f4", "US": "u2"}.get(self.vr, "")


PRIVATE: dict[int, Attribute] = {
    0x70291002: Attribute("FL", "DetectorElementTransverseSpacing"),
    0x70291006: Attribute("FL", "DetectorElementAxialSpacing"),
    0x7029100B: Attribute("CS", "DetectorShape"),
    0x70291010: Attribute("US", "NumberofDetectorRows"),
    0x70291011: Attribute("US", "NumberofDetectorColumns"),
    0x70311001: Attribute("FL", "DetectorFocalCenterAngularPosition"),
    0x70311002: Attribute("FL", "DetectorFocalCenterAxialPosition"),
    0x70311003: Attribute("FL", "DetectorFocalCenterRadialDistance"),
    0x70311031: Attribute("FL", "ConstantRadialDistance"),
    0x70311033: Attribute("FL", "DetectorCentralElement"),
    0x7033100B: Attribute("FL", "SourceAngularPositionShift"),
    0x7033100C: Attribute("FL", "SourceAxialPositionShift"),
    0x7033100D: Attribute("FL", "SourceRadialDistanceShift"),
    0x7033100E: Attribute("CS", "FlyingFocalSpotMode"),
    0x70331013: Attribute("US", "NumberofSourceAngularSteps"),
    0x7033105B: Attribute("US", "NumberofSources"),
    0x7033105D: Attribute("US", "SourceIndex"),
    0x70331061: Attribute("US", "NumberofSpectra"),
    0x70331063: Attribute("US", "SpectrumIndex"),
    0x70331065: Attribute("FL", "PhotonStatistics"),
    0x70331067: Attribute("FL", "Timestamp"),
    0x70371009: Attribute("CS", "TypeofProjectionData"),
    0x7037100A: Attribute("CS", "TypeofProjectionGeometry"),
    0x70391003: Attribute("CS", "BeamHardeningCorrectionFlag"),
    0x70391004: Attribute("CS", "GainCorrectionFlag"),
    0x70391005: Attribute("CS", "DarkFieldCorrectionFlag"),
    0x70391006: Attribute("CS", "FlatFieldCorrectionFlag"),
    0x70391007: Attribute("CS", "BadPixelCorrectionFlag"),
    0x70391008: Attribute("CS", "ScatterCorrectionFlag"),
    0x70391009: Attribute("CS", "LogFlag"),
    0x70411001: Attribute("DS", "WaterAttenuationCoefficient"),
    0x70411003: Attribute("US", "NumberofLesions"),
    0x70411004: Attribute("ST", "LesionPathologyArray"),
    0x70411005: Attribute("FL", "LesionAngularPositionArray"),
    0x70411006: Attribute("FL", "LesionAxialPositionArray"),
    0x70411007: Attribute("FL", "LesionRadialPositionArray"),
}

STANDARD: dict[int, Attribute] = {
    0x00080016: Attribute("UI", "SOPClassUID"),
    0x00080070: Attribute("LO", "Manufacturer"),
    0x00180060: Attribute("DS", "KVP"),
    0x00180061: Attribute("DS", "HUCalibrationFactor"),
    0x00181150: Attribute("IS", "ExposureTime"),
    0x00181151: Attribute("IS", "XRayTubeCurrent"),
    0x00185100: Attribute("CS", "PatientPosition"),
    0x00189311: Attribute("FD", "SpiralPitchFactor"),
    0x0020000E: Attribute("UI", "SeriesInstanceUID"),
    0x00200013: Attribute("IS", "InstanceNumber"),
    0x00280002: Attribute("US", "SamplesPerPixel"),
    0x00280008: Attribute("IS", "NumberOfFrames"),
    0x00280010: Attribute("US", "Rows"),
    0x00280011: Attribute("US", "Columns"),
    0x00280100: Attribute("US", "BitsAllocated"),
    0x00280101: Attribute("US", "BitsStored"),
    0x00280103: Attribute("US", "PixelRepresentation"),
    0x00281052: Attribute("DS", "RescaleIntercept"),
    0x00281053: Attribute("DS", "RescaleSlope"),
}

PIXEL_DATA = 0x7FE00010
DETECTOR_ROWS = 0x70291010
PER_FRAME = 0x52009230
CORRECTION_FLAGS = tuple(tag for tag in PRIVATE if 0x70391003 <= tag <= 0x70391009)


def register() -> None:
    """Teach pydicom the private attributes, so that it decodes them under their creator."""
    from pydicom.datadict import add_private_dict_entries

    entries = {}
    for tag, (vr, name) in PRIVATE.items():
        vm = {0x70311033: "2", 0x70331065: "1-n"}.get(tag, "1-n" if tag >= 0x70411005 else "1")
        entries[tag] = (vr, vm, name)
    add_private_dict_entries(PRIVATE_CREATOR, entries)
