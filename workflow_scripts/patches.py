"""The stage `patches` as a script."""

from ldct.stages.patches import Patches
from ldct.stages.running import main

if __name__ == "__main__":
    main(Patches)
