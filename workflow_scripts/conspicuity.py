"""The stage `conspicuity` as a script."""

from ldct.stages.conspicuity import Conspicuity
from ldct.stages.running import main

if __name__ == "__main__":
    main(Conspicuity)
