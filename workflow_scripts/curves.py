"""The stage `curves` as a script."""

from ldct.stages.curves import Curves
from ldct.stages.running import main

if __name__ == "__main__":
    main(Curves)
