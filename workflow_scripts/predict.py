"""The stage `predict` as a script."""

from ldct.stages.predict import Predict
from ldct.stages.running import main

if __name__ == "__main__":
    main(Predict)
