"""The stage `report` as a script."""

from ldct.stages.report import Report
from ldct.stages.running import main

if __name__ == "__main__":
    main(Report)
