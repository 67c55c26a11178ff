"""Folders as people keep CT data, small: what the manifest of each must say is written into the files themselves."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
from pydicom.uid import generate_uid

from ldct.projection.ctpd.writer import SeriesInfo, Writer
from ldct.projection.geometry import Detector, helical
from ldct.study.manifest import read_manifest
from tests.dicom.conftest import ct
from tests.dicom.test_read import enhanced

PEOPLE = ("L004", "L006", "L014")
DETECTOR = Detector(
    columns=16,
    rows=4,
    column_spacing_mm=12.0,
    row_spacing_mm=4.0,
    source_isocentre_mm=595.0,
    source_detector_mm=1085.6,
    central_column=8.25,
    central_row=2.5,
)
WORDS = {"full": "Full Dose Images", "low": "Low Dose Images"}


def uid(*parts: object) -> str:
    return generate_uid(entropy_srcs=[str(part) for part in parts])


def put(
    folder: Path,
    person: str,
    dose: str,
    *,
    count: int = 4,
    dz: float = 3.0,
    scan: str = "1",
    number: int = 0,
    **headers,
):
    """A series of a person in a folder; InstitutionName holds the truth. headers: attributes; None leaves one out."""
    series = uid(folder, person, dose, headers.get("SeriesDescription"), headers.get("ConvolutionKernel"), dz)
    said = {
        "PatientID": person,
        "StudyInstanceUID": uid("study", person, scan),
        "FrameOfReferenceUID": uid("frame", person, scan),
        "SeriesInstanceUID": series,
        "SeriesDescription": WORDS.get(dose, ""),
        "ConvolutionKernel": "B30f",
        "SliceThickness": dz,
        "InstitutionName": f"{person}|{dose}",
    } | headers
    absent = [name for name, value in said.items() if value is None]
    said = {name: value for name, value in said.items() if value is not None}
    folder.mkdir(parents=True, exist_ok=True)
    for k in range(count):
        made = ct(k, seed=hash_of(person, dose), ImagePositionPatient=[-10.0, -8.0, dz * (k + number)], **said)
        made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = uid(series, k)
        made.InstanceNumber = k + 1
        for name in absent:
            if name in made:
                delattr(made, name)
        made.save_as(folder / f"{series[-6:]}_{k + number:03d}.dcm", enforce_file_format=True)


def hash_of(*parts: str) -> int:
    return random.Random("|".join(parts)).randrange(1 << 30)


def raw(folder: Path, person: str, dose: str) -> None:
    """Projections of a person; DICOM-CT-PD holds few attributes, so the truth lies in InstitutionName again."""
    views = helical(DETECTOR, views_per_rotation=6, pitch=1.0, start_mm=-4, stop_mm=12)
    info = SeriesInfo(
        study_uid=uid("study", person, "1"),
        series_uid=uid("raw", person, dose),
        frame_of_reference_uid=uid("frame", person, "1"),
        patient_id=person,
        views_per_rotation=6,
        pitch=1.0,
        water_attenuation=0.0192,
        slope=1.5e-4,
        intercept=-0.2,
    )
    Writer(folder, views, info, np.full(16, 1e5)).write(0, np.zeros((len(views), 16, 4), np.uint16))
    for path in folder.iterdir():
        dataset = pydicom.dcmread(path)
        dataset.InstitutionName = f"{person}|{dose}"
        dataset.save_as(path)


def each(place: Callable[[str, str], str], **headers) -> Callable[[Path], None]:
    """A layout of three people with both doses; headers may be functions of person and dose."""

    def write(root: Path) -> None:
        for person in PEOPLE:
            for dose in ("full", "low"):
                said = {name: value(person, dose) if callable(value) else value for name, value in headers.items()}
                put(root / place(person, dose), person, dose, **said)

    return write


def several(*parts: Callable[[Path], None]) -> Callable[[Path], None]:
    def write(root: Path) -> None:
        for part in parts:
            part(root)

    return write


@dataclass(frozen=True)
class Layout:
    """A layout, the persons and pairs that its manifest must have, and how it is asked for.

    refused: the option that the refusal must name, where nothing may be guessed. options: of the command.
    """

    write: Callable[[Path], None]
    people: int = 3
    pairs: int = 3
    refused: str = ""
    options: tuple[str, ...] = ()
    folders: tuple[str, ...] = (".",)
    kernel: str = ""


def code(dose: str) -> str:
    return {"full": "FD", "low": "QD"}[dose]


def quarter(dose: str) -> str:
    return {"full": "full", "low": "quarter"}[dose]


def previews(root: Path) -> None:
    for person in PEOPLE:
        for k in range(7):
            (root / person / "full" / f"0{k}_preview.jpg").write_bytes(b"\xff\xd8 no CT")


def scanner_export(root: Path) -> None:
    for person in PEOPLE:
        put(root / person / "1000", person, "scout", count=1, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
        put(root / person / "2010", person, "full", SeriesDescription="Thorax 3.0")
        put(root / person / "2020", person, "full", count=8, dz=1.5, SeriesDescription="Thorax 1.5")


def thorax(root: Path, listed: bool = True) -> None:
    """Two kernels of each person, no dose, and the list of the download; the headers' kernel is there."""
    lines = ["Series UID,Collection,Subject ID,Study Date,Series Description,Modality,Number of Images,File Location"]
    for person, tail in (("100012", "62919"), ("100158", "34670")):
        for number, kernel in ((2, "B70f"), (3, "B30f")):
            description = f"ThoraxRoutine  8.0.0  {kernel}"
            place = f"NLST/{person}/01-02-1999-NA-NLST-LSS-{tail}/{number}.000000-{description}-{tail}"
            put(root / place, person, "full", SeriesDescription=description, ConvolutionKernel=kernel)
            location = ".\\" + place.replace("/", "\\")
            lines.append(f"{uid(person, kernel)},NLST,{person},01-02-1999,{description},CT,4,{location}")
    (root / "metadata.csv").write_text("\n".join(lines) + "\n")


