"""The stage `dicom` as a script."""

from ldct.stages.dicom import Dicom
from ldct.stages.running import main

if __name__ == "__main__":
    main(Dicom)
