"""The tables of a configuration that are of the whole gate (settings_lane.py has a lane's and its devices'), each with what it can judge alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from edge.domain.shifts import times as shift_times
from edge.settings_lane import CameraTable, FilePath, Input, ReaderTable, ScannerTable, Table, Word

PictureClass = Literal["pass", "person", "document", "goods", "refusal", "violation", "specimen"]
Days = Annotated[int, Field(ge=1, le=3650)]


class GateTable(Table):
    """[gate]: who this is and where it keeps what it knows."""

    site: Word = Field(description="the community, as head office names it")
    id: Word = Field(description="this gate, unique within the site")
    name: str = Field(min_length=1, max_length=40, description="what guards call it, e.g. 正门")
    community: str = Field("本小区", max_length=40, description="the community's name, for sentences to say")
    data: FilePath = Field(Path("var/gate"), description="folder for database, pictures and keys")


class PinsTable(Table):
    """[pins]: which pin factory. `simulated` is only ever taken when it is written here."""

    factory: Literal["lgpio", "simulated"] = "lgpio"


class PolicyTable(Table):
    """[policy]: who may pass."""

    anti_passback: Literal["hard", "soft", "off"] = Field(
        "hard", description="hard refuses until a guard forgives, soft lets pass and says so"
    )
    plate_differs: Literal["ask", "note"] = Field("ask", description="the plate that was read is not the card's")
    two_places_s: float = Field(20.0, ge=0, le=3600, description="one card at two lanes within this time: a copy?")
    timezone: str = "Asia/Shanghai"

    @field_validator("timezone")
    @classmethod
    def _there_is_one(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"there is no time zone «{value}»; e.g. Asia/Shanghai") from None
        return value


class CounterTable(Table):
    """[counter]: a number on writable cards that is read and rewritten at each pass, so that an old one betrays a copy."""

    kinds: tuple[Literal["owner", "company", "staff", "temporary", "visitor", "vehicle", "construction"], ...] = Field(
        (), description="which cards: categories of the register, kinds of the desk's stock; none: no card is written"
    )
    block: int = Field(
        4, ge=1, le=253, description="the first of two blocks; each gate of a community takes two of its own"
    )
    card_key_file: FilePath | None = Field(
        None, description="12 hex digits: key A of that sector; left out: the factory's"
    )

    @field_validator("block")
    @classmethod
    def _no_keys_there(cls, value: int) -> int:
        for block in (value, value + 1):
            if block % 4 == 3 if block < 128 else block % 16 == 15:
                raise ValueError(
                    f"block {block} holds a sector's keys: choose one whose next one is free too (4, 8, 12 …)"
                )
        return value


class FireTable(Table):
    """[fire]: a contact of the fire alarm system; all barriers rise and stay up."""

    input: Input


class GreenWayTable(Table):
    """[green_way]: one touch holds the barriers open for an ambulance or a fire engine (V6), quietly for a funeral (V7)."""

    lanes: tuple[Word, ...] = Field((), description="which lanes; none: all")
    input: Input | None = Field(None, description="a button at the post; works with the tablet dead")


class ConvoyTable(Table):
    """[convoy]: wedding convoys (V8)."""

    before_min: int = Field(15, ge=0, le=240, description="its plates pass from so long before its arrival")
    after_h: float = Field(8.0, gt=0, le=48, description="until so long after it, in and out")
    remind_min: tuple[int, ...] = Field((30, 10), max_length=4, description="the guards are told so long before")


class SyncTable(Table):
    """[sync]: the way to head office."""

    link: Literal["memory", "mqtt", "off"] = Field("mqtt", description="memory: a head office inside this process")
    url: str = Field("mqtt://127.0.0.1:1883", description="mqtt://host:port or mqtts://host:port")
    ca_file: FilePath | None = None
    cert_file: FilePath | None = None
    key_file: FilePath | None = None
    username: str | None = None
    password_file: FilePath | None = None
    photos: Literal["all", "few", "off"] = Field(
        "all",
        description="few: refusals, alarms, thumbnails, and what head office asks for (a line that costs by the megabyte)",
    )
    photos_slow_kbit_s: int = Field(
        512, ge=0, le=1_000_000, description="a slower line counts as one for few (0: none does)"
    )
    headoffice_key: str = Field(
        "",
        pattern=r"^([0-9a-f]{64})?$",
        description="`python -m sync.headoffice key`; without it head office may tell this gate nothing",
    )

    @model_validator(mode="after")
    def _pairs(self) -> SyncTable:
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file belong together: give both or neither")
        if self.link == "mqtt" and not self.url.startswith(("mqtt://", "mqtts://")):
            raise ValueError("url must begin with mqtt:// or mqtts://")
        return self


class HomeAssistantTable(Table):
    """[home_assistant]: the barrier as a cover, loops and faults as binary sensors, the last plate as a sensor; read-only."""

    url: str = Field(pattern=r"^mqtts?://", description="the house's broker: mqtt://host:port or mqtts://host:port")
    prefix: str = Field("homeassistant", pattern=r"^[A-Za-z0-9_/-]+$", description="Home Assistant's discovery prefix")
    plates: bool = Field(True, description="whether the last plate is told")
    ca_file: FilePath | None = None
    username: str | None = None
    password_file: FilePath | None = None


class ApiTable(Table):
    """[api]: the guard's page and the local API."""

    host: str = "0.0.0.0"
    port: int = Field(8080, ge=0, le=65535)
    names: tuple[str, ...] = Field((), description="host names the page is reached by, beside addresses and localhost")
    session_h: float = Field(12.0, gt=0, le=168)
    tls: Literal["off", "own"] = Field(
        "off", description="own: by the gate's own authority; tablets install /api/v1/ca.crt"
    )
    cert_file: FilePath | None = Field(None, description="instead: a certificate that you have")
    key_file: FilePath | None = None

    @model_validator(mode="after")
    def _pairs(self) -> ApiTable:
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file belong together: give both or neither")
        return self


