"""The stage `cohort` as a script."""

from ldct.stages.cohort import Cohort
from ldct.stages.running import main

if __name__ == "__main__":
    main(Cohort)
