"""Configuration: everything that is wrong is said at once, with the place and the nearest known key."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import SettingsError
from edge.load_settings import load, parse
from edge.settings import fingerprint

ROOT = Path(__file__).parent.parent
LAPTOP = (ROOT / "config/laptop.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["laptop.toml", "gate.example.toml"])
def test_what_is_shipped_is_valid(name):
    settings = load(ROOT / "config" / name)
    assert settings.simulated == (name == "laptop.toml")


def problems(text: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        parse(text)
    assert caught.value.hint
    return caught.value.problems


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("port = 8080", "prot = 8080", "api.prot: unknown key «prot»; did you mean «port»?"),
        (
            "close = { pin = 27 }",
            "close = { pin = 17 }",
            "pin 17 is used twice: lane[0].barrier.open and lane[0].barrier.close",
        ),
        (
            "sim://exit-reader",
            "sim://entry-reader",
            "port sim://entry-reader is used twice: lane[0].reader.port and lane[1].reader.port",
        ),
        ('id = "exit"', 'id = "entry"', "lane id entry is used twice: lane[0].id and lane[1].id"),
        ('direction = "out"', 'direction = "up"', "lane[1].direction: 'up' is not one of 'in' or 'out'"),
        ("pin = 4 ", "pin = 44 ", "fire.input.pin: Input should be less than or equal to 27 (it says 44)"),
        (
            'link = "memory"',
            'link = "mqtt"\nurl = "http://x"',
            "sync: Value error, url must begin with mqtt:// or mqtts://",
        ),
    ],
)
def test_a_mistake_is_named_where_it_stands(old, new, said):
    assert old in LAPTOP
    found = problems(LAPTOP.replace(old, new, 1))
    assert any(said.split("Value error, ")[-1] in problem for problem in found), found


def test_a_lane_without_a_barrier_and_everything_else_at_once():
    broken = LAPTOP.replace("port = 8080", "prot = 8080").replace(
        "[fire]", '[[lane]]\nid = "x"\nname = "x"\ndirection = "in"\n[fire]'
    )
    found = problems(broken.replace("close = { pin = 27 }", "close = { pin = 17 }"))
    assert len(found) == 3
    assert any("a lane without a barrier" in problem for problem in found)


def test_the_arm_must_not_come_down_unseen():
    blind = LAPTOP.replace("under = { pin = 13 }\nbeam = { pin = 16 }\n", "")
    assert any("auto_close needs a loop under the arm" in problem for problem in problems(blind))


def test_syntax_and_encoding_are_said_in_words(tmp_path):
    assert "line" in problems("[gate\n")[0]
    bad = tmp_path / "gbk.toml"
    bad.write_bytes('name = "正门"'.encode("gbk"))
    with pytest.raises(SettingsError, match="UTF-8"):
        load(bad)
    with pytest.raises(SettingsError, match="cannot be read"):
        load(tmp_path / "none.toml")


def test_a_reader_checks_its_own_options():
    with pytest.raises(SettingsError) as caught:
        parse(
            LAPTOP, reader_check=lambda driver, options: [f"unknown reader «{driver}»"] if driver == "rdm6300" else []
        )
    assert caught.value.problems == [
        "lane[0].reader: unknown reader «rdm6300»",
        "lane[1].reader: unknown reader «rdm6300»",
        "desk.reader: unknown reader «rdm6300»",
    ]


def test_the_fingerprint_changes_with_what_is_in_force_and_with_nothing_else() -> None:
    same = parse(LAPTOP)
    said = fingerprint(same)
    assert len(bytes.fromhex(said)) == 32
    assert fingerprint(parse("# a comment\n" + LAPTOP)) == said
    assert (
        fingerprint(same.model_copy(update={"policy": same.policy.model_copy(update={"two_places_s": 21.0})})) != said
    )


def camera_at(address: str) -> str:
    settings = parse(LAPTOP)
    camera = settings.lane[0].camera
    assert camera is not None
    lane = settings.lane[0].model_copy(update={"camera": camera.model_copy(update={"source": address})})
    return fingerprint(settings.model_copy(update={"lane": (lane, *settings.lane[1:])}))


def test_no_password_is_in_the_fingerprint() -> None:
    one = camera_at("rtsp://admin:geheim@10.0.0.5/ch1?x=1")
    assert camera_at("rtsp://admin:an@oth:er@10.0.0.5/ch1?x=1") == one
    assert camera_at("rtsp://guest:geheim@10.0.0.5/ch1?x=1") != one
    assert camera_at("rtsp://admin:geheim@10.0.0.6/ch1?x=1") != one
    assert camera_at("rtsp://10.0.0.5/ch1?x=1") != one
