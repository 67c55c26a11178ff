"""The stage `collect_metrics` as a script."""

from ldct.stages.collect_metrics import CollectMetrics
from ldct.stages.running import main

if __name__ == "__main__":
    main(CollectMetrics)
