"""The stage `search` as a script."""

from ldct.stages.search import Search
from ldct.stages.running import main

if __name__ == "__main__":
    main(Search)
