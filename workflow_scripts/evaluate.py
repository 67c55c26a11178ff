"""The stage `evaluate` as a script."""

from ldct.stages.evaluate import Evaluate
from ldct.stages.running import main

if __name__ == "__main__":
    main(Evaluate)
