"""Synthetic patients: seeded, individually varied anatomy that changes from slice to slice.

Every patient is a phantom of some hundred ellipsoids: body, organs, skeleton with trabecular structure, branching
vessels, parenchymal texture, gas and small lesions. It is built around z = 0 in the DICOM-CT-PD frame (x towards
the patient's left, y towards the front, z towards the head), for scans of at most +-`REACH_MM`.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import numpy as np

from ldct.errors import ConfigError
from ldct.projection.phantom import Phantom

WATER = 0.0192  # attenuation of water, 1/mm, at about 70 keV
REACH_MM = 120.0


@dataclass
class Anatomy:
    """Adds bodies given in HU relative to their surroundings."""

    phantom: Phantom
    rng: np.random.Generator
    vessels: np.ndarray = field(default_factory=lambda: np.zeros((0, 4)))  # points along them, and their radius

    def add(self, centre, semi_axes, hu: float, background: float, rotation: np.ndarray | float = 0.0) -> None:
        self.phantom.ellipsoid(centre, semi_axes, WATER * (hu - background) / 1000.0, rotation)

    def vary(self, value: float, share: float = 0.1) -> float:
        return float(value * (1 + share * self.rng.uniform(-1, 1)))

    def inside(self, centre, semi_axes, fill: float = 1.0) -> np.ndarray:
        """A random point of an ellipsoid, at most `fill` of the way to its surface."""
        direction = self.rng.normal(size=3)
        direction *= fill * self.rng.uniform() ** (1 / 3) / np.linalg.norm(direction)
        return np.asarray(centre) + direction * semi_axes

    def tree(self, start, direction, radius: float, length: float, depth: int, hu: float, background: float, keep):
        """Branching vessel of elongated bodies, ended where `keep(point)` is false or another vessel runs."""
        direction = np.asarray(direction, float) / np.linalg.norm(direction)
        end = np.asarray(start, float) + direction * length
        course = np.asarray(start, float) + direction * length * np.array([[0.4], [0.7], [1.0]])
        apart = np.linalg.norm(course[:, None] - self.vessels[None, :, :3], axis=2) - self.vessels[:, 3]
        if not keep(end) or (apart < radius + 0.5).any():
            return
        self.vessels = np.concatenate([self.vessels, np.column_stack([course[1:], np.full(2, radius)])])
        self.add((start + end) / 2, (radius, radius, 0.55 * length), hu, background, align(direction))
        if depth:
            for _ in range(2 + (self.rng.uniform() < 0.25)):
                turned = direction + 0.75 * self.rng.normal(size=3)
                self.tree(end, turned, 0.74 * radius, self.vary(0.8 * length, 0.3), depth - 1, hu, background, keep)

    def texture(self, centre, semi_axes, count: int, size: tuple[float, float], sd: float, fill: float = 0.85) -> None:
        """Weak random bodies: the heterogeneity of real tissue; `sd` is that of their contrast in HU."""
        for _ in range(count):
            axes = self.rng.uniform(*size, 3)
            turn = align(self.rng.normal(size=3))
            self.add(
                self.inside(centre, np.asarray(semi_axes) - axes.max(), fill), axes, self.rng.normal(0, sd), 0.0, turn
            )


def align(direction) -> np.ndarray:
    """The rotation that turns the z axis to `direction` and leaves x nearly where it was."""
    w = np.asarray(direction, float) / np.linalg.norm(direction)
    u = np.eye(3)[0 if abs(w[0]) < 0.9 else 1]
    u = u - (u @ w) * w
    u /= np.linalg.norm(u)
    return np.stack([u, np.cross(w, u), w], axis=1)


def within(centre, semi_axes):
    """Predicate: is a point inside this ellipsoid?"""
    c, s = np.asarray(centre, float), np.asarray(semi_axes, float)
    return lambda point: float((((point - c) / s) ** 2).sum()) < 1.0


def patient(region: str, seed: int) -> Phantom:
    """The phantom of one patient, 'chest' or 'abdomen'; equal seeds give equal patients.

    Raises ConfigError for another region.
    """
    builders = {"chest": chest, "abdomen": abdomen}
    if region not in builders:
        raise ConfigError(f"no synthetic anatomy for region {region!r}; choose one of {', '.join(builders)}")
    anatomy = Anatomy(Phantom(), np.random.default_rng([seed, sorted(builders).index(region)]))
    builders[region](anatomy)
    return anatomy.phantom


def body(a: Anatomy, width: float, depth: float) -> tuple[float, float, float]:
    """Skin, fat and the muscular wall; returns semi-axes of the inside. What is inside is soft tissue at 45 HU."""
    fat = a.vary(14, 0.5)
    tall = a.vary(420, 0.15)
    tilt = align((0.05 * a.rng.normal(), 0.05 * a.rng.normal(), 1.0))
    a.add((0, 0, 0), (width + 2, depth + 2, tall + 2), 20, -1000, tilt)
    a.add((0, 0, 0), (width, depth, tall), -105, 20, tilt)
    inner = (width - fat, depth - fat, tall - 40)
    a.add((0, 0, a.vary(0, 0)), inner, 45, -105, tilt)
    # Septa and small vessels of the fat, and fat between the muscles.
    for _ in range(60):
        angle, z = a.rng.uniform(0, 2 * np.pi), a.rng.uniform(-60, 60)
        ring = a.rng.uniform(0.35, 0.85) * fat
        point = ((width - ring) * np.cos(angle), (depth - ring) * np.sin(angle), z)
        a.add(point, a.rng.uniform([0.5, 0.5, 4], [1.2, 3.5, 14]), a.rng.uniform(-60, 20), -105, angle)
    return inner


def spine(a: Anatomy, y: float) -> None:
    """Vertebrae with cortex, marrow, trabecular spots, discs, canal, processes."""
    pitch, z0 = a.vary(32, 0.1), a.rng.uniform(-16, 16)
    curve, marrow = a.rng.uniform(-0.08, 0.08), a.rng.uniform(120, 220)
    for level in range(-4, 5):
        z = z0 + level * pitch
        if abs(z) > REACH_MM:
            continue
        x, yc = a.rng.normal(0, 0.8), y + curve * z
        size = np.array([a.vary(21), a.vary(16), 0.44 * pitch])
        a.add((x, yc, z), size, 480, 45)
        core = size - [2.2, 2.2, 1.8]
        a.add((x, yc, z), core, marrow, 480)
        for _ in range(45):
            spot = a.inside((x, yc, z), core - 2, 0.95)
            a.add(spot, a.rng.uniform(0.7, 2.0, 3), a.rng.normal(0, 130), 0)
        a.add((x, yc, z + pitch / 2), (size[0] - 2, size[1] - 2, 0.07 * pitch), 95, 45)
        back = yc - size[1] - 9
        for side in (-1, 1):
            a.add((x + side * 13, back + 4, z), (4.5, 9, 6), 420, 45, side * 0.5)
            a.add((x + side * 24, back - 2, z), (13, 4, 5), 380, 45, side * -0.35)
        a.add((x, back - 11, z - 6), (3.2, 11, 7), 400, 45)
    a.add((0, y - 25, 0), (8, 7, 300), 15, 45)
    for side in (-1, 1):
        a.add((side * a.vary(38), y - 28, 0), (26, 13, 260), 62, 45, side * 0.15)


def ribs(a: Anatomy, inner, y_spine: float) -> None:
    """Slanted arcs of short segments with cortex and marrow."""
    gap, z0 = a.vary(27, 0.12), a.rng.uniform(-13, 13)
    rx, ry = inner[0] - 7, inner[1] - 7
    for level in range(-5, 6):
        for side in (-1, 1):
            angles = np.linspace(-1.35, 0.75, 19)
            points = np.stack(
                [rx * np.cos(angles) * side, ry * np.sin(angles), z0 + level * gap - 24 * (angles + 1.35)], 1
            )
            for p, q in itertools.pairwise(points):
                middle = (p + q) / 2
                if abs(middle[2]) > 75:
                    continue
                half = 0.5 * np.linalg.norm(q - p)
                turn = align(q - p)
                a.add(middle, (3.6, 5.2, 1.02 * half), 520, 45, turn)
                a.add(middle, (2.2, 3.6, 0.98 * half), 190, 520, turn)


def lesions(a: Anatomy, centre, semi_axes, count: int | np.integer, hu: tuple[float, float], background: float) -> None:
    """Small round lesions."""
    for _ in range(count):
        axes = a.rng.uniform(2.0, 8.0) * a.rng.uniform(0.8, 1.2, 3)
        point = a.inside(centre, np.asarray(semi_axes) - axes.max() - 3, 0.9)
        point[2] = a.rng.uniform(-30, 30)
        if within(centre, np.asarray(semi_axes) - axes.max())(point):
            a.add(point, axes, a.rng.uniform(*hu), background)


def chest(a: Anatomy) -> None:
    """Thorax: lungs with vessel trees and nodules, heart, aorta, airways, ribs, spine."""
    inner = body(a, a.vary(158), a.vary(108))
    y_spine = -inner[1] + a.vary(46, 0.06)
    spine(a, y_spine)
    ribs(a, inner, y_spine)
    shift = a.rng.uniform(-25, 25)
    heart = np.array([22 * a.vary(1, 0.2), a.vary(22), -20 + shift])
    heart_axes = np.array([a.vary(40), a.vary(36), a.vary(52)])
    for side in (-1, 1):
        centre = np.array([side * 0.50 * inner[0], 0.04 * inner[1], a.rng.uniform(-12, 12)])
        axes = np.array([0.36 * inner[0], 0.72 * inner[1], a.vary(145)])
        if side > 0:
            axes[0] *= 0.92
        air = a.rng.uniform(-870, -800)
        turn = side * a.rng.uniform(0.05, 0.14)
        a.add(centre, axes, air, 45, turn)
        hilum = centre + [-side * 0.72 * axes[0], -0.08 * axes[1], a.rng.uniform(-8, 8)]
        inside = within(centre, 0.94 * axes)
        for _ in range(11):
            out = np.array([side * a.rng.uniform(0.4, 1.2), a.rng.normal(0, 0.9), a.rng.normal(0, 0.9)])
            a.tree(hilum + 0.24 * axes[0] * out, out, a.vary(4.0, 0.3), a.vary(19, 0.2), 6, 45, air, inside)
        for _ in range(110):
            point = a.inside(centre, axes, 0.93)
            point[2] = a.rng.uniform(-45, 45)
            if inside(point):
                r = a.rng.uniform(0.8, 1.9)
                a.add(point, (r, r, r * a.rng.uniform(2, 6)), 30, air, align(a.rng.normal(size=3)))
        lesions(a, centre, axes, a.rng.integers(2, 5), (-50, 80), air)
        a.texture(centre, 0.95 * axes * [1, 1, 0.4], 40, (5, 18), 22)
    # The heart lies partly in the left lung's place: the difference keeps its outline visible in soft tissue.
    a.add(heart, heart_axes, a.vary(85, 0.3), 45, 0.5)
    for _ in range(3):
        chamber = a.inside(heart, heart_axes - 18, 0.8)
        a.add(chamber, a.rng.uniform(10, 17, 3), a.rng.uniform(25, 90), 0)
    a.add((a.vary(20, 0.3), y_spine + 30, 0), (a.vary(12), a.vary(12), 300), a.rng.uniform(130, 200), 45)
    a.add((a.rng.uniform(-6, 6), y_spine + 38, 60), (8, 9, 75), -990, 45)
    a.add((0, inner[1] - 8, 0), (a.vary(17), 6, 90), 320, 45)
    for side in (-1, 1):
        a.add((side * 70, inner[1] - 9, 20), (46, 7, 90), 58, 45, -side * 0.25)
    a.texture((0, 0, 0), (inner[0], inner[1], 60), 60, (3, 9), 9)


def abdomen(a: Anatomy) -> None:
    """Upper abdomen: liver with vessels and lesions, spleen, kidneys, stomach and bowel with gas, aorta, spine."""
    inner = body(a, a.vary(160), a.vary(112))
    y_spine = -inner[1] + a.vary(47, 0.06)
    spine(a, y_spine)
    ribs(a, inner, y_spine)
    cavity = np.array([inner[0] - 18, inner[1] - 20, 300.0])
    a.add((0, 12, 0), (cavity[0], 0.8 * cavity[1], cavity[2]), -70, 45)
    liver = np.array([-0.42 * cavity[0], 0.16 * cavity[1], 10 + a.rng.uniform(-15, 15)])
    liver_axes = np.array([0.50 * cavity[0], 0.58 * cavity[1], a.vary(85)])
    tissue = a.rng.uniform(85, 115)
    a.add(liver, liver_axes, tissue, -70, a.rng.uniform(0.1, 0.4))
    inside = within(liver, 0.88 * liver_axes)
    for _ in range(9):
        start = liver + [a.rng.uniform(5, 25), a.rng.uniform(-15, 5), a.rng.uniform(-25, 25)]
        direction = a.rng.normal(size=3) - [0.5, 0, 0]
        a.tree(start, direction, a.vary(4.5, 0.3), a.vary(20, 0.2), 5, tissue + a.rng.uniform(45, 75), tissue, inside)
    lesions(a, liver, 0.85 * liver_axes, a.rng.integers(6, 12), (tissue - 70, tissue - 20), tissue)
    a.texture(liver, liver_axes, 90, (3, 10), 9)
    spleen = np.array([0.62 * cavity[0], -0.22 * cavity[1], a.rng.uniform(-10, 20)])
    spleen_axes = np.array([a.vary(22), a.vary(38), a.vary(48)])
    a.add(spleen, spleen_axes, 120, -70, -0.3)
    a.texture(spleen, spleen_axes, 30, (3, 8), 9)
    for side in (-1, 1):
        kidney = np.array([side * a.vary(60), y_spine + a.vary(8, 0.5), a.rng.uniform(-35, 5)])
        kidney_axes = np.array([a.vary(21), a.vary(25), a.vary(50)])
        a.add(kidney, kidney_axes, 180, 45, side * 0.5)
        a.add(kidney - [side * 5, 0, 0], 0.5 * kidney_axes, 60, 180, side * 0.5)
        for _ in range(7):
            point = a.inside(kidney, 0.75 * kidney_axes, 1.0)
            a.add(point, a.rng.uniform(3, 6, 3), a.rng.uniform(-70, -25), 0)
        if a.rng.uniform() < 0.6:
            a.add(a.inside(kidney, 0.8 * kidney_axes, 1.0), (6, 6, 6), -150, 0)
    stomach = np.array([0.38 * cavity[0], 0.34 * cavity[1], a.rng.uniform(0, 30)])
    a.add(stomach, (a.vary(32), a.vary(24), a.vary(48)), 40, -70, 0.4)
    a.add(stomach + [0, 9, 0], (a.vary(20), a.vary(9), 30), -960, 40, 0.2)
    placed = [(stomach, 34.0), (liver + [0.35 * liver_axes[0], 0, 0], 0.62 * liver_axes[0]), (spleen, 34.0)]
    for _ in range(260):
        loop = a.inside((0.2 * cavity[0], 0.12 * cavity[1], 0), (0.75 * cavity[0], 0.6 * cavity[1], 60), 1.0)
        axes = np.sort(a.rng.uniform([8, 8, 10], [13, 13, 20]))
        turn = align(a.rng.normal(size=3))
        # Bodies add: loops that overlapped would be denser than tissue, or emptier than air.
        if any(np.linalg.norm(loop - other) < axes[2] + radius for other, radius in placed) or inside(loop):
            continue
        placed.append((loop, axes[2]))
        wall, content = a.rng.uniform(60, 110), a.rng.uniform(5, 45)
        a.add(loop, axes, wall, -70, turn)
        a.add(loop, axes - 2.5, content, wall, turn)
        if a.rng.uniform() < 0.45:
            a.add(loop + [0, 0.3 * axes[1], 0], 0.45 * axes, -950, content, turn)
    a.add((a.vary(14, 0.3), y_spine + 29, 0), (a.vary(11), a.vary(11), 300), a.rng.uniform(150, 230), -20)
    a.add((a.vary(-20, 0.3), y_spine + 30, 0), (a.vary(12), a.vary(9), 300), a.rng.uniform(110, 160), -20)
    mesentery = np.array([10.0, 5.0, 0.0])
    near = within(mesentery, (0.5 * cavity[0], 0.45 * cavity[1], 90))
    for _ in range(6):
        a.tree(mesentery, a.rng.normal(size=3) * [1, 0.8, 0.7], a.vary(3.6), a.vary(19, 0.3), 4, 150, -70, near)
    for side in (-1, 1):
        a.add((side * 45, y_spine - 6, 0), (a.vary(19), a.vary(17), 250), 60, 45)
    a.texture((0, 0, 0), (cavity[0], cavity[1], 60), 60, (3, 9), 9)