def listed_only(root: Path) -> None:
    """A folder a series, headers without a PatientID, and a list of the user's own name."""
    lines = ["SeriesInstanceUID;PatientID;SeriesDescription"]
    for person in PEOPLE:
        for dose in ("full", "low"):
            name = uid("listed", person, dose)
            blank = dict.fromkeys(("PatientID", "StudyInstanceUID", "FrameOfReferenceUID"))
            put(root / name, person, dose, SeriesInstanceUID=name, SeriesDescription="", **blank)
            lines.append(f"{name};{person};{WORDS[dose]}")
    (root / "my download.csv").write_text("\n".join(lines) + "\n", encoding="utf-16")


def raw_and_images(root: Path) -> None:
    base = "LDCT-and-Projection-data/{}/08-21-2018-NA-NA-10971/1.000000-{}-34688"
    for person in PEOPLE:
        for dose, words in WORDS.items():
            put(root / base.format(person, words), person, dose)
            raw(root / base.format(person, words.replace("Images", "projections")), person, dose)


def box(root: Path) -> None:
    """The challenge's box: two thicknesses and two kernels a dose."""
    for person in ("L067", "L096"):
        for dz in (1.0, 3.0):
            for kernel, folder in (("B30f", "B30"), ("D45f", "D45")):
                for dose in ("full", "low"):
                    name = f"{quarter(dose)}_{dz:g}mm{'_sharp' if kernel == 'D45f' else ''}"
                    place = root / f"{dz:g}mm {folder}" / name / person / name
                    put(place, person, dose, dz=dz, ConvolutionKernel=kernel, SeriesDescription=None)


def two_sites(root: Path) -> None:
    """Unrelated people whose folders are called alike."""
    for site in ("siteA", "siteB"):
        for number in ("001", "002"):
            for dose in ("full", "low"):
                put(root / site / number / dose, f"{site}-{number}", dose, SeriesDescription="")


