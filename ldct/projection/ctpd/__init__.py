"""DICOM-CT-PD: raw CT projections, one file a view."""
