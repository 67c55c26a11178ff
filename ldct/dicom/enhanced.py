"""Attributes of one frame of an Enhanced CT image: its own functional groups first, then the shared ones."""

from __future__ import annotations

from typing import Any

from pydicom.dataset import Dataset

from ldct.errors import InputError

# Attribute -> functional group that holds it (PS3.3 A.38), and its name there.
MACROS = {
    "RescaleSlope": ("PixelValueTransformationSequence", "RescaleSlope"),
    "RescaleIntercept": ("PixelValueTransformationSequence", "RescaleIntercept"),
    "RescaleType": ("PixelValueTransformationSequence", "RescaleType"),
    "ImagePositionPatient": ("PlanePositionSequence", "ImagePositionPatient"),
    "ImageOrientationPatient": ("PlaneOrientationSequence", "ImageOrientationPatient"),
    "PixelSpacing": ("PixelMeasuresSequence", "PixelSpacing"),
    "SliceThickness": ("PixelMeasuresSequence", "SliceThickness"),
    "ConvolutionKernel": ("CTReconstructionSequence", "ConvolutionKernel"),
    "KVP": ("CTXRayDetailsSequence", "KVP"),
    "AcquisitionNumber": ("FrameContentSequence", "FrameAcquisitionNumber"),
    "StackID": ("FrameContentSequence", "StackID"),
    "TemporalPositionIndex": ("FrameContentSequence", "TemporalPositionIndex"),
    "ImageType": ("CTImageFrameTypeSequence", "FrameType"),
    "GantryDetectorTilt": ("CTAcquisitionDetailsSequence", "GantryDetectorTilt"),
}
# A legacy image keeps there what its conversion could not place.
_UNASSIGNED = ("UnassignedPerFrameConvertedAttributesSequence", "UnassignedSharedConvertedAttributesSequence")


class Frame:
    """Looks up an attribute of a frame as `Dataset.get` does; the image's own attributes come last."""

    def __init__(self, dataset: Dataset, own: Dataset, shared: Dataset | None):
        self._dataset, self._groups = dataset, [group for group in (own, shared) if group is not None]

    def get(self, keyword: str, default: Any = None) -> Any:
        sequence, name = MACROS.get(keyword, ("", keyword))
        for group in self._groups:
            for holder, attribute in ((sequence, name), *((unassigned, keyword) for unassigned in _UNASSIGNED)):
                items = group.get(holder) if holder else None
                if items and items[0].get(attribute) not in (None, ""):
                    return items[0].get(attribute)
        value = self._dataset.get(keyword)
        return default if value is None else value


def frames_of(dataset: Dataset, count: int, name: str) -> list[Frame]:
    """The `count` frames of an enhanced image. Raises InputError where the functional groups are not theirs."""
    own = dataset.get("PerFrameFunctionalGroupsSequence") or []
    shared = dataset.get("SharedFunctionalGroupsSequence") or []
    if len(own) != count or len(shared) > 1:
        found = f"{len(own)} per-frame and {len(shared)} shared functional groups"
        raise InputError(name, found, f"{count} and one", "Export the image again.")
    return [Frame(dataset, group, shared[0] if shared else None) for group in own]
