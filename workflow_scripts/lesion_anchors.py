"""The stage `lesion_anchors` as a script."""

from ldct.stages.lesion_anchors import LesionAnchors
from ldct.stages.running import main

if __name__ == "__main__":
    main(LesionAnchors)
