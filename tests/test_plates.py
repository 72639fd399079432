"""Plates read from pictures: every kind, drawn; frames together; what is no plate and no picture; the labelled pictures where they are."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from camera.base import Frame, Image
from camera.plate_kinds_art import KINDS, kind_plate
from camera.plates import __main__ as command
from camera.plates import judge, likeness, models
from camera.plates.colour import GOES_WITH, contradicts, shares
from camera.plates.grammar import kind
from camera.plates.models import RecognitionAbsent
from camera.plates.reader import load
from camera.scene_art import backgrounds
from tests.support_gate import ROOT
from tests.support_plates import View, drawn, frame, made_up, reader, scene

SHARED = ROOT.parent / "shared" / "plates"
pictures = pytest.mark.skipif(not SHARED.is_dir(), reason="no labelled pictures beside this tree (../shared/plates)")
ALL = [(kind, rows) for kind, (_, tall) in KINDS.items() for rows in ((1, 2) if tall else (1,))]
COLOURS = {"ordinary-large": "yellow", "civil-aviation": "green", "tractor": "green"}


@pytest.mark.parametrize(("kind_drawn", "rows"), ALL)
def test_each_kind_is_read(kind_drawn: str, rows: int) -> None:
    random = np.random.default_rng(20 + rows)
    text = made_up(kind_drawn, random)
    view = View(wide=190, turn=14, nod=9, roll=3, blur=0.5, noise=3)
    read = reader().read([frame(scene(kind_plate(text, kind_drawn, rows), view, random))])
    assert read is not None
    assert read.text == text
    assert read.rows == rows
    assert read.kind == kind(text) == ("ordinary" if kind_drawn == "ordinary-large" else kind_drawn)
    assert read.colour == COLOURS.get(kind_drawn, GOES_WITH[read.kind][0])
    assert len(read.characters) == len(read.alternatives) == len(text)
    assert all(0 <= each <= 1 for each in read.characters)
    assert read.candidates[0].text == text
    assert sum(each.share for each in read.candidates) <= 1 + 1e-6
    assert read.crop is not None
    # The corners are those of the plate: as wide as it was drawn, and in the order one reads in.
    top_left, top_right, bottom_right, bottom_left = (np.array(each) for each in read.corners)
    assert 0.75 * 190 < float(np.linalg.norm(top_right - top_left)) < 1.2 * 190
    assert top_left[0] < top_right[0]
    assert top_left[1] < bottom_left[1]
    assert bottom_right[0] > bottom_left[0]


def test_what_is_called_certain_is_right_whatever_the_picture() -> None:
    """Ever worse pictures: readings may be wrong or missing, but not wrong and certain."""
    random = np.random.default_rng(5)
    readings = []
    for hard in (1.0, 1.6, 2.2):
        for kind_drawn in ("ordinary", "ordinary-large", "new-energy-small", "police"):
            text = made_up(kind_drawn, random)
            readings.append((text, reader().read([frame(drawn(kind_drawn, text, random, hard=hard))])))
    certain = [(text, read.text) for text, read in readings if read is not None and read.certain]
    assert len(certain) >= 4
    assert all(text == read for text, read in certain)


def test_frames_together_outvote_the_bad_ones_among_them() -> None:
    """Two frames that nobody can read between two that are sharp: read, certain, and the picture kept is a sharp one."""
    random = np.random.default_rng(9)
    text = "苏E5B8D3"
    sharp, shaken = View(wide=150, blur=0.6, noise=4), View(wide=110, blur=4.5, noise=12)
    frames = [
        frame(scene(kind_plate(text, "ordinary"), view, random), number)
        for number, view in enumerate((shaken, sharp, shaken, sharp))
    ]
    alone = [reader().read([each]) for each in frames]
    assert all(read is None or read.text != text or not read.certain for read in (alone[0], alone[2]))
    together = reader().read(frames)
    assert together is not None
    assert (together.text, together.certain_frames) == (text, 2)
    assert together.frame in {1, 3}
    both = reader().read([frames[1], frames[3]])
    assert both is not None
    assert both.certain
    assert both.confidence >= max(read.confidence for read in (alone[1], alone[3]) if read is not None) - 0.005


def test_a_frame_without_the_plate_takes_nothing_away() -> None:
    random = np.random.default_rng(3)
    there = frame(drawn("ordinary", "粤B12345", random, hard=0.5), 1)
    empty = frame(backgrounds(False)[0], 2)
    for frames in ([there, empty], [empty, there], [empty, there, frame(np.zeros((0, 0, 3), np.uint8), 3)]):
        read = reader().read(frames)
        assert read is not None
        assert (read.text, read.frame) == ("粤B12345", 1)


@pytest.mark.parametrize("night", [False, True])
def test_an_empty_lane_has_no_plate(night: bool) -> None:
    assert reader().read([frame(backgrounds(night)[0])]) is None


def test_a_picture_that_is_the_plate_itself() -> None:
    for size in ((94, 24), (240, 70), (440, 140)):
        crop = cv2.resize(kind_plate("浙G857PM", "ordinary"), size, interpolation=cv2.INTER_AREA).astype(np.uint8)
        read = reader().read([frame(crop)])
        assert read is not None, size
        assert read.text == "浙G857PM", size


def garbage() -> list[object]:
    random = np.random.default_rng(1)
    noise: Image = random.integers(0, 255, (300, 400, 3), dtype=np.uint8)
    return [
        np.zeros((0, 0, 3), np.uint8),
        np.zeros((0, 640, 3), np.uint8),
        np.zeros((480, 640), np.uint8),
        np.zeros((480, 640, 1), np.uint8),
        np.zeros((480, 640, 4), np.uint8),
        np.zeros((480, 640, 3), np.float32),
        np.zeros((1, 1, 3), np.uint8),
        np.zeros((13, 4000, 3), np.uint8),
        np.zeros((4000, 13, 3), np.uint8),
        np.full((60, 200, 3), 255, np.uint8),
        noise,
        noise[::-1, ::-1, ::-1],
        None,
    ]


def test_garbage_is_no_plate_and_no_error() -> None:
    for image in garbage():
        assert reader().read([Frame(image, 0, 0)]) is None or not reader().read([Frame(image, 0, 0)]).certain
    assert reader().read([]) is None


def test_a_huge_picture_is_made_smaller_first() -> None:
    random = np.random.default_rng(3)
    small = drawn("ordinary", "粤B12345", random, hard=0.3)
    huge = cv2.resize(small, (10000, 5625), interpolation=cv2.INTER_NEAREST).astype(np.uint8)
    read = reader().read([frame(huge)])
    assert read is not None
    assert read.text == "粤B12345"
    assert (
        np.linalg.norm(np.subtract(read.corners[1], read.corners[0])) > 600
    )  # in the pixels of the frame that was given


def test_a_colour_that_contradicts_the_kind_is_seen() -> None:
    green = shares(kind_plate("粤BD12345", "new-energy-small"))
    blue = shares(kind_plate("粤B12345", "ordinary"))
    black = shares(kind_plate("粤Z1234港", "hongkong"))
    assert contradicts(green, "ordinary")
    assert not contradicts(green, "new-energy-small")
    assert contradicts(blue, "embassy")
    assert not contradicts(blue, "ordinary")
    assert not contradicts(black, "ordinary")  # by infrared light blue is black
    sure = judge.Signs(1.0, 0.0, 1.0)
    assert judge.confidence(sure) >= judge.SURE
    assert judge.confidence(sure, contradicted=True) < judge.CERTAIN
    assert judge.confidence(judge.Signs(0.1, -8.0, 0.4)) < 0.8


# ---- absent, and by hand -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("package", ["agentclpr", "rapidocr"])
def test_an_absent_package_is_named(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    there = models.metadata.distribution

    def distribution(name: str) -> object:
        if name == package:
            raise models.metadata.PackageNotFoundError(name)
        return there(name)

    if models.missing():
        pytest.skip(models.missing())
    monkeypatch.setattr(models.metadata, "distribution", distribution)
    assert package in models.missing()
    with pytest.raises(RecognitionAbsent, match=package):
        load()


def test_without_onnxruntime_recognition_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(models.importlib.util, "find_spec", lambda name: None)
    assert "onnxruntime" in models.missing()
    assert command.main(["nothing.jpg"]) == 2
    assert "onnxruntime" in capsys.readouterr().err


def test_a_package_of_another_version_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Other:
        def locate_file(self, name: str) -> Path:
            return tmp_path / name

    monkeypatch.setattr(models.metadata, "distribution", lambda name: Other())
    if models.importlib.util.find_spec("onnxruntime"):
        assert "another version" in models.missing()


def test_the_command_prints_a_line_for_each_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = reader()
    monkeypatch.setattr(command, "load", lambda: whole)
    plate, broken = tmp_path / "图.png", tmp_path / "broken.jpg"
    done, data = cv2.imencode(".png", kind_plate("京A1234警", "police"))
    assert done
    plate.write_bytes(data.tobytes())
    broken.write_bytes(b"\xff\xd8\xff no picture")
    empty = tmp_path / "empty.jpg"
    empty.write_bytes(b"")
    assert command.main([str(plate), str(broken), str(empty)]) == 1
    first, second, third = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (first["text"], first["kind"], first["colour"]) == ("京A1234警", "police", "white")
    assert "error" in second
    assert "error" in third
    assert command.main(["--together", str(plate), str(plate)]) == 0
    assert json.loads(capsys.readouterr().out)["text"] == "京A1234警"


# ---- real pictures -------------------------------------------------------------------------------------------------


@pictures
def test_labelled_pictures_one_in_nine() -> None:
    """All sets; `make bench` takes every picture."""
    with (SHARED / "labels.csv").open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    some = [line for n, line in enumerate(lines) if n % (40 if "lprnet" in line["file"] else 4) == 0]
    exact = certain = wrong = 0
    for line in some:
        image = cv2.imdecode(np.frombuffer((SHARED / line["file"]).read_bytes(), np.uint8), cv2.IMREAD_COLOR)
        read = reader().read([frame(image.astype(np.uint8))])
        exact += (read.text if read else "") == line["plate"]
        if read is not None and read.certain:
            certain += 1
            wrong += read.text != line["plate"]
            assert line["plate"], "a plate where there is none"
        elif read is not None and line["plate"]:
            near = [
                each.plate for each in likeness.similar(read, [other["plate"] for other in lines if other["plate"]])
            ]
            assert line["plate"] in near, (line["plate"], read.text, near)
    assert exact >= 0.93 * len(some)
    assert certain >= 0.8 * len(some)
    assert wrong == 0
