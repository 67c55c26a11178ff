"""Built-in networks by name; another network is one file and one line, or a dotted path in the configuration."""

from __future__ import annotations

BUILTIN: dict[str, str] = {
    "redcnn": "ldct.models.redcnn:REDCNN",
    "cnn10": "ldct.models.cnn10:CNN10",
    "unet": "ldct.models.unet:UNet",
    "restormer": "ldct.models.restormer:Restormer",
    "resnet": "ldct.models.resnet:ResNet",
}