def one_twice(root: Path) -> None:
    """Two scans of one person among others."""
    for name, person, scan in (("anna", "A", "1"), ("anna again", "A", "2"), ("bert", "B", "1"), ("cora", "C", "1")):
        for dose in ("full", "low"):
            put(root / name / dose, person, dose, scan=scan, count=4 + (scan == "1"), SeriesDescription="")


def only_one_twice(root: Path) -> None:
    for scan in ("1", "2"):
        for dose in ("full", "low"):
            put(root / f"scan{scan}" / dose, "A", dose, scan=scan, count=3 + int(scan), SeriesDescription="")


def one_in_two_studies(root: Path) -> None:
    """One person, no low dose, two days."""
    for scan in ("1", "2"):
        put(root / f"day{scan}", "A", "full", scan=scan, count=3 + int(scan), SeriesDescription="Thorax")


def flat(root: Path) -> None:
    """All files of everybody in one folder, as media hold them."""
    each(lambda p, d: ".")(root)
    for k, path in enumerate(sorted(root.glob("*.dcm"))):
        path.rename(root / f"IM{k * 7 % 997:06d}")


def media(root: Path) -> None:
    for n, person in enumerate(PEOPLE):
        for s, dose in enumerate(("low", "full")):
            put(root / f"DICOM/PA{n:03d}/ST000/SE{s:03d}", person, dose)
    (root / "DICOMDIR").write_bytes(b"no data")


def dealt(root: Path) -> None:
    """Each series over subfolders of four files."""
    for person in PEOPLE:
        for dose in ("full", "low"):
            series = uid("dealt", person, dose)
            for part in range(3):
                put(root / person / dose / f"{part}", person, dose, number=4 * part, SeriesInstanceUID=series)


def extra_series(root: Path) -> None:
    """Reformatted and projected images, another kernel, and a page of text beside each pair."""
    each(lambda p, d: f"{p}/{d}")(root)
    coronal = [1, 0, 0, 0, 0, -1]
    for person in PEOPLE:
        put(root / person / "cor", person, "x", ImageOrientationPatient=coronal, SeriesDescription="Full dose cor 3.0")
        mip = ["DERIVED", "SECONDARY", "AXIAL", "MIP"]
        put(root / person / "mip", person, "x", count=9, ImageType=mip, SeriesDescription="Full dose MIP")
        put(root / person / "report", person, "x", count=1, SeriesDescription="Dose Report")
        put(
            root / person / "lung",
            person,
            "full",
            count=9,
            ConvolutionKernel="B70f",
            SeriesDescription="Full dose lung",
        )


def four_kinds(root: Path) -> None:
    """Full dose in two thicknesses and kernels, low dose in one of them."""
    for person in PEOPLE:
        for dz in (1.0, 3.0):
            for kernel in ("B30f", "D45f"):
                place = root / person / f"full {dz:g} {kernel}"
                put(place, person, "full", dz=dz, count=int(12 / dz), ConvolutionKernel=kernel)
        put(root / person / "low", person, "low", dz=1.0, count=12, ConvolutionKernel="B30f")


def enhanced_files(root: Path) -> None:
    for person in PEOPLE:
        for dose in ("full", "low"):
            made = enhanced()
            made.PatientID, made.SeriesDescription = person, WORDS[dose]
            made.StudyInstanceUID, made.FrameOfReferenceUID = uid("study", person), uid("frame", person)
            made.SeriesInstanceUID, made.InstitutionName = uid("e", person, dose), f"{person}|{dose}"
            (root / person / dose).mkdir(parents=True)
            made.save_as(root / person / dose / "1.dcm", enforce_file_format=True)


def nothing_to_go_by(root: Path) -> None:
    """Headers without any identifier, folders whose names mix person and series."""
    blank = dict.fromkeys(("PatientID", "StudyInstanceUID", "FrameOfReferenceUID"))
    each(lambda p, d: f"site1/{p[1:]}-{hash_of(p, d)}", **blank)(root)


