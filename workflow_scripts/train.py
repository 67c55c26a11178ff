"""The stage `train` as a script."""

from ldct.stages.running import main
from ldct.stages.train import Train

if __name__ == "__main__":
    main(Train)
