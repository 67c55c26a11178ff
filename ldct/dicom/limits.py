"""What a file claims of its size, checked before anything is inflated or decoded."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.encaps import generate_fragments
from pydicom.filereader import read_file_meta_info
from pydicom.uid import DeflatedExplicitVRLittleEndian, RLELossless, UncompressedTransferSyntaxes

from ldct.errors import InputError

# More than any CT slice or series file has; they guard memory against a lying header.
MOST_PIXELS = 4096 * 4096
MOST_FRAMES = 20000
MOST_BYTES = 4 << 30
MOST_INFLATED = 256 << 20
# Lossless CT shrinks 2 to 4 times; whole frames of air perhaps a thousand times.
MOST_COMPRESSION, SMALL_BYTES = 1000, 64 << 20
_AGAIN = "Copy the file again."


def check_inflated(path: Path, name: str) -> None:
    """Refuse a deflated data set of more than 256 MiB. Raises InputError, and pydicom's errors for other damage."""
    meta = read_file_meta_info(path)
    if meta.get("TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
        return
    with path.open("rb") as file:
        file.seek(144 + int(meta.FileMetaInformationGroupLength))
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        size = 0
        while block := file.read(1 << 16):
            while block and size <= MOST_INFLATED:
                size += len(inflater.decompress(block, 1 << 20))
                block = inflater.unconsumed_tail
    if size > MOST_INFLATED:
        raise InputError(name, "a data set that inflates without end", "at most 256 MiB", _AGAIN)


def check_size(dataset: Dataset, name: str) -> tuple[int, int, int]:
    """(frames, rows, columns), which the pixel data can hold and this machine can decode. Raises InputError."""
    rows, columns = int(dataset.get("Rows") or 0), int(dataset.get("Columns") or 0)
    frames, bits = int(dataset.get("NumberOfFrames") or 1), int(dataset.get("BitsAllocated") or 0)
    stored, high = int(dataset.get("BitsStored") or bits), dataset.get("HighBit")
    size = rows * columns * frames * bits // 8
    possible = min(rows, columns) > 0 and rows * columns <= MOST_PIXELS and 0 < frames <= MOST_FRAMES
    if not possible or bits not in (8, 16, 32) or size > MOST_BYTES:
        found = f"{frames} frames of {rows} x {columns} pixels with {bits} bits"
        raise InputError(name, found, "a CT image", _AGAIN)
    if not 0 < stored <= bits or (high is not None and int(high) != stored - 1):
        raise InputError(name, f"{stored} bits stored of {bits}, high bit {high}", "the lowest bits of each", _AGAIN)
    if int(dataset.get("SamplesPerPixel") or 1) != 1:
        raise InputError(name, "a colour image", "one sample a pixel", "Remove it from the folder.")
    if "PixelData" not in dataset:
        raise InputError(name, "no pixel data", "a CT image", _AGAIN)
    length, syntax = len(dataset.PixelData), dataset.file_meta.TransferSyntaxUID
    if syntax in UncompressedTransferSyntaxes or syntax == DeflatedExplicitVRLittleEndian:
        # One byte pads an odd length; more bytes mean another image than the header describes.
        if not size <= length <= size + 1:
            what = "a truncated file" if length < size else "another matrix"
            raise InputError(name, f"{length} bytes of pixels ({what}?)", f"{size} bytes", _AGAIN)
    elif length < 8 * frames or size > max(SMALL_BYTES, MOST_COMPRESSION * length):
        raise InputError(name, f"{length} bytes that shall decode to {size}", "pixels of each frame", _AGAIN)
    elif syntax != RLELossless:
        _check_codestreams(dataset.PixelData, (rows, columns), name)
    return frames, rows, columns


def _check_codestreams(data: bytes, shape: tuple[int, int], name: str) -> None:
    """A decoder allocates what the compressed stream says, so that must be what the header says."""
    for fragment in generate_fragments(data):
        found = stream_shape(fragment)
        if found is not None and found != shape:
            raise InputError(
                name,
                f"a compressed image of {found[0]} x {found[1]} pixels",
                f"{shape[0]} x {shape[1]} as in the header",
                _AGAIN,
            )


def stream_shape(data: bytes) -> tuple[int, int] | None:
    """(rows, columns) that a JPEG, JPEG-LS or JPEG 2000 stream claims; None where none begins here."""
    at = data.find(b"\xff\x4f\xff\x51", 0, 256)
    if at >= 0:
        right, bottom, left, top = struct.unpack_from(">4I", data, at + 8)
        return bottom - top, right - left
    if data[:2] != b"\xff\xd8":
        return None
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        # Start of frame: C0 to CF without the tables C4, C8 and CC; F7 in JPEG-LS.
        if marker == 0xF7 or (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)):
            rows, columns = struct.unpack_from(">2H", data, at + 5)
            return rows, columns
        at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    return None