def exposures(full: int, low: int) -> Callable[[str, str], int]:
    return lambda p, d: full if d == "full" else low


NBIA = "LDCT-and-Projection-data/{}/08-21-2018-NA-NA-06154/1.000000-{}-{}"
# One PatientID for all, and new UIDs for every series: what some anonymisers leave.
SCRAMBLED = {
    "PatientID": "P1",
    "StudyInstanceUID": lambda p, d: uid("s", p, d),
    "FrameOfReferenceUID": lambda p, d: uid("f", p, d),
}
BLANK = {"PatientID": ""}

# Those that people described in public, then others.
KNOWN = {
    "idc-index": Layout(each(lambda p, d: f"ldct/{p}/{uid('s', p)}/CT_{uid('c', p, d)}", **SCRAMBLED)),
    "tcia_utils": Layout(each(lambda p, d: f"tciaDownload/{uid('t', p, d)}")),
    "tcia_utils, scrambled": Layout(each(lambda p, d: uid("t", p, d), **SCRAMBLED), refused="--person"),
    "dose first": Layout(each(lambda p, d: f"{d}/{p}", **SCRAMBLED)),
    "NDCT and LDCT": Layout(each(lambda p, d: f"{p}/{'NDCT' if d == 'full' else 'LDCT'}", **SCRAMBLED)),
    "names with spaces": Layout(each(lambda p, d: f"patient {p}/CT thorax {d}", **SCRAMBLED)),
    "RED-CNN": Layout(each(lambda p, d: f"{p}/{quarter(d)}_3mm", **SCRAMBLED)),
    "NBIA": Layout(each(lambda p, d: NBIA.format(p, WORDS[d], hash_of(p, d) % 99999), **SCRAMBLED)),
    "previews first": Layout(several(each(lambda p, d: f"{p}/{d}", SeriesDescription=""), previews)),
    "scanner's export": Layout(scanner_export, pairs=0),
    "TCIA, images": Layout(raw_and_images),
    "TCIA, projections": Layout(raw_and_images, options=("--kind", "projections")),
    "NBIA with its list, two kernels": Layout(thorax, people=2, pairs=0, kernel="B30f"),
}
OTHERS = {
    "one folder for all": Layout(flat),
    "both doses in a folder": Layout(each(lambda p, d: p)),
    "media": Layout(media),
    "per cent": Layout(each(lambda p, d: f"{p}/{'100' if d == 'full' else '25'}", SeriesDescription="")),
    "HighDose and LowDose": Layout(
        each(lambda p, d: f"{p}/{'High' if d == 'full' else 'Low'}Dose", SeriesDescription="")
    ),
    "codes of the challenge": Layout(each(lambda p, d: f"{p}/{p}_{code(d)}_3_1.CT.000{len(d)}", **SCRAMBLED)),
    "box of the challenge": Layout(box, people=2, pairs=2, kernel="B30f"),
    "box of the challenge, sharp": Layout(box, people=2, pairs=2, kernel="D45f", options=("--kernel", "d45F")),
    "doses in two roots": Layout(each(lambda p, d: f"{d}-dose/{p}", **SCRAMBLED), folders=("full-dose", "low-dose")),
    "same names at two sites": Layout(two_sites, people=4, pairs=4),
    "one person twice": Layout(one_twice),
    "only one person, twice": Layout(only_one_twice, people=1, pairs=1),
    "only one person, two days": Layout(one_in_two_studies, people=1, pairs=0),
    "no PatientID": Layout(each(lambda p, d: uid("x", p, d), **BLANK)),
    "anonymous": Layout(each(lambda p, d: f"{p}/{d}", PatientID="Anonymous")),
    "dose in the PatientID": Layout(each(lambda p, d: uid("x", p, d), PatientID=lambda p, d: f"{p}_{code(d)}")),
    "a PatientID a series": Layout(
        each(lambda p, d: f"{p}/{d}", **{**SCRAMBLED, "PatientID": lambda p, d: uid("id", p, d)[-8:]})
    ),
    "a list of another name": Layout(listed_only),
    "series over subfolders": Layout(dealt),
    "a low-dose protocol for both": Layout(each(lambda p, d: uid("x", p, d), ProtocolName="Low dose chest")),
    "other series beside": Layout(extra_series, kernel="B30f"),
    "four reconstructions": Layout(four_kinds, kernel="B30f"),
    "enhanced CT": Layout(enhanced_files),
    "half a name and the exposure": Layout(
        each(
            lambda p, d: uid("x", p, d),
            SeriesDescription=lambda p, d: "Thorax" if d == "full" else "Thorax low dose",
            Exposure=exposures(200, 50),
        )
    ),
    "half a name": Layout(
        each(lambda p, d: uid("x", p, d), SeriesDescription=lambda p, d: "Chest" if d == "full" else "Chest LD"),
        refused="--full",
    ),
    "exposures against the names": Layout(each(lambda p, d: f"{p}/{d}", Exposure=exposures(50, 200)), refused="--full"),
    "folder against description": Layout(
        each(lambda p, d: f"{p}/{d}", SeriesDescription="Full dose", ProtocolName="x"), refused="--full"
    ),
    "no names": Layout(each(lambda p, d: f"{p}/{hash_of(p, d)}", SeriesDescription=""), refused="--full"),
    "exposures alone": Layout(
        each(lambda p, d: f"{p}/{hash_of(p, d)}", SeriesDescription="", Exposure=exposures(200, 50)), refused="--full"
    ),
    "no names, decided": Layout(
        each(lambda p, d: f"{p}/{'a' if d == 'full' else 'b'}", SeriesDescription=""),
        options=("--full", "/a ", "--low", "/b "),
    ),
    "screening": Layout(each(lambda p, d: f"{p}/{d[0]}", SeriesDescription="Low dose screening"), refused="--full"),
    "nothing to go by": Layout(nothing_to_go_by, refused="--person"),
    "two IDs in a study": Layout(
        each(lambda p, d: f"x/{p}/{d}", StudyInstanceUID=uid("one study"), FrameOfReferenceUID=uid("one frame")),
        refused="--person",
    ),
}
LAYOUTS = KNOWN | OTHERS


