"""The stage `fit_niqe_ct` as a script."""

from ldct.stages.fit_niqe_ct import FitNiqeCt
from ldct.stages.running import main

if __name__ == "__main__":
    main(FitNiqeCt)
