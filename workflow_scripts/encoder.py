"""The stage `encoder` as a script."""

from ldct.stages.encoder import Encoder
from ldct.stages.running import main

if __name__ == "__main__":
    main(Encoder)
