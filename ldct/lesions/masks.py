"""Masks of real tumours from label files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK

from ldct.errors import InputError
from ldct.tables.images import ImageStack

_ACTION = "Export the mask as a label of the same series."


def read_mask(path: Path, stack: ImageStack) -> np.ndarray:
    """Boolean (slices, rows, columns): where the label is not 0, for the slices of `stack`.

    path: a 3D label in a format of ITK (NRRD, NIfTI, MetaImage). Raises InputError where it cannot be read, or where a
    slice of it does not have the pixels of the slice of `stack` at the same position.
    """
    try:
        image = SimpleITK.ReadImage(str(path))
    except RuntimeError:
        expected = "a label as NRRD, NIfTI or MetaImage"
        raise InputError(path.name, "no image that can be read", expected, _ACTION) from None
    if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
        raise InputError(path.name, f"{image.GetDimension()} dimensions", "a label of 3 dimensions", _ACTION)
    labels = SimpleITK.GetArrayViewFromImage(image)
    directions = (np.array(image.GetDirection()).reshape(3, 3) * image.GetSpacing()).T
    step = np.array([stack.orientation[:3], stack.orientation[3:]]) * np.array(stack.pixel_spacing_mm)[::-1, None]
    if labels.shape[1:] != stack.hu.shape[1:] or not np.allclose(directions[:2], step, atol=1e-3):
        found = f"{labels.shape[1:]} pixels along {np.round(directions[:2], 3).tolist()}"
        expected = f"{stack.hu.shape[1:]} pixels along {np.round(step, 3).tolist()}"
        raise InputError(path.name, found, expected, _ACTION)
    mask = np.zeros(stack.hu.shape, bool)
    for number, position in enumerate(stack.origin_mm):
        column, row, layer = image.TransformPhysicalPointToContinuousIndex(position.tolist())
        k = round(layer)
        if abs(layer - k) > 0.1 or not 0 <= k < len(labels):
            continue
        if max(abs(column), abs(row)) > 0.5:
            found = f"a slice that begins {column:.1f} columns and {row:.1f} rows away from the image's"
            raise InputError(path.name, found, "the same first pixel", _ACTION)
        mask[number] = labels[k] != 0
    return mask
