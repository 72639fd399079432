"""What a configuration may say of devices: pins, barriers, readers, signs, cameras, and of a lane that has them.

The rest of the schema, and the words that hold for all of it, is `settings.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

Pin = Annotated[int, Field(ge=2, le=27, description="BCM number of the pin, 2 to 27")]


def _no_control(value: Path) -> Path:
    if any(ord(letter) < 32 for letter in str(value)):
        raise ValueError("no file can have such a name")
    return value


FilePath = Annotated[Path, AfterValidator(_no_control)]
Word = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$", description="small letters, digits and hyphens")]


class Table(BaseModel):
    """Base: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Output(Table):
    """A relay."""

    pin: Pin
    active: Literal["high", "low"] = Field("high", description="which level closes the relay")


class Input(Table):
    """A dry contact or loop detector output."""

    pin: Pin
    contact: Literal["open", "closed"] = Field("open", description="normally open or normally closed")
    pull: Literal["up", "down", "none"] = "up"
    debounce_ms: int = Field(20, ge=0, le=2000)


class BarrierTable(Table):
    """[lane.barrier]: relays, limit switches and times of one barrier machine."""

    open: Output
    close: Output
    stop: Output | None = None
    up_limit: Input | None = None
    down_limit: Input | None = None
    hand: Input | None = Field(
        None, description="key switch or button at the machine: what it does is then known as done by hand"
    )
    hand_raises: bool = Field(
        False, description="a press of it is an order to raise, on record; false: it works the machine itself"
    )
    tamper: Input | None = Field(None, description="contact of the machine's door")
    pulse_ms: int = Field(500, ge=50, le=3000, description="how long a relay stays closed")
    rise_s: float = Field(8.0, gt=0, le=60, description="after so long without the upper limit: did not rise")
    fall_s: float = Field(8.0, gt=0, le=60)
    auto_close: bool = True
    auto_close_s: float = Field(1.5, ge=0, le=60, description="after the vehicle has crossed and the arm's way is free")


class SensorsTable(Table):
    """[lane.sensors]: what feels vehicles. `under` and `beam` guard the arm: at least one of them is needed to close."""

    approach: Input | None = None
    under: Input | None = None
    beam: Input | None = None
    left_open_s: float = Field(30.0, ge=5, le=3600, description="open with nobody passing: the guard is told")
    stopped_under_s: float = Field(15.0, ge=3, le=600)
    stuck_s: float = Field(
        300.0, ge=60, le=86400, description="something under an arm that is down for so long: a sensor sticks"
    )
    authorisation_s: float = Field(30.0, ge=5, le=600, description="an admitted vehicle has so long to come")


class ReaderTable(Table):
    """[lane.reader]: a card reader on a serial line."""

    driver: str = "rdm6300"
    port: str = Field(min_length=1, description="/dev/serial/by-id/…, /dev/serial0, socket://…, sim://name")
    baud: int | None = Field(None, ge=300, le=921600)
    options: dict[str, str | int | bool] = Field(default_factory=dict, description="the reader's own options")
    repeat_s: float = Field(3.0, ge=0.2, le=60, description="the same card within this time is one presentation")


OSDP = "osdp"
"""The reader that shares its port with others of its kind, and is no file of drivers/readers (edge/osdp.py)."""


class ScannerTable(ReaderTable):
    """[lane.scanner], [desk.scanner]: a QR scanner on a serial line, for appointment codes."""

    driver: str = "line"
    repeat_s: float = Field(3.0, ge=0.2, le=60, description="the same code within this time is one presentation")
    on_code: Literal["ask", "open"] = Field(
        "ask",
        description="at a lane inwards: ask shows the guard who is expected; open also opens by itself when the code has the plate that "
        "the camera reads as the same",
    )


class SignTable(Table):
    """[lane.sign]: a sign on a serial line; its texts stand in config/phrases.*.toml, table [sign]."""

    driver: str = Field("fk", description="a file of drivers/signs/")
    port: str = Field(min_length=1, description="/dev/serial/by-id/…, socket://…, sim://name")
    baud: int | None = Field(None, ge=300, le=921600)
    options: dict[str, str | int | bool] = Field(default_factory=dict, description="the sign's own options")
    language: Literal["zh", "en"] = "zh"


class VoiceTable(Table):
    """[lane.voice]: this machine's own loudspeaker. espeak-ng speaks, or, with a folder, KEY.wav of it is played."""

    folder: FilePath | None = Field(None, description="recorded phrases, one KEY.wav for each key of [sign]")
    output: str = Field(
        "", pattern=r"^[A-Za-z0-9_:,=.]*$", max_length=64, description="an ALSA device, as `aplay -L` lists"
    )
    words_a_minute: int = Field(160, ge=80, le=300)
    language: Literal["zh", "en"] = "zh"


class CameraTable(Table):
    """[lane.camera]"""

    source: str = Field(
        min_length=1, description="/dev/video0, rtsp://…, http://…, rpicam://0, gst:…, a file, a folder, sim://name"
    )
    width: int = Field(1280, ge=160, le=3840)
    height: int = Field(720, ge=120, le=2160)
    fps: float = Field(5.0, gt=0, le=30)


class LanePlatesTable(Table):
    """[lane.plates]: plates at this lane."""

    open: tuple[Literal["company", "owners", "convoys", "emergency"], ...] = Field(
        (), description="whose plates open by themselves, without a card; none: the card is the only key"
    )
    motion: bool = Field(
        False, description="look when something large comes into the picture (a lane without approach loop)"
    )


class PlatesTable(Table):
    """[plates]: number plates are read from the lanes' cameras."""

    read: bool = Field(True, description="false: plates are typed")
    emergency: tuple[str, ...] = Field((), max_length=200, description="plates of ambulances and the like, for `open`")


class LaneTable(Table):
    """[[lane]]: one way through the gate."""

    id: Word
    name: str = Field(min_length=1, max_length=20)
    direction: Literal["in", "out"]
    barrier: BarrierTable
    sensors: SensorsTable = SensorsTable()
    reader: ReaderTable | None = None
    scanner: ScannerTable | None = None
    camera: CameraTable | None = None
    sign: SignTable | None = None
    voice: VoiceTable | None = None
    plates: LanePlatesTable = LanePlatesTable()

    @model_validator(mode="after")
    def _closing_needs_eyes(self) -> LaneTable:
        if self.barrier.auto_close and self.sensors.under is None and self.sensors.beam is None:
            raise ValueError(
                "auto_close needs a loop under the arm (sensors.under) or a beam (sensors.beam): "
                "without one the arm could come down on a car; add one or set barrier.auto_close = false"
            )
        return self
