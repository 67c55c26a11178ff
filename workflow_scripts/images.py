"""The stage `images` as a script."""

from ldct.stages.images import Images
from ldct.stages.running import main

if __name__ == "__main__":
    main(Images)
