"""The benches do not rot: each runs small, and its rows are what `python -m tests.bench` prints. No figure is judged here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from camera.plate_kinds_art import kind_plate
from camera.plates import models
from edge.store.verify import verify_file
from tests.bench import (
    bench_card,
    bench_plates,
    bench_plates_lane,
    bench_registry,
    bench_snapshot,
    bench_start,
    support_data,
)
from tests.support_plates import View, scene

EVENTS, CREDENTIALS = 1_000, 200


@pytest.fixture(scope="module", autouse=True)
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of its own for the prepared data."""
    folder = tmp_path_factory.mktemp("bench data")
    with pytest.MonkeyPatch.context() as patch:
        for module in (bench_registry, bench_card, bench_plates_lane, bench_start, support_data):
            patch.setattr(module, "KEPT", folder)
        yield folder


def by_name(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    for row in rows:
        assert {"name", "value", "unit", "limit", "ratio", "goal", "met"} <= row.keys()
        assert row["value"] >= 0  # an idle process may have used less than one tick of the kernel's clock
        assert row["limit"] is None or row["ratio"] == pytest.approx(row["value"] / row["limit"])
    return {row["name"]: row for row in rows}


def test_the_prepared_journal_is_a_true_one_and_made_once() -> None:
    made = support_data.prepared(EVENTS, CREDENTIALS)
    assert support_data.prepared(EVENTS, CREDENTIALS) == support_data.Made(made.folder, 0.0)
    report = verify_file(made.folder / "gate.sqlite")
    assert report.ok
    assert report.text().count(f"{EVENTS} events") == 1


def test_cards_are_measured_on_a_whole_gate_beside_their_limit() -> None:
    rows = by_name(bench_card.run(events=EVENTS, credentials=CREDENTIALS, presentations=6, low=0, still=0))
    assert rows["presentations, all granted"]["value"] == 6
    assert rows["card's last byte → relay, p99"]["met"] in (True, False)


def test_cards_are_measured_while_the_registry_comes_down() -> None:
    rows = by_name(bench_registry.run(credentials=300, ops=20, sets=2, snapshots=2, quiet=4))
    assert rows["snapshot of 300: first piece → in force, slowest of 2"]["met"] in (True, False)
    assert rows["change set: piece → in force, median"]["value"] > 0


@pytest.mark.campaign
def test_start_and_memory_are_measured() -> None:
    rows = by_name(bench_start.run(events=0, starts=1, settle_s=0.2, idle_s=0.2))
    assert rows["RSS, idle, both cameras"]["value"] > 20
    assert rows["RSS, idle, both cameras"]["met"] in (True, False)


def test_a_quantile_is_one_of_the_times() -> None:
    times = bench_card.Measured([float(n) for n in range(1, 1_001)])
    assert (times.quantile(0.5), times.quantile(0.99), times.quantile(0.999)) == (501.0, 991.0, 1_000.0)


def test_snapshots_are_measured_beside_a_plain_encode() -> None:
    rows = by_name(bench_snapshot.run(rounds=4))
    assert rows["largest snapshot"]["met"]
    assert rows["snapshot with thumbnail and digest, p99"]["ratio"] > 1


def test_the_bench_of_plates_reads_what_is_labelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if models.missing():
        pytest.skip(models.missing())
    (tmp_path / "ccpd_base").mkdir()
    (tmp_path / "crops").mkdir()
    lines = ["file,plate"]
    for name, text, image in (
        ("ccpd_base/1.png", "粤B12345", scene(kind_plate("粤B12345", "ordinary"), View(), np.random.default_rng(1))),
        ("ccpd_base/2.png", "", np.full((720, 1280, 3), 90, np.uint8)),
        ("crops/1.png", "京A1234警", cv2.resize(kind_plate("京A1234警", "police"), (220, 70))),
    ):
        (tmp_path / name).write_bytes(cv2.imencode(".png", image)[1].tobytes())
        lines.append(f"{name},{text}")
    (tmp_path / "labels.csv").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setenv("PLATES", str(tmp_path))
    rows = bench_plates.run()
    named = {row["name"]: row for row in rows}
    assert named["ccpd_base: exact, 2 pictures"]["value"] == 100.0
    assert named["crops: exact, 1 pictures"]["value"] == 100.0
    assert named["… of these right"]["value"] == 100.0
    assert (
        named["whole pictures: mean of the processor"]["value"]
        > named["whole pictures: mean of the processor"]["limit"] * 0.3
    )
    assert 50 < named["memory with all models, of the whole process"]["value"] < 600
    monkeypatch.setattr(bench_plates, "pictures", lambda: None)
    assert [row["met"] for row in bench_plates.run()] == [None]


@pytest.mark.campaign
def test_cards_are_measured_while_plates_are_read() -> None:
    try:
        models.find()
    except models.RecognitionAbsent as absent:
        pytest.skip(str(absent))
    rows = by_name(bench_plates_lane.run(presentations=3, rounds=1, events=EVENTS, credentials=CREDENTIALS))
    assert rows["readings meanwhile"]["value"] > 0
