"""The stage `catalogue` as a script."""

from ldct.stages.catalogue import Catalogue
from ldct.stages.running import main

if __name__ == "__main__":
    main(Catalogue)
