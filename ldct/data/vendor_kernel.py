"""The kernel of the scanner's own images, as settings of the reconstruction."""

from __future__ import annotations

from pathlib import Path

from ldct.dicom.series import read_series
from ldct.errors import InputError
from ldct.projection.ctpd.reader import open_series
from ldct.reconstruction.axis_search import find_axes
from ldct.reconstruction.kernel_fit import Window, fit_kernel
from ldct.reconstruction.kernels import Kernel


def fit_vendor_kernel(projections: Path, images: Path) -> tuple[Kernel, Window]:
    """The kernel that comes nearest the images in folder `images`, made by the scanner of `projections`.

    Raises InputError where either folder holds no usable series, or the images are not of that scan.
    """
    series = open_series(projections, [])
    vendor, errors = read_series(images, patient="", dose="full")
    if vendor is None:
        raise InputError(images.name, "no usable series", "the scanner's images", f"{len(errors)} files refused.")
    return fit_kernel(series, vendor.stack, find_axes(series, vendor.stack))
