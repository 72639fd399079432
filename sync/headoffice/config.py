"""How head office is set up: a TOML file, or options on the command line, which win.

    site = "home"                              # the community whose gates are received
    broker = "mqtts://broker.example:8883"     # mqtt:// or mqtts://, with user:password@ where the broker asks for it
    db = "postgresql://headoffice@db/gates"    # or the path of an SQLite file
    trust = "enrolled"                         # or "first-contact": pin the key of a gate that is heard for the first time
    ca = "ca.pem"                              # TLS: whom to believe, and what to show
    cert = "headoffice.pem"
    key = "headoffice.key"
    signing_key = "headoffice-signing.key"     # signs what gates are told; made at the first start (beside the SQLite file, or in var/)
    photos = "/srv/gates/photos"               # or s3://host:port/bucket[/prefix] (s3+http:// without TLS), or "off"; beside the database
    photos_login = "photos.login"              # of an S3 store: access key and secret key, a line each
    photos_key = "headoffice-pictures.key"     # wraps the pictures' keys; made at the first start (where signing_key is)
    authority = "pki"                          # the folder of our certificate authority; made when it is first needed (likewise)
    broker_files = "/etc/mosquitto/gate-edge"  # where the broker's certificate and lists are written to (`broker`, `enrol`, `revoke`)
    broker_reload = "systemctl reload mosquitto"
    gates_broker = "mqtts://gates.example:8883"  # what gates are told to connect to, where it is another name than `broker`

and the tables [pages] and [retention]: config_tables.py.

With `mqtts://` and neither ca, cert nor key, head office shows a certificate of its own authority.

Without `trust`, a laptop (SQLite and a broker on this machine) trusts first contact, everything else asks for enrolment.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sync.fields import valid_name
from sync.headoffice.authority import Authority, AuthorityUnusable
from sync.headoffice.config_tables import Pages, Retention, TableError
from sync.headoffice.photo_places import Place, place_of
from sync.headoffice.signing import KeyUnusable, SigningKey
from sync.headoffice.store import Store
from sync.headoffice.store_sqlite import SqliteStore
from sync.mqtt import MqttOptions, Tls
from sync.sealing import MasterKey

_FILES = ("ca", "cert", "key", "signing_key", "authority", "broker_files", "photos_login", "photos_key")
_TRUST = ("first-contact", "enrolled")


class ConfigError(ValueError):
    """A setting that cannot be used; the message names it."""


@dataclass(frozen=True, slots=True)
class Config:
    """The settings; file names are relative to the file that names them."""

    site: str = "home"
    db: str = "var/headoffice.sqlite"
    broker: str = "mqtt://127.0.0.1:1883"
    trust: str = ""
    ca: str = ""
    cert: str = ""
    key: str = ""
    signing_key: str = ""
    photos: str = ""
    photos_login: str = ""
    photos_key: str = ""
    authority: str = ""
    broker_files: str = ""
    broker_reload: str = ""
    gates_broker: str = ""
    pages: Pages = field(default_factory=Pages)
    retention: Retention = field(default_factory=Retention)

    @classmethod
    def load(cls, path: Path | None, **given: str | None) -> Config:
        """The file's settings, then those given. Raises ConfigError, naming what is wrong."""
        found = {} if path is None else _read(path)
        wins: dict[str, Any] = {k: v for k, v in given.items() if v is not None}
        config = replace(cls(**found), **wins)
        if not valid_name(config.site):
            raise ConfigError(f"site: {config.site!r} cannot be a level of a topic")
        if config.trust not in ("", *_TRUST):
            raise ConfigError(f"trust: {config.trust!r} is neither of {', '.join(_TRUST)}")
        config.mqtt()
        return config

    @property
    def postgres(self) -> bool:
        """Whether `db` is a PostgreSQL URL; otherwise it is a path."""
        return self.db.startswith(("postgresql://", "postgres://"))

    @property
    def trust_first_contact(self) -> bool:
        """See ReceiverOptions."""
        here = (urlsplit(self.broker).hostname or "") in ("127.0.0.1", "::1", "localhost")
        return self.trust == "first-contact" if self.trust else here and not self.postgres

    def signing(self) -> SigningKey:
        """Head office's key, made when there is none. Raises ConfigError."""
        try:
            return SigningKey.load(
                Path(self.signing_key) if self.signing_key else self._beside / "headoffice-signing.key"
            )
        except KeyUnusable as e:
            raise ConfigError(f"signing_key: {e}") from e

    @property
    def page_tls(self) -> Path:
        """The folder of the pages' own authority."""
        return self._beside / "pages-tls"

    @property
    def _beside(self) -> Path:
        """Where what has no place of its own lies: beside the SQLite file; under systemd in the service's folder."""
        return Path(os.environ.get("STATE_DIRECTORY") or "var") if self.postgres else Path(self.db).parent

    @property
    def takes_photos(self) -> bool:
        """Whether pictures are taken."""
        return self.photos != "off"

    def place(self) -> Place:
        """Where pictures are kept. Raises ConfigError."""
        login = Path(self.photos_login) if self.photos_login else None
        try:
            return place_of(self.photos or str(self._beside / "headoffice-photos"), login)
        except (OSError, ValueError) as e:
            raise ConfigError(f"photos: {e}") from e

    def picture_key(self) -> MasterKey:
        """The key that wraps the pictures' keys, made when there is none. Raises ConfigError."""
        path = Path(self.photos_key) if self.photos_key else self._beside / "headoffice-pictures.key"
        try:
            return MasterKey.load(path)
        except (OSError, ValueError) as e:
            raise ConfigError(
                f"photos_key: {path}: {e}: restore it from a backup; without it pictures open to nobody"
            ) from e

    def certificates(self) -> Authority:
        """The certificate authority, made when there is none. Raises ConfigError."""
        try:
            return Authority(self._pki)
        except AuthorityUnusable as e:
            raise ConfigError(f"authority: {e}") from e

    def renewing(self) -> Authority | None:
        """The same where there is one: nobody who does without certificates gets one made."""
        return self.certificates() if (self._pki / "ca.pem").exists() else None

    @property
    def _pki(self) -> Path:
        return Path(self.authority) if self.authority else self._beside / "pki"

    @property
    def _own(self) -> Path:
        return self._pki / f"headoffice-{self.site}.pem"

    def own_certificate(self, authority: Authority) -> None:
        """Head office's own certificate, made or made anew when less than a quarter of its time is left. Raises ConfigError."""
        try:
            authority.keep_own(self.site, self._own)
        except (OSError, ValueError) as e:
            raise ConfigError(f"authority: {e}") from e

    def mqtt(self, name: str = "") -> MqttOptions:
        """The broker; `name`: of a further connection. Raises ConfigError."""
        client = "-".join(filter(None, ("headoffice", self.site, name)))
        tls = Tls(self.ca, self.cert, self.key)
        if tls == Tls() and self.broker.startswith("mqtts://") and (self._pki / "ca.pem").exists():
            tls = Tls(str(self._pki / "ca.pem"), str(self._own))
        try:
            return MqttOptions.from_url(self.broker, client, tls=tls)
        except ValueError as e:
            raise ConfigError(f"broker: {e}") from e

    def open_store(self) -> Store:
        """The store; nothing is connected yet. PostgreSQL's client is imported only when it is asked for."""
        if not self.postgres:
            return SqliteStore(self.db)
        from sync.headoffice.store_postgres import PostgresStore

        return PostgresStore(self.db)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as e:
        raise ConfigError(f"{path}: {e}") from e
    known = [f.name for f in fields(Config)]
    for name, value in found.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            raise ConfigError(f"{path}: unknown key {name!r}" + (f"; is {near[0]!r} meant?" if near else ""))
        if name in ("pages", "retention"):
            try:
                found[name] = Pages.of(value, path.parent) if name == "pages" else Retention.of(value)
            except TableError as e:
                raise ConfigError(f"{path}: {e}") from e
            continue
        if not isinstance(value, str):
            raise ConfigError(f"{path}: {name} is not a text")
        local = name in ("db", "photos") and "://" not in value and value not in ("", "off")
        if local or name in _FILES:
            found[name] = str(path.parent / value)
    return found
