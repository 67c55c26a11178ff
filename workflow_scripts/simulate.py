"""The stage `simulate` as a script."""

from ldct.stages.running import main
from ldct.stages.simulate import Simulate

if __name__ == "__main__":
    main(Simulate)
