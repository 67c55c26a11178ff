"""Noise of a lower dose against gecatsim, a polychromatic simulator of its own (energies, bowtie, scintillator).

gecatsim scans a water cylinder at full dose, a quarter and a tenth; the noise-equivalent quanta come from a scan of
air, as PhotonStatistics do in DICOM-CT-PD. What ldct makes of the full-dose scan (`insert`) and of a noise-free one
(`acquire`) is reconstructed like gecatsim's own low-dose scan, and compared in its SD, its noise power and its mean.

Seen with gecatsim 1.5.4, 28 cm of water at 120 kVp: SD 0.98 to 0.99 of gecatsim's at a quarter and at a tenth of the
dose, mean within 0.1 HU, noise power 0.9 to 1.0 at all frequencies. A hardened beam has fewer quanta than its signal
tells, so by the quanta of air alone the SD behind the patient would be 0.95 and 0.94; `reduce_dose` therefore lowers
them by the scan's own noise (`own_noise`, here 1.10 to 1.13 of the variance of the quanta of air).
"""

from __future__ import annotations

import contextlib
import io
import tempfile
from pathlib import Path

import numpy as np

from ldct.projection.noise import FEW_QUANTA, acquire, insert
from ldct.projection.reduced import HARDENED, relative_noise, variance
from ldct.reconstruction.fan import FanBeam, backproject

ROWS, AIR_VIEWS, RADIUS_MM, CURRENT_MA = 4, 360, 140.0, 1000.0
DOSES = (0.25, 0.1)
SIZE, PIXEL_MM = 256, 1.2
BEAM = FanBeam()
BANDS = ((0.02, 0.1), (0.1, 0.2), (0.2, 0.3), (0.3, 0.4))  # cycles/mm

CYLINDER = """materialList = {{'water'}};

object.center(1,:) = [0.000000 0.000000 0.000000];
object.half_axes(1,:) = [{radius:f} {radius:f} 100.000000];
object.euler_angs(1,:) = [90.000000 0.000000 0.000000];
object.density(1) = {density:f};
object.type(1) = 2;
object.material(1) = 1;
object.axial_lims(1,:) = [0 0];
object.shape(1) = 0;
object.clip{{1}} = [];
"""


class Scanner:
    """gecatsim on the fan beam of ldct: 120 kVp, 20 energies, medium bowtie, noise of quanta and electronics."""

    def __init__(self, folder: Path):
        import gecatsim

        self._gecatsim, self._folder = gecatsim, folder
        self._ct = ct = gecatsim.CatSim()
        ct.resultsName = str(folder / "scan")
        ct.phantom.callback, ct.phantom.projectorCallback = "Phantom_Analytic", "C_Projector_Analytic"
        ct.phantom.projectorNumThreads = 1
        ct.protocol.viewsPerRotation, ct.protocol.bowtie = BEAM.views, "medium.txt"
        scanner = ct.scanner
        scanner.sid, scanner.sdd = BEAM.radius_mm, 1085.6
        scanner.detectorColSize, scanner.detectorRowSize = BEAM.step * scanner.sdd, 1.0947
        scanner.detectorColsPerMod, scanner.detectorColCount, scanner.detectorColOffset = 1, BEAM.columns, 0.0
        scanner.detectorRowsPerMod = scanner.detectorRowCount = ROWS
        scanner.detectorColFillFraction = scanner.detectorRowFillFraction = 1.0
        for name in ("col", "row", "srcX", "srcY", "view"):
            setattr(ct.physics, f"{name}SampleCount", 1)

    def signal(
        self, dose: float, *, water: bool, views: int, noise: bool = True, electronic: bool = True
    ) -> np.ndarray:
        """Detector signal in electrons, (views, columns, rows), float64."""
        ct = self._ct
        path = self._folder / f"{'water' if water else 'air'}.ppm"
        path.write_text(CYLINDER.format(radius=RADIUS_MM, density=float(water)))
        ct.phantom.filename, ct.protocol.mA = str(path), CURRENT_MA * dose
        ct.protocol.viewCount, ct.protocol.stopViewId = views, views - 1
        ct.physics.enableQuantumNoise, ct.physics.enableElectronicNoise = int(noise), int(noise and electronic)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            ct.phantom_scan()
            raw = self._gecatsim.rawread(f"{ct.resultsName}.scan", [views, ROWS, BEAM.columns], "float")
        return raw.transpose(0, 2, 1).astype(float)

    @property
    def electronic_sd(self) -> float:
        """Of the signal, electrons."""
        return float(self._ct.scanner.eNoise)


