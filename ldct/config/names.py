"""Names that the configuration may use: a built-in one, or 'package.module:Class' of the user's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator

from ldct.anchors import IMAGES
from ldct.declaration import Declarations, nearest
from ldct.errors import ConfigError
from ldct.filters.declared import FILTERS
from ldct.lesions.declared import CHANNELS
from ldct.losses.declared import TERMS
from ldct.metrics.declared import FAMILIES, METRICS
from ldct.models.declared import NETWORKS


def _declared(declarations: Declarations[Any]) -> Callable[[str], str]:
    """A check for pydantic: the name is declared, or is a user's class that says what is needed."""

    def check(name: str) -> str:
        try:
            declarations.of(name)
        except ConfigError as error:
            raise ValueError(str(error)) from None
        except (ImportError, ValueError) as error:
            raise ValueError(f"{declarations.kind} '{name}': its module cannot be read ({error})") from None
        return name

    return check


def _family(name: str) -> str:
    if name not in FAMILIES:
        raise ValueError(f"no family of metrics '{name}'{nearest(name, FAMILIES)}")
    return name


def _folder_name(name: str) -> str:
    if not name.replace("_", "").isalnum():
        raise ValueError(f"'{name}': names hold letters, digits and _ only, since they become folder names")
    if name in (*IMAGES, *FILTERS):
        raise ValueError(f"'{name}' is the name of an anchor in every table; choose another")
    return name


TermName = Annotated[str, AfterValidator(_declared(TERMS))]
NetworkName = Annotated[str, AfterValidator(_declared(NETWORKS))]
MetricName = Annotated[str, AfterValidator(_declared(METRICS))]
ChannelsName = Annotated[str, AfterValidator(_declared(CHANNELS))]
FilterName = Annotated[str, AfterValidator(_declared(FILTERS))]
FamilyName = Annotated[str, AfterValidator(_family)]
# A name of the user's, for a network or a loss.
FolderName = Annotated[str, AfterValidator(_folder_name)]
