"""A model, run on one core: the reader has its own thread, and the gate's other threads need the other cores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class Session:
    """An ONNX model on the processor. `run` gives its outputs in order."""

    def __init__(self, path: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.enable_cpu_mem_arena = False  # an arena keeps the largest picture's memory for good
        self._session: Any = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._input: str = self._session.get_inputs()[0].name

    def run(self, batch: Floats) -> list[Floats]:
        """The model's outputs for a batch: pictures × channels × rows × columns."""
        outputs: list[Floats] = self._session.run(None, {self._input: batch})
        return outputs

    def notes(self) -> dict[str, str]:
        """What the model's file says about itself."""
        return dict(self._session.get_modelmeta().custom_metadata_map)
