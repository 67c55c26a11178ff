"""The stage `check` as a script."""

from ldct.stages.check import Check
from ldct.stages.running import main

if __name__ == "__main__":
    main(Check)
