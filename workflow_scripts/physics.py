"""The stage `physics` as a script."""

from ldct.stages.physics import Physics
from ldct.stages.running import main

if __name__ == "__main__":
    main(Physics)
