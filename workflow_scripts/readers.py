"""The stage `readers` as a script."""

from ldct.stages.readers import Readers
from ldct.stages.running import main

if __name__ == "__main__":
    main(Readers)
