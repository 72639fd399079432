"""The desk: everything that a guard does with somebody who has no standing right to pass (P3–P8, V3–V5)."""

from edge.desk.act import Acted, DocumentInput, StepInput, VisitInput
from edge.desk.expecting import AppointmentInput
from edge.desk.files import read_files
from edge.desk.reception import Reception
from edge.desk.service import Desk
from edge.desk.views import (
    CardRow,
    DocumentRow,
    HeldRow,
    Inside,
    KindRow,
    NoticeRow,
    PaperRow,
    StepRow,
    Suggestion,
    VisitRow,
)
from edge.desk.watching import WatchInput

__all__ = [
    "Acted",
    "AppointmentInput",
    "CardRow",
    "Desk",
    "DocumentInput",
    "DocumentRow",
    "HeldRow",
    "Inside",
    "KindRow",
    "NoticeRow",
    "PaperRow",
    "Reception",
    "StepInput",
    "StepRow",
    "Suggestion",
    "VisitInput",
    "VisitRow",
    "WatchInput",
    "read_files",
]
