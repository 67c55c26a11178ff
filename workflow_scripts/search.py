"""The stage `search` as a script."""

from ldct.stages.running import main
from ldct.stages.search import Search

if __name__ == "__main__":
    main(Search)
