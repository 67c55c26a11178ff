"""Pictures of a few lesions by every loss."""

from __future__ import annotations

import base64
from typing import Any

from ldct.intensity import WINDOWS
from ldct.lesions.crop import region_hu
from ldct.report.render import grey, webp
from ldct.report.results import Results


def pictures(results: Results) -> list[dict[str, Any]]:
    """Title, window and images [{name, source}] of each lesion that is shown; lesions in lung in a lung window."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    several = len(results.models) > 1
    for row in results.of_stage("conspicuity", "panels"):
        window = "lung" if " in lung " in row["title"] else "soft_tissue"
        lesion = found.setdefault(
            (row["patient"], row["lesion"]),
            {"title": row["title"], "window": window.replace("_", " "), "images": []},
        )
        name = results.label(row["loss"])
        name = f"{results.network(row['model'])} · {name}" if several and row["model"] != "anchor" else name
        source = base64.b64encode(webp(grey(region_hu(row), WINDOWS[window]))).decode()
        lesion["images"].append({"name": name, "source": f"data:image/webp;base64,{source}"})
    return list(found.values())
