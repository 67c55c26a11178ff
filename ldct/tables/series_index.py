"""The index of a scan: a row a series, by its headers. It stays with the data and is no result."""

from __future__ import annotations

import pyarrow as pa

from ldct.tables.schema import column

SERIES_INDEX = pa.schema(
    [
        column("row", pa.string(), "what tells the row from others"),
        column("folder", pa.string(), "folder of the files"),
        column("kind", pa.string(), "'images' or 'projections' (DICOM-CT-PD)"),
        column("person", pa.string(), "keyed hash of the PatientID; '' where it tells nobody apart"),
        column("study", pa.string(), "keyed hash of the StudyInstanceUID; '' where there is none"),
        column("frame", pa.string(), "keyed hash of the FrameOfReferenceUID; '' where there is none"),
        column("series", pa.string(), "keyed hash of the SeriesInstanceUID; '' where there is none"),
        column("description", pa.string(), "SeriesDescription"),
        column("protocol", pa.string(), "ProtocolName"),
        column("study_description", pa.string(), "StudyDescription"),
        column("comments", pa.string(), "ImageComments"),
        column("body_part", pa.string(), "BodyPartExamined"),
        column("manufacturer", pa.string(), "Manufacturer"),
        column("kernel", pa.string(), "ConvolutionKernel"),
        column("image_type", pa.string(), "ImageType"),
        column("syntax", pa.string(), "TransferSyntaxUID: how the pixels are coded"),
        column("thickness_mm", pa.float64(), "SliceThickness", "mm", nullable=True),
        column("kv", pa.float64(), "tube voltage", "kV", nullable=True),
        column("exposure_mas", pa.float64(), "mean exposure of the files", "mAs", nullable=True),
        column("pixel_spacing_row_mm", pa.float64(), "distance between rows", "mm", nullable=True),
        column("pixel_spacing_column_mm", pa.float64(), "distance between columns", "mm", nullable=True),
        column("rows", pa.int32(), "image rows", "pixel"),
        column("columns", pa.int32(), "image columns", "pixel"),
        column("files", pa.int32(), "files"),
        column("images", pa.int32(), "images or views, frames of all files together"),
        column("positions", pa.int32(), "different positions"),
        column("first_mm", pa.float64(), "smallest position along the normal", "mm", nullable=True),
        column("last_mm", pa.float64(), "largest position along the normal", "mm", nullable=True),
        column("spacing_mm", pa.float64(), "median distance between positions", "mm", nullable=True),
        column("gaps", pa.int32(), "distances that are more than 1.5 times the median"),
        column("plane", pa.string(), "'axial', 'coronal', 'sagittal' or ''"),
        column("localiser", pa.bool_(), "whether it is a scout"),
        column("derived", pa.bool_(), "whether its images were made of other images"),
        column("iterative", pa.bool_(), "whether it was reconstructed iteratively or by a network, as far as it says"),
        column("dose", pa.string(), "'full', 'low', 'both' where its words contradict each other, '' where none says"),
        column("dose_evidence", pa.string(), "which field says which dose"),
    ]
)
