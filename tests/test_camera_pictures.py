"""What is in the pictures, by their pixels: plates, arm, car, day and night, health, snapshots."""

from __future__ import annotations

import hashlib

import cv2
import numpy as np
import pytest

from camera.base import Frame, Image
from camera.health import Health, HealthOptions, sharpness
from camera.plate_art import COLOURS, plate
from camera.scene_art import ARM_Z, HEIGHT, WIDTH, at
from camera.simulated import SceneState, SimulatedCamera, render
from camera.snapshot import MOST_BYTES, snapshot
from camera.vehicle_art import ARM_HEIGHT, plate_box

S = 1_000_000_000


def drawn(scene: SceneState) -> Image:
    return render(scene, 0, np.random.default_rng(1))


def changed(one: Image, other: Image) -> Image:
    """Where two pictures differ by more than noise."""
    return (cv2.absdiff(one, other).max(axis=2) > 25).astype(np.uint8)


@pytest.mark.parametrize("colour", sorted(COLOURS))
def test_a_plate_has_its_colour_and_its_measures(colour: str) -> None:
    image = plate("粤B12345", colour)
    assert image.shape == (140, 440, 3)
    background, ink, _ = COLOURS[colour]
    if colour != "green":
        assert tuple(image[15, 220]) == background
    inside = image[25:115, 20:420].reshape(-1, 3).astype(int)
    share = float((np.abs(inside - np.array(ink)).max(axis=1) < 30).mean())
    assert 0.1 < share < 0.5


def test_a_new_energy_plate_is_longer_and_fades_from_white_to_green() -> None:
    image = plate("京AD12345", "green")
    assert image.shape == (140, 480, 3)
    blue, green, red = (int(part) for part in image[124, 14])
    assert green > blue + 50
    assert green > red + 50
    assert image[12, 240].min() > 215


def test_every_plate_looks_different() -> None:
    texts = ["粤B12345", "京B12345", "粤A12345", "粤B12346", "粤B12354"]
    images = [plate(text, "blue") for text in texts]
    for number, image in enumerate(images):
        for other in images[:number]:
            assert changed(image, other).sum() > 200


def test_chinese_characters_are_really_drawn() -> None:
    """A font without Chinese draws the same box or question mark for every province."""
    cells = [
        plate(f"{each}A00000", "blue")[25:115, 15:65]
        for each in "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
    ]
    for number, cell in enumerate(cells):
        for other in cells[:number]:
            assert changed(cell, other).sum() > 100


def test_separators_make_no_difference() -> None:
    assert np.array_equal(plate("粤B·12345", "blue"), plate("粤B12345", "blue"))


def test_the_plate_is_in_the_picture_where_it_is_said_to_be() -> None:
    scene = SceneState(plate="粤B·12345", position=0.79, arm=1.0)
    left, top, width, height = plate_box(0.79, scene.plate, scene.colour)
    assert width > 120
    image = drawn(scene)[top : top + height, left : left + width]
    wanted = cv2.resize(plate(scene.plate, scene.colour), (width, height), interpolation=cv2.INTER_AREA)
    assert np.array_equal(image, wanted)


def test_a_nearer_car_is_bigger_and_its_plate_too() -> None:
    empty = drawn(SceneState(arm=1.0))
    sizes = [
        int(changed(drawn(SceneState(plate="粤B12345", arm=1.0, position=p)), empty).sum()) for p in (0, 0.3, 0.6, 0.9)
    ]
    assert sizes == sorted(sizes)
    assert sizes[0] > 5_000
    assert sizes[-1] > 4 * sizes[0]
    widths = [plate_box(position, "粤B12345", "blue")[2] for position in (0, 0.3, 0.6, 0.9)]
    assert widths == sorted(widths)


def test_the_arm_lies_rises_and_stands() -> None:
    def red(angle: float, area: tuple[slice, slice]) -> int:
        blue, green, red = (drawn(SceneState(arm=angle))[area][:, :, part].astype(int) for part in range(3))
        return int(((red > 150) & (green < 90) & (blue < 100)).sum())

    row = at(0, ARM_HEIGHT, ARM_Z)[1]
    across = (slice(row - 12, row + 12), slice(300, 1000))
    right = (slice(0, 150), slice(1100, WIDTH))
    assert red(0.0, across) > 4000
    assert red(0.5, across) == red(1.0, across) == 0
    assert red(1.0, right) > 1000
    assert red(0.0, right) == 0


def test_body_colours() -> None:
    row, column = at(0.0, 0.9, 9.0)
    red = drawn(SceneState(plate="粤B12345", body="red", position=0.79, arm=1.0))[column, row].astype(int)
    white = drawn(SceneState(plate="粤B12345", body="white", position=0.79, arm=1.0))[column, row].astype(int)
    assert red[2] > red[0] + 80
    assert white.min() > 200


def test_night_is_darker_and_the_headlamps_shine() -> None:
    day, night = (
        drawn(SceneState(plate="粤B12345", position=0.7)),
        drawn(SceneState(plate="粤B12345", position=0.7, night=True)),
    )
    assert night.mean() < day.mean() / 2
    assert (night.min(axis=2) > 240).sum() > 500
    assert night[:100].mean() < 60


