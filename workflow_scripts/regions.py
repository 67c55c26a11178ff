"""The stage `regions` as a script."""

from ldct.stages.regions import Regions
from ldct.stages.running import main

if __name__ == "__main__":
    main(Regions)
