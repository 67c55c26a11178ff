"""The stage `train` as a script."""

from ldct.stages.train import Train
from ldct.stages.running import main

if __name__ == "__main__":
    main(Train)