def test_no_two_frames_are_equal_and_the_clock_is_drawn() -> None:
    camera = SimulatedCamera(SceneState, fps=1000, label="入口")
    camera.open()
    frames = [camera.read() for _ in range(4)]
    for number, frame in enumerate(frames):
        assert frame is not None
        assert frame.shape == (HEIGHT, WIDTH, 3)
        assert (frame[10:60, 20:420].min(axis=2) > 235).sum() > 500
        assert all(not np.array_equal(frame, other) for other in frames[:number])


def test_the_scene_is_asked_for_each_frame() -> None:
    states = iter([SceneState(arm=0.0), SceneState(arm=1.0)])
    camera = SimulatedCamera(lambda: next(states), fps=1000)
    camera.open()
    first, second = camera.read(), camera.read()
    assert first is not None
    assert second is not None
    assert changed(first, second).sum() > 10_000


# ---- health


def noisy(value: float, number: int) -> Image:
    noise = np.random.default_rng(number).normal(0, 20, (180, 320, 3))
    return np.clip(noise + value, 0, 255).astype(np.uint8)


def codes(health: Health, images: list[Image], step_ns: int = S) -> list[tuple[int, str, bool]]:
    return [
        (second, change.code, change.active)
        for second, image in enumerate(images)
        for change in health.feed(image, S + second * step_ns)
    ]


def test_frozen_begins_after_its_time_and_ends_with_another_frame() -> None:
    health = Health(HealthOptions(frozen_s=3))
    same = noisy(100, 1)
    assert codes(health, [same] * 6 + [noisy(100, 2), noisy(100, 3)]) == [(3, "frozen", True), (6, "frozen", False)]


def test_one_pixel_off_the_grid_is_not_frozen() -> None:
    one, other = noisy(100, 1), noisy(100, 1)
    other[7, 9] ^= 1
    assert codes(Health(HealthOptions(frozen_s=3)), [one, other] * 5) == []


def test_dark_and_not_blurred_too() -> None:
    images = (
        [noisy(100, n) for n in range(3)] + [noisy(100, n) // 16 for n in range(10)] + [noisy(100, n) for n in range(3)]
    )
    assert codes(Health(HealthOptions(bad_s=4)), images) == [(7, "dark", True), (13, "dark", False)]


def test_a_passing_shadow_is_no_fault() -> None:
    images = [noisy(100, n) // (16 if n % 4 else 1) for n in range(40)]
    assert codes(Health(HealthOptions(bad_s=4)), images) == []


def test_blurred() -> None:
    sharp = drawn(SceneState(plate="粤B12345", position=0.7))
    blurred = cv2.GaussianBlur(sharp, (0, 0), 12).astype(np.uint8)
    assert sharpness(sharp) > 10 * sharpness(blurred)
    images = [sharp] * 2 + [blurred] * 8 + [sharp] * 2
    found = codes(Health(HealthOptions(bad_s=4, frozen_s=100)), images)
    assert found == [(6, "blurred", True), (10, "blurred", False)]


def test_a_value_on_the_border_does_not_flicker() -> None:
    health = Health(HealthOptions(bad_s=1, dark_below=50, frozen_s=100))
    images = [np.full((180, 320, 3), 49 + n % 2 * 3, np.uint8) for n in range(20)]
    dark = [each for each in codes(health, [images[0]] * 3 + images) if each[1] == "dark"]
    assert dark == [(1, "dark", True)]


@pytest.mark.parametrize("scene", [SceneState(), SceneState(night=True), SceneState(plate="粤B12345", position=0.8)])
def test_a_rendered_scene_is_healthy(scene: SceneState) -> None:
    camera = SimulatedCamera(lambda: scene, fps=1000)
    camera.open()
    images = [image for image in (camera.read() for _ in range(12)) if image is not None]
    assert codes(Health(HealthOptions(frozen_s=2, bad_s=2)), images) == []


# ---- snapshots


def test_a_snapshot_is_small_named_by_its_digest_and_shows_the_same() -> None:
    image = drawn(SceneState(plate="粤B12345", position=0.79))
    taken = snapshot(Frame(image, 42, 7))
    assert len(taken.jpeg) <= MOST_BYTES
    assert (taken.width, taken.height, taken.mono_ns) == (1280, 720, 42)
    assert taken.digest == hashlib.sha256(taken.jpeg).hexdigest()
    again = cv2.imdecode(np.frombuffer(taken.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert again is not None
    assert float(cv2.absdiff(again.astype(np.uint8), image).mean()) < 6
    small = cv2.imdecode(np.frombuffer(taken.thumbnail, np.uint8), cv2.IMREAD_COLOR)
    assert small is not None
    assert small.shape == (180, 320, 3)
    assert len(taken.thumbnail) < 20_000


def test_even_pure_noise_comes_out_small_enough() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (1080, 1920, 3)).astype(np.uint8)
    taken = snapshot(Frame(noise, 0, 1))
    assert len(taken.jpeg) <= MOST_BYTES
    assert abs(taken.width / taken.height - 16 / 9) < 0.02


@pytest.mark.parametrize(("height", "width"), [(480, 640), (1440, 1080), (90, 160)])
def test_other_sizes_keep_their_proportions_and_are_not_enlarged(height: int, width: int) -> None:
    taken = snapshot(Frame(np.full((height, width, 3), 128, np.uint8), 0, 1))
    assert taken.width <= min(width, 1280)
    assert taken.height <= min(height, 720)
    assert abs(taken.width / taken.height - width / height) < 0.02
