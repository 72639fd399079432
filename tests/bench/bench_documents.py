"""Documents at the desk: how many fields are right of those on pictures that pass the judgement, how many wrong, and how long a document takes
on one core. Specimens are rendered: turned, slanted, in bad light, with noise, blur and JPEG (tests/support_documents.py)."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import numpy as np

from camera.document_models import missing, text_reader
from camera.documents import DocumentReader
from edge.domain import readings
from edge.domain.readings import Read
from tests.support_documents import FIELDS, picture

PICTURES = 120


def run() -> list[dict[str, Any]]:
    """The rows."""
    if missing():
        return [{"name": f"documents: {missing()}", "value": None, "met": None}]
    reader, said, took, passed = DocumentReader(text_reader()), Counter[str](), [], 0
    for seed in range(10_000, 10_000 + PICTURES):
        made = picture(seed)
        began = time.process_time()
        reading = reader.read(made.image)
        if reading.quality.problem:
            continue
        took.append(1000 * (time.process_time() - began))
        passed += 1
        given = {f.name: Read(f.text, f.confidence, f.others) for f in reading.fields}
        judged = readings.judge(reading.kind, given, None) if reading.kind else {}
        for name in FIELDS[made.specimen.kind]:
            text = judged[name].text if name in judged else ""
            said["right" if text == made.expected(name) else "wrong" if text else "empty"] += 1
    fields = sum(said.values())
    right, wrong = said["right"] / fields, said["wrong"] / fields
    return [
        {
            "name": f"documents: fields right ({fields} on {passed} good pictures)",
            "value": 100 * right,
            "unit": "%",
            "goal": "≥ 95 %",
            "met": right >= 0.95,
        },
        {
            "name": "documents: fields wrong, not empty",
            "value": 100 * wrong,
            "unit": "%",
            "goal": "≤ 1 %",
            "met": wrong <= 0.01,
        },
        {
            "name": "documents: one document, one core, mean",
            "value": float(np.mean(took)),
            "unit": "ms",
            "goal": "",
            "met": None,
        },
        {
            "name": "documents: one document, one core, p95",
            "value": float(np.percentile(took, 95)),
            "unit": "ms",
            "goal": "",
            "met": None,
        },
    ]
