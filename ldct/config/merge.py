"""Several files, one study.

1. Settings are merged key by key; of two files that give one setting, the later wins. A list is one setting.
2. Things with a name (entries of `models`, `losses`, `evaluation.windows`, `lesions.masks`) are replaced as a whole:
   nothing of an earlier entry of that name stays.
3. The first file that gives such a set replaces that of the defaults or of the demo. Later files add to it by name.
4. `null` drops an entry, and sets a setting or a section back to its default, unless null is one of the setting's
   values (`evaluation.slices_per_patient`). A file that only drops entries takes them from what stood before, the
   defaults included. To drop what is not there is a mistake.
5. `report.assumptions` add up, each with the file that it comes from.
6. The demo is the base only where no file gives `cohort.manifest`: a study of other data starts from the defaults of
   the package.
7. Relative paths are relative to the folder of the file that gives them.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ldct.config.base import ACCUMULATES, Section, is_named_set, nullable, section_of
from ldct.config.sources import Layer, Location, Sources
from ldct.declaration import nearest


@dataclass
class Merged:
    """Plain values, where each comes from, and what could not be merged (a line a mistake)."""

    values: dict[str, Any] = field(default_factory=dict)
    sources: Sources = field(default_factory=Sources)
    mistakes: list[str] = field(default_factory=list)


def merge(root: type[Section], layers: Sequence[Layer], base: Layer | None = None) -> Merged:
    """`layers` over each other by the rules above, over `base` (the demo) where there is one."""
    merged = Merged()
    if base is not None:
        _Merge(merged, base, set()).section(root, merged.values, base.values, ())
    named: set[Location] = set()
    for layer in layers:
        _Merge(merged, layer, named).section(root, merged.values, layer.values, ())
    return merged


@dataclass
class _Merge:
    """One layer on its way into `merged`; `named` are the sets that a layer gave."""

    merged: Merged
    layer: Layer
    named: set[Location]

    def section(self, model: type[Section], old: dict[str, Any], new: Mapping[str, Any], at: Location) -> None:
        for key, value in new.items():
            key = str(key)
            info, place = model.model_fields.get(key), (*at, key)
            inner = section_of(info)
            if isinstance(value, Mapping) and inner:
                if not isinstance(old.get(key), dict):
                    self.merged.sources.forget(place)
                    old[key] = {}
                self.section(inner, old[key], value, place)
            elif isinstance(value, Mapping) and is_named_set(info):
                self.named_set(model, old, key, value, place)
            elif isinstance(value, list) and info and ACCUMULATES in info.metadata:
                before = old[key] if isinstance(old.get(key), list) else []
                self.replace(old, key, [*before, *(text for text in self.signed(value) if text not in before)], place)
            elif value is None and info and not nullable(info):
                old.pop(key, None)
                self.merged.sources.forget(place)
                self.named.discard(place)
            else:
                self.replace(old, key, copy.deepcopy(value), place)

    def named_set(
        self, model: type[Section], old: dict[str, Any], key: str, new: Mapping[str, Any], at: Location
    ) -> None:
        """Entries of a set: by rules 2 to 4."""
        before = self.entries(model, old, key)
        only_drops = bool(new) and all(value is None for value in new.values())
        replaces = at not in self.named and not only_drops
        if replaces:
            self.replace(old, key, {}, at)
        else:
            old[key] = before
        self.named.add(at)
        for name, value in new.items():
            name, place = str(name), (*at, str(name))
            if value is not None:
                self.replace(old[key], name, copy.deepcopy(value), place)
            elif replaces and name in before:
                self.mistake(place, f"null drops nothing: the {key} of this file replace those before; leave it out")
            elif name not in old[key]:
                self.mistake(place, f"null drops '{name}', which is not there{nearest(name, old[key])}")
            else:
                del old[key][name]
                self.merged.sources.forget(place)

    def entries(self, model: type[Section], old: dict[str, Any], key: str) -> dict[str, Any]:
        """The set as it stands, which is the default where no file gave it."""
        if isinstance(old.get(key), dict):
            return old[key]
        default = model.model_fields[key].get_default(call_default_factory=True) or {}
        return {name: item.model_dump() if isinstance(item, Section) else item for name, item in default.items()}

    def signed(self, texts: list[Any]) -> list[Any]:
        """Texts with the file that they come from."""
        return [f"{text} ({self.layer.source.name})" if isinstance(text, str) else text for text in texts]

    def replace(self, old: dict[str, Any], key: str, value: Any, at: Location) -> None:
        self.merged.sources.forget(at)
        old[key] = value
        self.merged.sources.given[at] = self.layer.source

    def mistake(self, at: Location, text: str) -> None:
        self.merged.mistakes.append(f"{self.layer.source.name}: {'.'.join(at)}: {text}")
