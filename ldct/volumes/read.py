"""A volume in one file -> one series: NIfTI, MetaImage, NRRD by SimpleITK, arrays of numpy and HDF5 with a sidecar."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ldct.dicom.deidentify import known_kernel
from ldct.dicom.headers import Header
from ldct.dicom.series import Series, read_series, settle
from ldct.errors import InputError
from ldct.tables.images import INVALID_HU, ImageStack
from ldct.volumes.sidecar import Sidecar, sidecar_of

# Ending -> what reads it.
IMAGES = (".nii", ".nii.gz", ".mha", ".mhd", ".nrrd", ".nhdr")
ARRAYS = (".npy", ".h5", ".hdf5")
ENDINGS = (*IMAGES, *ARRAYS)
# A third axis this far from the normal of the slices is a shear.
LEAST_COSINE = 0.9999


@dataclass(frozen=True)
class _Volume:
    """Values (slices, rows, columns) in any number type, geometry in LPS mm: first pixel, row and column direction."""

    values: np.ndarray
    spacing: tuple[float, float, float]
    origin: np.ndarray
    orientation: tuple[float, ...]


def volume_file(path: Path) -> Path:
    """The volume at `path`: the file itself, or the only one in the folder. Raises InputError."""
    if path.is_file():
        return path
    files = sorted(p for p in path.iterdir() if p.is_file() and _ending(p)) if path.is_dir() else []
    if len(files) != 1:
        found = f"{len(files)} volumes" if path.is_dir() else "no such file"
        raise InputError(path.name, found, f"one file *{', *'.join(ENDINGS)}", "Name the file itself.")
    return files[0]


def read_given(path: Path, *, patient: str, dose: str) -> tuple[Series | None, list[InputError]]:
    """A volume, or the DICOM series of a folder, and what was set aside (as `read_series`)."""
    if path.is_dir() and not any(_ending(one) for one in path.iterdir()):
        return read_series(path, patient=patient, dose=dose)
    return read_volume(path, patient=patient, dose=dose), []


def read_volume(path: Path, *, patient: str, dose: str) -> Series:
    """The series of a volume, int16 HU, slices along its third axis towards the head.

    path: the file, or a folder that holds just one. Values are HU, or what a sidecar NAME.json makes HU of; arrays need
    one with spacing_mm. Raises InputError for what cannot be read, is no volume or is not like HU.
    """
    file = volume_file(path)
    ending = _ending(file)
    if not ending:
        raise InputError(file.name, "a file of another kind", f"*{', *'.join(ENDINGS)}", "Convert it.")
    beside = sidecar_of(file, file.name[: -len(ending)])
    try:
        volume = _array(file, ending, beside) if ending in ARRAYS else _image(file)
    except InputError:
        raise
    # The libraries meet damaged files with errors of many kinds, whose texts quote paths.
    except Exception as error:
        found = f"content that cannot be read ({type(error).__name__})"
        raise InputError(file.name, found, f"a whole {ending} file", "Copy the file again.") from None
    scale = beside or Sidecar()
    hu = _to_hu(volume.values, scale, file.name)
    try:
        notes = settle(hu, {"HU"} if beside else {"unstated"})
    except InputError as error:
        action = "Give slope and intercept in a sidecar: docs/data.md."
        raise InputError(file.name, error.found, error.expected, action) from None
    normal = np.cross(volume.orientation[:3], volume.orientation[3:])
    places = volume.origin + np.arange(len(hu))[:, None] * volume.spacing[0] * normal
    header = Header(
        kernel=scale.kernel,
        shape=hu.shape[1:],
        kv=scale.kv,
        thickness=scale.thickness_mm,
        pixel_spacing=volume.spacing[1:],
        orientation=volume.orientation,
    )
    stack = ImageStack(
        patient=patient,
        dose=dose,
        hu=hu,
        position_mm=places @ normal,
        pixel_spacing_mm=volume.spacing[1:],
        slice_thickness_mm=scale.thickness_mm or volume.spacing[0],
        origin_mm=places,
        orientation=volume.orientation,
    )
    return Series(
        stack=stack,
        header=header,
        frames=len(hu),
        kernel=known_kernel(scale.kernel),
        manufacturer=None,
        spacing_mm=volume.spacing[0],
        notes=notes,
    )


def _ending(path: Path) -> str:
    return next((ending for ending in ENDINGS if path.name.lower().endswith(ending)), "")


def _image(path: Path) -> _Volume:
    """Turned so that rows run to the back, columns to the left and slices to the head, as far as its axes allow."""
    import SimpleITK as sitk

    image = sitk.ReadImage(str(path))
    if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
        found = f"{image.GetDimension()} axes, {image.GetNumberOfComponentsPerPixel()} values a pixel"
        raise InputError(path.name, found, "three axes, one value", "Write one volume a file.")
    image = sitk.DICOMOrient(image, "LPS")
    direction = np.array(image.GetDirection()).reshape(3, 3)
    if np.cross(direction[:, 0], direction[:, 1]) @ direction[:, 2] < LEAST_COSINE:
        raise InputError(path.name, "a sheared volume", "slices along their normal", "Resample it without the tilt.")
    x, y, z = image.GetSpacing()
    orientation = tuple(float(value) + 0.0 for value in direction[:, :2].T.ravel())
    return _Volume(sitk.GetArrayFromImage(image), (z, y, x), np.array(image.GetOrigin()), orientation)


def _array(path: Path, ending: str, beside: Sidecar | None) -> _Volume:
    if beside is None or beside.spacing_mm is None:
        found = "an array without spacing_mm" if beside else "an array without a sidecar"
        name = path.name[: -len(ending)]
        raise InputError(path.name, found, f"{name}.json with spacing_mm", "See docs/data.md for the keys.")
    values = np.load(path, allow_pickle=False) if ending == ".npy" else _hdf5(path, beside.dataset)
    if values.ndim != 3 or min(values.shape) < 1 or not np.issubdtype(values.dtype, np.number):
        found = f"an array of {values.dtype} with the shape {values.shape}"
        raise InputError(path.name, found, "numbers along three axes", "Write one volume a file.")
    axes = [beside.order.index(axis) for axis in "zyx"]
    z, y, x = (beside.spacing_mm[axis] for axis in axes)
    return _Volume(values.transpose(axes), (z, y, x), np.array(beside.origin_mm), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0))


def _hdf5(path: Path, name: str | None) -> np.ndarray:
    import h5py

    with h5py.File(path, "r") as file:
        names: list[str] = []
        file.visititems(lambda key, item: names.append(key) if isinstance(item, h5py.Dataset) else None)
        wanted = name.strip("/") if name else None
        if wanted not in names and (wanted or len(names) != 1):
            found = f"no data set '{wanted}'" if wanted else f"{len(names)} data sets"
            raise InputError(path.name, found, "the name of one as dataset in the sidecar", "Give it there.")
        return np.asarray(file[wanted or names[0]])


def _to_hu(values: np.ndarray, scale: Sidecar, name: str) -> np.ndarray:
    """int16 HU, INVALID_HU where the value is the padding or no number."""
    if np.iscomplexobj(values):
        raise InputError(name, "complex numbers", "HU", "Write their real part.")
    hu = np.rint(values.astype(np.float64) * scale.slope + scale.intercept)
    nothing = ~np.isfinite(hu) | (False if scale.padding is None else values == scale.padding)
    if nothing.all():
        raise InputError(name, "no finite values", "HU", "Write the volume again.")
    hu = np.clip(np.where(nothing, INVALID_HU, hu), INVALID_HU, np.iinfo(np.int16).max)
    hu[~nothing] = np.maximum(hu[~nothing], INVALID_HU + 1)
    return np.ascontiguousarray(hu.astype(np.int16))