class DeskTable(Table):
    """[desk]: the guard's desk."""

    reader: ReaderTable | None = Field(None, description="a reader beside the tablet: issues and takes back cards")
    scanner: ScannerTable | None = Field(None, description="a QR scanner beside the tablet, on a serial line")
    camera: CameraTable | None = Field(None, description="sees the visitor; without document_camera, documents too")
    document_camera: CameraTable | None = Field(None, description="looks down on the desk, 20 to 40 cm above it")
    auto_picture: bool = Field(True, description="a document's picture is taken by itself once it lies still")
    mask: tuple[Literal["number", "address", "birth"], ...] = Field(
        ("number",), description="what of a document is painted over before its picture is kept"
    )
    watermark: str = Field("仅供门岗登记", max_length=20, description="stands on every picture, with gate and time")


class PostTable(Table):
    """[post]: the guard post's own customs."""

    shifts: tuple[str, ...] = Field(
        ("07:00", "15:00", "23:00"), description="local times at which one shift ends and the next begins"
    )
    tamper: Input | None = Field(None, description="contact of the door of the cabinet that this machine stands in")
    card_is_enough: bool = Field(False, description="a staff card at the desk reader signs on without a PIN")

    @field_validator("shifts")
    @classmethod
    def _are_times(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        shift_times(value)
        return value


class PhotosTable(Table):
    """[photos]"""

    quota_mb: int = Field(2000, ge=10, description="all pictures together; the least important make room")
    days: dict[Literal["person", "document", "goods", "refusal", "violation"], Days] = Field(
        default_factory=dict,
        description="so long a class of pictures is kept: document 30, person 90, goods 180, refusal 180, violation 365",
    )
    shares: dict[PictureClass, Annotated[int, Field(ge=1, le=100)]] = Field(
        default_factory=dict,
        description="per cent of quota_mb that a class may take while head office has its pictures (pass 60 … specimen 10)",
    )


class RetentionTable(Table):
    """[retention]: after so many days personal data is erased (个人信息保护法 art. 19); the rest of the record stays provable."""

    name_days: int = Field(180, ge=1, le=3650, description="names of visitors, hosts, drivers, card holders")
    phone_days: int = Field(90, ge=1, le=3650)
    number_days: int = Field(30, ge=1, le=3650, description="numbers of documents")
    remark_days: int = Field(180, ge=1, le=3650)
    picture_days: int = Field(
        90,
        ge=1,
        le=3650,
        description="of passes; other classes: [photos] days; at most: an old one goes earlier when room is needed",
    )

    def by_group(self, photos: PhotosTable) -> dict[str, int]:
        """Days by the group of edge.domain.privacy."""
        groups = {name.removesuffix("_days"): days for name, days in self if name != "picture_days"}
        classes: dict[str, int] = {"pass": self.picture_days}
        classes.update({str(keep): days for keep, days in photos.days.items()})
        return groups | {f"picture.{keep}": days for keep, days in classes.items()}


class SimulationTable(Table):
    """[simulation]: only for a gate whose pins are simulated."""

    registry: FilePath | None = Field(
        None, description="imported at the first start, so that there is somebody to play"
    )
