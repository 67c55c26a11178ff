"""The stage `gather` as a script."""

from ldct.stages.gather import Gather
from ldct.stages.running import main

if __name__ == "__main__":
    main(Gather)
