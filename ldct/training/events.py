"""TensorBoard event files, by TensorBoard's own writer (torch's wrapper takes seconds to import)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tensorboard.compat.proto.event_pb2 import Event  # pyright: ignore[reportAttributeAccessIssue]
from tensorboard.compat.proto.summary_pb2 import Summary  # pyright: ignore[reportAttributeAccessIssue]
from tensorboard.summary.writer.event_file_writer import EventFileWriter


class Events:
    """Scalars over optimiser steps; a resumed run adds a file, and TensorBoard joins them."""

    def __init__(self, folder: Path):
        folder.mkdir(parents=True, exist_ok=True)
        self._writer = EventFileWriter(str(folder))

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        summary = Summary(value=[Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()])
        self._writer.add_event(Event(wall_time=time.time(), step=step, summary=summary))

    def epoch(self, row: Mapping[str, Any]) -> None:
        """The values of a history row."""
        names = ("train_loss", "validation_loss", "validation_rmse_hu", "learning_rate")
        values = {f"epoch/{name}": row[name] for name in names}
        for term in row["terms"]:
            for name in ("value", "share", "gradient_share"):
                values[f"term/{term['term']}/{name}"] = term[name]
        self.scalars(row["step"], values)
        self._writer.flush()

    def close(self) -> None:
        self._writer.close()