def truth(folder: Path) -> set[tuple[str, str, str]]:
    """(person, dose, kernel) that the files of a folder of the manifest are of."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".jpg"]
    headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in files]
    return {(*header.InstitutionName.split("|"), str(header.get("ConvolutionKernel") or "")) for header in headers}


def mistakes(layout: Layout, manifest: Path) -> list[str]:
    """What a manifest says wrongly of a layout that was not refused."""
    wrong = [f"no refusal that names {layout.refused}"] if layout.refused else []
    patients = read_manifest(manifest)
    people = []
    for patient in patients:
        for dose, folder in (("full", patient.full), ("low", patient.low), ("full", patient.images)):
            if folder is None:
                continue
            held = truth(folder)
            if len(held) != 1:
                wrong.append(f"{patient.patient}: {dose} holds {sorted(held)}")
                continue
            ((person, said, kernel),) = held
            people.append((patient.patient, person))
            if said != dose:
                wrong.append(f"{patient.patient}: {dose} is {said}")
            if layout.kernel and kernel != layout.kernel:
                wrong.append(f"{patient.patient}: {dose} is {kernel}")
    names = {person for _, person in people}
    if not len(names) == len(patients) == len(set(people)) == layout.people:
        wrong.append(f"{len(patients)} patients of {len(names)} persons, expected {layout.people}")
    pairs = sum(patient.low is not None for patient in patients)
    if pairs != layout.pairs:
        wrong.append(f"{pairs} pairs, expected {layout.pairs}")
    raws = [patient for patient in patients if patient.kind == "ctpd"]
    if ("projections" in layout.options) != bool(raws) or any(patient.images is None for patient in raws):
        wrong.append("not the raw data with the scanner's images")
    return wrong
