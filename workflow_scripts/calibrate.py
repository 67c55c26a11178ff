"""The stage `calibrate` as a script."""

from ldct.stages.calibrate import Calibrate
from ldct.stages.running import main

if __name__ == "__main__":
    main(Calibrate)
