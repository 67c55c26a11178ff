"""The stage `lesions` as a script."""

from ldct.stages.lesions import Lesions
from ldct.stages.running import main

if __name__ == "__main__":
    main(Lesions)