def images(projections: np.ndarray) -> np.ndarray:
    """One image for each detector row, 1/mm."""
    shape, pixel = (SIZE, SIZE), (PIXEL_MM, PIXEL_MM)
    rows = np.ascontiguousarray(projections.transpose(2, 0, 1), np.float32)
    return np.stack([backproject(row, shape, pixel, BEAM, "soft") for row in rows])


def noise_power(noise: np.ndarray) -> np.ndarray:
    """Mean power of the middle in rings of frequency."""
    middle = noise[:, SIZE // 4 : -SIZE // 4, SIZE // 4 : -SIZE // 4]
    window = np.outer(np.hanning(middle.shape[1]), np.hanning(middle.shape[2]))
    power = (np.abs(np.fft.fft2(middle * window)) ** 2).mean(0)
    axis = np.fft.fftfreq(middle.shape[1], PIXEL_MM)
    nu = np.hypot(axis[:, None], axis)
    return np.array([power[(nu >= low) & (nu < high)].mean() for low, high in BANDS])


def report() -> None:
    try:
        import gecatsim  # noqa: F401
    except ImportError:
        print("ratio gecatsim_noise unavailable: pip install 'ldct[bench]' gets gecatsim")
        return
    np.random.seed(1)  # noqa: NPY002 - gecatsim draws from the global generator
    rng = np.random.default_rng(2)
    axis = (np.arange(SIZE) - (SIZE - 1) / 2) * PIXEL_MM
    inside = np.hypot(axis[:, None], axis) < 0.9 * RADIUS_MM
    with tempfile.TemporaryDirectory() as temporary:
        scanner = Scanner(Path(temporary))
        air = scanner.signal(1, water=False, views=1, noise=False)
        still = scanner.signal(1, water=False, views=AIR_VIEWS, electronic=False)
        quanta = (1 / (still / air).var(axis=(0, 2))).astype(np.float32)
        electronic = float(np.median((scanner.electronic_sd * quanta / air[0].mean(-1)) ** 2))
        clean = -np.log(scanner.signal(1, water=True, views=1, noise=False) / air)
        clean = np.repeat(clean.astype(np.float32), BEAM.views, 0)
        base = images(clean)
        water = float(base[:, inside].mean())

        def measured(dose: float) -> np.ndarray:
            """gecatsim's scan as line integrals; no reading below one quantum."""
            least = air / quanta[:, None]
            return -np.log(np.maximum(scanner.signal(dose, water=True, views=BEAM.views) / dose, least / dose) / air)

        full = measured(1).astype(np.float32)
        print(
            f"gecatsim: {quanta.mean():.3g} noise-equivalent quanta of air, electronic noise of {electronic:.1f} "
            f"quanta squared, {clean.max():.2f} the largest line integral"
        )
        own = variance(
            np.concatenate([relative_noise(full[i : i + 3], quanta, electronic) for i in range(0, BEAM.views - 2, 20)])
        )
        print(f"variance of the projections over that of quanta alone: {own:.3f}")
        for dose in DOSES:
            theirs = images(measured(dose)) - base
            few = (dose * quanta[:, None] * np.exp(-clean[0]) < FEW_QUANTA)[clean[0] > 0.1].mean()
            for name, low in (
                ("inserted", insert(full, quanta / np.float32(np.clip(own, *HARDENED)), dose, electronic, rng)),
                ("inserted by the quanta of air", insert(full, quanta, dose, electronic, rng)),
                ("from noise-free", acquire(clean, quanta, dose, electronic, rng)),
            ):
                ours = images(low) - base
                sd = [1000 / water * float(noise[:, inside].std()) for noise in (ours, theirs)]
                shift = 1000 / water * float((ours - theirs)[:, inside].mean())
                bands = " ".join(f"{ratio:.2f}" for ratio in noise_power(ours) / noise_power(theirs))
                key = f"ratio gecatsim_noise {sd[0] / sd[1]:.3f}" if name == "inserted" else f"  {sd[0] / sd[1]:.3f}"
                print(
                    f"{key}: {name}, dose {dose:g}, SD {sd[0]:.1f} against {sd[1]:.1f} HU, mean {shift:+.2f} HU, noise "
                    f"power {bands} up the frequencies, {100 * few:.0f} % of rays below {FEW_QUANTA:.0f} quanta"
                )


if __name__ == "__main__":
    report()
