"""The stage `validity` as a script."""

from ldct.stages.running import main
from ldct.stages.validity import Validity

if __name__ == "__main__":
    main(Validity)
