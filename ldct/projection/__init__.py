"""Projections of phantoms and patients, and DICOM-CT-PD files."""
