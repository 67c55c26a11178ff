"""Distances of the features of an encoder that the study trained on its own CT."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from torch import nn

from ldct.errors import ConfigError
from ldct.losses.perceptual import Perceptual
from ldct.losses.semantic import Semantic
from ldct.pretrained.ct_encoder import LAYERS, load_encoder


class _OwnEncoder(Perceptual):
    """Perceptual on the fold's own encoder, whose file the workflow hands over as option `encoder`."""

    def __init__(self, *, encoder: str | Path | None = None, layers: Sequence[str] = LAYERS, **options):
        if encoder is None:
            raise ConfigError(f"loss {self.name}: it needs the encoder that the workflow trains (option encoder)")
        self.encoder = encoder
        super().__init__(layers=layers, **options)

    def build_extractor(self, layers: Sequence[str]) -> nn.Module:
        return load_encoder(self.encoder, layers)


class CTAutoencoder(_OwnEncoder):
    """Squared difference at the three stages of a CT autoencoder trained on this fold's training patients.

    Self-supervised perceptual loss of SACNN (Li et al., IEEE TMI 39(7):2289, 2020, 10.1109/TMI.2020.2968472), there
    with a larger autoencoder. Options: layers (stage1, stage2, stage3), and those of Perceptual.
    """

    name = "ct_autoencoder"


class SemanticCT(_OwnEncoder, Semantic):
    """Semantic on the CT autoencoder's stages: features that know CT, weighted by tissue and structure."""

    name = "semantic_ct"
