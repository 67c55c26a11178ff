"""The stage `dicom_source` as a script."""

from ldct.stages.dicom_source import DicomSource
from ldct.stages.running import main

if __name__ == "__main__":
    main(DicomSource)
