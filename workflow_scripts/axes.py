"""The stage `axes` as a script."""

from ldct.stages.axes import Axes
from ldct.stages.running import main

if __name__ == "__main__":
    main(Axes)
