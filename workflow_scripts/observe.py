"""The stage `observe` as a script."""

from ldct.stages.observe import Observe
from ldct.stages.running import main

if __name__ == "__main__":
    main(Observe)
