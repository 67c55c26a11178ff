"""The stage `gather_lesions` as a script."""

from ldct.stages.gather_lesions import GatherLesions
from ldct.stages.running import main

if __name__ == "__main__":
    main(GatherLesions)
