"""The stage `consistency` as a script."""

from ldct.stages.consistency import Consistency
from ldct.stages.running import main

if __name__ == "__main__":
    main(Consistency)
