"""The stage `provenance` as a script."""

from ldct.stages.provenance import Provenance
from ldct.stages.running import main

if __name__ == "__main__":
    main(Provenance)
