"""The stage `panels` as a script."""

from ldct.stages.panels import Panels
from ldct.stages.running import main

if __name__ == "__main__":
    main(Panels)
