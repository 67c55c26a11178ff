"""The stage `simulate` as a script."""

from ldct.stages.simulate import Simulate
from ldct.stages.running import main

if __name__ == "__main__":
    main(Simulate)
