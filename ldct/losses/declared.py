"""Every built-in loss term: what it is, what it needs, and what it optimises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ldct.construct import Construct
from ldct.declaration import Declaration, Declarations
from ldct.errors import ConfigError

JOHNSON = "Johnson, Alahi, Fei-Fei, ECCV 2016 (arXiv:1603.08155), eq. 2"
SEMANTIC = "our design after semantic-aware regularisation; feature distance of Johnson et al. 2016 (arXiv:1603.08155)"
ZHANG = "Zhang, Isola, Efros, Shechtman, Wang, CVPR 2018 (arXiv:1801.03924), eq. 1"


@dataclass(frozen=True, kw_only=True)
class Term(Declaration):
    """A term of a loss.

    construct: what it is about; None where its nested terms or nobody says. optimises: metrics that are the same
    quantity, or one that falls with it: the term's home. weights: pretrained files that it cannot be built without.
    pixelwise: it compares pixel with pixel; deep: it compares features of a network. critic: it trains a critic of its
    own (`ldct.losses.adversarial`); trainable: it has parameters that the network's optimiser trains. negative: its
    value can be below 0. encoder: it needs the encoder that the study trains in each fold, as option `encoder`;
    low_dose: it needs the low-dose image. smallest: least side of a patch with its usual options.
    """

    construct: Construct | None = None
    optimises: tuple[str, ...] = ()
    weights: tuple[str, ...] = ()
    pixelwise: bool = False
    deep: bool = False
    critic: bool = False
    trainable: bool = False
    negative: bool = False
    encoder: bool = False
    low_dose: bool = False
    smallest: int = 1


# fmt: off
TERMS = Declarations("loss term", Term, (
    Term("mse", "ldct.losses.mse:MSE", label="MSE", construct=Construct.FIDELITY, optimises=("rmse", "psnr"),
        pixelwise=True, source="definition"),
    Term("l1", "ldct.losses.l1:L1", label="L1", construct=Construct.FIDELITY, optimises=("mae",), pixelwise=True,
        source="definition"),
    Term("charbonnier", "ldct.losses.charbonnier:Charbonnier", label="Charbonnier", construct=Construct.FIDELITY,
        optimises=("mae",), pixelwise=True,
        source="Charbonnier et al., ICIP 1994 (10.1109/ICIP.1994.413553); Lai et al., CVPR 2017 (arXiv:1704.03915)"),
    Term("huber", "ldct.losses.huber:Huber", label="Huber", construct=Construct.FIDELITY, optimises=("rmse", "psnr"),
        pixelwise=True, source="Huber, Ann. Math. Stat. 35(1):73, 1964 (10.1214/aoms/1177703732)"),
    Term("ssim", "ldct.losses.ssim:SSIM", label="SSIM", construct=Construct.STRUCTURE, optimises=("ssim",), smallest=11,
        source="Wang, Bovik, Sheikh, Simoncelli, IEEE TIP 13(4):600, 2004 (10.1109/TIP.2003.819861), K1 .01, K2 .03"),
    Term("ms_ssim", "ldct.losses.ms_ssim:MSSSIM", label="MS-SSIM", construct=Construct.STRUCTURE,
        optimises=("ms_ssim",), smallest=11,
        source="Wang, Simoncelli, Bovik, Asilomar 2003 (10.1109/ACSSC.2003.1292216)"),
    Term("gmsd", "ldct.losses.gmsd:GMSD", label="GMSD", construct=Construct.STRUCTURE, optimises=("gmsd",), smallest=6,
        source="Xue, Zhang, Mou, Bovik, IEEE TIP 23(2):684, 2014 (10.1109/TIP.2013.2293423), eqs. 2 to 6"),
    Term("gaussian_l1", "ldct.losses.gaussian_l1:GaussianL1", label="Gaussian-weighted L1",
        construct=Construct.FIDELITY, optimises=("mae",), pixelwise=True,
        source="Zhao, Gallo, Frosio, Kautz, IEEE TCI 3(1):47, 2017 (arXiv:1511.08861), eq. 14"),
    Term("sobel", "ldct.losses.sobel:Sobel", label="Sobel", construct=Construct.STRUCTURE, smallest=3,
        source="the gradient branch of DU-GAN, Huang et al., IEEE TIM 71:4500512, 2022 (10.1109/TIM.2021.3128703)"),
    Term("laplacian", "ldct.losses.laplacian:Laplacian", label="Laplacian", construct=Construct.STRUCTURE,
        source="the edge loss of MPRNet, Zamir et al., CVPR 2021 (arXiv:2102.02808), eq. 3"),
    Term("tv", "ldct.losses.tv:TotalVariation", label="TV", construct=Construct.NO_REFERENCE, smallest=2,
        source="Rudin, Osher, Fatemi, Physica D 60:259, 1992 (10.1016/0167-2789(92)90242-F), anisotropic form"),
    Term("multi_window", "ldct.losses.multi_window:MultiWindow", label="multi-window L1", construct=Construct.FIDELITY,
        optimises=("mae",), pixelwise=True, source="this project's design, after the displays that readers use"),
    Term("hu_bins", "ldct.losses.hu_bins:HUBins", label="HU bins", construct=Construct.FIDELITY,
        optimises=("hu_bias", "hu_bias_bins"),
        source="public code; a usual weight is .2. The bins are those of air, lung, soft tissue, contrast and bone"),
    Term("texture", "ldct.losses.texture:Texture", label="GLCM texture", construct=Construct.NOISE, smallest=8,
        source=(
            "Di Feola et al., multi-scale texture loss (arXiv:2403.16640), weight 1e-3 there with 256 "
            "levels; memberships are normalised here, and the source's attention over the offsets is not "
            "part of it"
        )),
    Term("focal_frequency", "ldct.losses.focal_frequency:FocalFrequency", label="focal frequency",
        construct=Construct.FIDELITY,
        source="Jiang, Dai, Wu, Loy, ICCV 2021 (arXiv:2012.12821), eqs. 7 to 9; alpha 1 as there"),
    Term("nps", "ldct.losses.power_spectrum:PowerSpectrum", label="NPS", construct=Construct.NOISE,
        optimises=("nps_log_distance",), smallest=4,
        source=(
            "the NPS estimate of ICRU 87 / Siewerdsen et al., Med. Phys. 29(11):2655, 2002 "
            "(10.1118/1.1513158), as a loss; weight .01 beside L1 in public code"
        )),
    Term("vgg16_hed", "ldct.losses.perceptual:HEDVGG16", label="VGG16 (HED)", construct=Construct.FEATURES,
        optimises=("hed_vgg16_distance",), weights=("vgg16_hed",), deep=True, smallest=2, source=JOHNSON),
    Term("vgg16", "ldct.losses.perceptual:VGG16", label="VGG16", construct=Construct.FEATURES, weights=("vgg16",),
        deep=True, smallest=2, source=JOHNSON),
    Term("vgg19", "ldct.losses.perceptual:VGG19", label="VGG19", construct=Construct.FEATURES, weights=("vgg19",),
        deep=True, smallest=16, source=JOHNSON),
    Term("efficientnet_lite0", "ldct.losses.perceptual:EfficientNetLite0", label="EfficientNet-Lite0",
        construct=Construct.FEATURES, weights=("efficientnet_lite0",), deep=True, smallest=32, source=JOHNSON),
    Term("resnet50", "ldct.losses.perceptual:ResNet50", label="ResNet50", construct=Construct.FEATURES,
        weights=("resnet50",), deep=True, source=JOHNSON),
    Term("radimagenet_resnet50", "ldct.losses.perceptual:RadImageNet", label="RadImageNet ResNet50",
        construct=Construct.FEATURES, weights=("radimagenet_resnet50",), deep=True, source=JOHNSON),
    Term("semantic_hed", "ldct.losses.semantic:SemanticHED", label="semantic VGG16 (HED)", construct=Construct.FEATURES,
        optimises=("hed_vgg16_distance",), weights=("vgg16_hed",), deep=True, smallest=2, source=SEMANTIC),
    Term("semantic_efficientnet", "ldct.losses.semantic:SemanticEfficientNet", label="semantic EfficientNet-Lite0",
        construct=Construct.FEATURES, weights=("efficientnet_lite0",), deep=True, smallest=32, source=SEMANTIC),
    Term("semantic_radimagenet", "ldct.losses.semantic:SemanticRadImageNet", label="semantic RadImageNet",
        construct=Construct.FEATURES, weights=("radimagenet_resnet50",), deep=True, source=SEMANTIC),
    Term("ct_autoencoder", "ldct.losses.ct_autoencoder:CTAutoencoder", label="CT autoencoder",
        construct=Construct.FEATURES, deep=True, encoder=True, source=JOHNSON),
    Term("semantic_ct", "ldct.losses.ct_autoencoder:SemanticCT", label="semantic CT autoencoder",
        construct=Construct.FEATURES, deep=True, encoder=True, source=SEMANTIC),
    Term("edcnn", "ldct.losses.edcnn:EDCNN", label="EDCNN", construct=Construct.FEATURES, weights=("resnet50",),
        deep=True, source="Liang, Jin, Li, Wang, ICSP 2020 (arXiv:2011.00139), eqs. 4 to 6"),
    Term("lpips", "ldct.losses.lpips:LPIPSAlex", label="LPIPS (AlexNet)", construct=Construct.FEATURES,
        optimises=("lpips_alex",), weights=("alexnet",), deep=True, smallest=31, source=ZHANG),
    Term("lpips_vgg", "ldct.losses.lpips:LPIPSVGG", label="LPIPS (VGG16)", construct=Construct.FEATURES,
        optimises=("lpips_vgg",), weights=("vgg16",), deep=True, smallest=16, source=ZHANG),
    Term("dists", "ldct.losses.dists:DISTS", label="DISTS", construct=Construct.FEATURES, optimises=("dists",),
        weights=("vgg16", "dists"), deep=True, smallest=16,
        source="Ding, Ma, Wang, Simoncelli, IEEE TPAMI 44(5):2567, 2022 (arXiv:2004.07728)"),
    Term("wgan_gp", "ldct.losses.adversarial.wgan_gp:WGANGP", label="WGAN-GP", construct=Construct.NO_REFERENCE,
        critic=True, negative=True, smallest=8,
        source=(
            "Gulrajani et al. 2017 (arXiv:1704.00028); for LDCT Yang et al., IEEE TMI 37(6):1348, 2018 "
            "(10.1109/TMI.2018.2827462): 4 critic steps, learning rate 1e-5, betas .5 and .9, penalty 10, "
            "perceptual weight .1; ldct-benchmark tuned 1 critic step and a perceptual weight of .689"
        )),
    Term("dugan", "ldct.losses.adversarial.dugan:DUGAN", label="DU-GAN", construct=Construct.NO_REFERENCE, critic=True,
        smallest=16,
        source=(
            "Huang et al., IEEE TIM 71:4500512, 2022 (10.1109/TIM.2021.3128703), arXiv:2108.10772; there in "
            "'0.1 * dugan + mse + 20 * sobel' on intensities in [0, 1]"
        )),
    Term("uncertainty", "ldct.losses.uncertainty:Uncertainty", label="uncertainty-weighted sum", trainable=True,
        negative=True,
        source="Kendall, Gal, Cipolla, CVPR 2018 (arXiv:1705.07115), eq. 7, with log s^2 as trained number"),
), bases=(
    Term("perceptual", "ldct.losses.perceptual:Perceptual", label="features", construct=Construct.FEATURES, deep=True),
    Term("semantic", "ldct.losses.semantic:Semantic", label="semantic", construct=Construct.FEATURES, deep=True),
    Term("adversarial", "ldct.losses.adversarial.base:Adversarial", label="critic", critic=True, negative=True),
))
# fmt: on


def nested_terms(options: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The terms in option `terms`, each {use, weight, options}; none without it.

    They are a list of names or of {use, weight, options}, or a mapping of names to weights or to {weight, options}.
    Raises ConfigError for anything else.
    """
    given = (options or {}).get("terms")
    if given is None:
        return []
    if isinstance(given, Mapping):
        given = [
            {"use": use, **(value if isinstance(value, Mapping) else {"weight": value})} for use, value in given.items()
        ]
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise ConfigError(f"option terms is {given!r}; expected a list of terms, each with `use`")
    terms = [{"use": term} if isinstance(term, str) else term for term in given]
    for term in terms:
        if not isinstance(term, Mapping) or not isinstance(term.get("use"), str):
            raise ConfigError(f"option terms holds {term!r}; expected a name, or {{use, weight, options}}")
    return [dict(term) for term in terms]


def walk_terms(use: str, options: Mapping[str, Any] | None = None) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """A term and, below it, all terms nested in its options at any depth: (use, options) of each."""
    yield use, options or {}
    for term in nested_terms(options):
        yield from walk_terms(term["use"], term.get("options"))


def distinct(uses: Sequence[str]) -> list[str]:
    """Names of the terms of a loss, as its history has them: a name used again is numbered."""
    names: list[str] = []
    for use in uses:
        count = 2
        name = use
        while name in names:
            name, count = f"{use}_{count}", count + 1
        names.append(name)
    return names


def required_weights(use: str, options: Mapping[str, Any] | None = None) -> tuple[str, ...]:
    """Weight files of a term, those of the terms nested in its options included; raises ConfigError."""
    names = [name for term, _ in walk_terms(use, options) for name in TERMS.of(term).weights]
    return tuple(dict.fromkeys(names))


def needs_encoder(use: str, options: Mapping[str, Any] | None = None) -> bool:
    """Whether a term, or one nested in its options, uses the encoder that the study trains; raises ConfigError."""
    return any(TERMS.of(term).encoder for term, _ in walk_terms(use, options))
