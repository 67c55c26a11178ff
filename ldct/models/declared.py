"""Every built-in network."""

from __future__ import annotations

from dataclasses import dataclass

from ldct.declaration import Declaration, Declarations


@dataclass(frozen=True, kw_only=True)
class Network(Declaration):
    """A network from low to full dose."""


# fmt: off
NETWORKS = Declarations("network", Network, (
    Network("redcnn", "ldct.models.redcnn:REDCNN", label="RED-CNN",
        source="Chen et al., IEEE TMI 36(12):2524, 2017 (10.1109/TMI.2017.2715284)"),
    Network("cnn10", "ldct.models.cnn10:CNN10", label="CNN-10",
        source="Chen et al., Biomed. Opt. Express 8(2):679, 2017 (10.1364/BOE.8.000679), as in ldct-benchmark"),
    Network("unet", "ldct.models.unet:UNet", label="U-Net",
        source="Ronneberger et al., MICCAI 2015 (arXiv:1505.04597), with the shortcut of Jin et al., TIP 2017"),
    Network("restormer", "ldct.models.restormer:Restormer", label="Restormer",
        source="Zamir et al., CVPR 2022 (arXiv:2111.09881), for one channel"),
    Network("resnet", "ldct.models.resnet:ResNet", label="ResNet",
        source="Missert et al., Fifth CT Meeting 2018, pp. 399-402; layers of ldct-benchmark's ResNet"),
))
# fmt: on
