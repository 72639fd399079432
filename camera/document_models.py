"""The models that read documents: PP-OCRv4's detector and recogniser, files inside the package `rapidocr` (requirements-models.lock).

The package is never imported and nothing is downloaded. Where it or onnxruntime is missing, documents are typed.
"""

from __future__ import annotations

from camera.plates.models import RecognitionAbsent, file_of
from camera.plates.session import Session
from camera.text import Floats, Run, TextReader

DETECT = ("rapidocr", "rapidocr/models/ch_PP-OCRv4_det_infer.onnx")
RECOGNISE = ("rapidocr", "rapidocr/models/ch_PP-OCRv4_rec_infer.onnx")


def missing() -> str:
    """Why documents cannot be read here, as a sentence; "" when they can. Loads nothing."""
    try:
        for package, file in (DETECT, RECOGNISE):
            file_of(package, file)
    except RecognitionAbsent as absent:
        return str(absent)
    return ""


def text_reader() -> TextReader:
    """Load them: half a second, some 60 MB. Raises RecognitionAbsent."""
    detect, recognise = (Session(file_of(*where)) for where in (DETECT, RECOGNISE))
    return TextReader(_run(detect), _run(recognise), recognise.notes()["character"].split("\n"))


def _run(session: Session) -> Run:
    def run(given: Floats) -> Floats:
        return session.run(given)[0]

    return run
