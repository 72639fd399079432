"""The gate's voice through the machine's own sound: espeak-ng where it is installed, or recorded phrases; played by aplay.

    announce → room for one message → espeak-ng --stdout ┐
                                      KEY.wav of a folder ┴→ aplay

Each call is a process with an end: what hangs is killed. The text goes in on stdin, never as an argument, so no text is an option.
A missing program or folder, and a sound card that refuses, are faults in words, said once, and end when something was said again.
"""

from __future__ import annotations

import logging
import shutil
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

from drivers.base import FaultCode, Message, Sink
from drivers.faults import Faults
from drivers.newest import Newest

log = logging.getLogger(__name__)
LONGEST_S = 15.0
WAIT_S = 60.0
SPEECH_CHARS = 120


@dataclass(frozen=True, slots=True)
class VoiceOptions:
    """`folder` with KEY.wav for recorded phrases; without one espeak-ng speaks. `output`: an ALSA device, "" for the usual one.

    `words_a_minute` and `voice` are espeak-ng's. The programs' names are options for tests.
    """

    folder: Path | None = None
    output: str = ""
    voice: str = "cmn"
    words_a_minute: int = 160
    speaker: str = "espeak-ng"
    player: str = "aplay"
    longest_s: float = LONGEST_S


class CannotSpeak(Exception):
    """Why nothing was said."""

    def __init__(self, code: FaultCode, why: str) -> None:
        super().__init__(why)
        self.code = code


class Voice:
    """One loudspeaker."""

    def __init__(self, device: str, options: VoiceOptions, sink: Sink) -> None:
        self.device, self.options = device, options
        self._newest: Newest[Message] = Newest()
        self._faults = Faults(device, sink)
        self._running: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, name=f"voice-{device}", daemon=True)

    def announce(self, message: Message) -> None:
        """Say it (drivers.base.Announcer), when what is being said has ended; a message without speech is not for a voice."""
        if message.speech:
            self._newest.put(message)

    def start(self) -> None:
        """Begin; what is missing is said at once."""
        self._thread.start()

    def close(self, timeout: float = 3.0) -> None:
        """End the thread and what it is saying. May be called twice, and before `start`."""
        self._newest.close()
        running = self._running
        if running is not None:
            running.kill()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(timeout)

    def _run(self) -> None:
        self._try(None)
        while not self._newest.closed:
            message = self._newest.take(WAIT_S)
            if message is not None:
                self._try(message)

    def _try(self, message: Message | None) -> None:
        try:
            self._check()
            if message is not None:
                self._say(message)
        except CannotSpeak as e:
            if not self._newest.closed:
                self._faults.only(e.code, str(e))
        else:
            if message is not None or FaultCode.GONE in self._faults:
                self._faults.only(None)

    def _check(self) -> None:
        """Raises CannotSpeak for what is missing."""
        options = self.options
        for name in (options.player, *(() if options.folder else (options.speaker,))):
            if shutil.which(name) is None:
                raise CannotSpeak(FaultCode.GONE, f"{name} 没有安装 is not installed: apt install espeak-ng alsa-utils")
        if options.folder is not None and not options.folder.is_dir():
            raise CannotSpeak(FaultCode.GONE, f"没有录音文件夹 there is no folder {options.folder}")

    def _say(self, message: Message) -> None:
        options = self.options
        play = [options.player, "-q", *(["-D", options.output] if options.output else [])]
        if options.folder is None:
            speak = [options.speaker, "-v", options.voice, "-s", str(options.words_a_minute), "--stdin", "--stdout"]
            self._call([*play, "-"], self._call(speak, message.speech[:SPEECH_CHARS].encode()))
        elif (wav := options.folder / f"{message.key}.wav").is_file():
            self._call([*play, str(wav)], b"")

    def _call(self, command: list[str], given: bytes) -> bytes:
        try:
            with subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            ) as running:
                self._running = running
                if self._newest.closed:
                    running.kill()
                try:
                    out, err = running.communicate(given, self.options.longest_s)
                except subprocess.TimeoutExpired:
                    running.kill()
                    running.communicate()
                    raise CannotSpeak(FaultCode.SILENT, f"{command[0]} did not end") from None
        except OSError as e:
            raise CannotSpeak(FaultCode.GONE, f"{command[0]}: {e.strerror}") from e
        finally:
            self._running = None
        if running.returncode:
            said = err.decode(errors="replace").strip().splitlines()
            raise CannotSpeak(
                FaultCode.SILENT, f"{command[0]}: {said[-1] if said else f'ended with {running.returncode}'}"
            )
        return out
