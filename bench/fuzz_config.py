"""What is fuzzed of the configuration: a file is fine, or an error says what is wrong with it and what to do.

settings    smsd.toml
replies     the texts that citizens get
tables      the operator's reference data; the first line of an input names the file (`# agencies`), the rest is in it
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from fuzz_targets import seeds_in
from mutate import BYTES, STRUCTURE, TEXT

from config.reference import OwnFiles, check_reference
from config.replies import RepliesError, load_replies
from config.settings import SettingsError, load_settings
from smsd.mail.lmtp import parse_listen

_DATA = Path(__file__).parent.parent / "config"
_TABLES = ("agencies", "channels", "competence", "danger", "places", "slang", "spam", "topics")
_IN_TOML = ("danger", "spam", "topics")


class FileTarget:
    """Something that reads a file."""

    mutations = (*STRUCTURE, *TEXT, *BYTES)
    longest = 100_000
    batch = 1

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="smsd-fuzz-"))

    def written(self, data: bytes, name: str) -> Path:
        """The input as a file."""
        file = self.folder / name
        file.write_bytes(data)
        return file


class SettingsTarget(FileTarget):
    """The configuration itself."""

    def __init__(self) -> None:
        super().__init__()
        self.seeds = [(_DATA / "smsd.toml").read_bytes(), *seeds_in("settings")]

    def check(self, inputs: Sequence[bytes]) -> None:
        """Loaded, or refused with every problem."""
        for data in inputs:
            try:
                settings = load_settings(self.written(data, "smsd.toml"))
            except SettingsError as error:
                assert error.problems and all(problem.where and problem.what for problem in error.problems)
                str(error).encode()
                continue
            assert settings.zone
            try:
                parse_listen(settings.mail.lmtp_listen)
            except ValueError as error:
                assert str(error)


class RepliesTarget(FileTarget):
    """The texts of the answers."""

    def __init__(self) -> None:
        super().__init__()
        self.seeds = [(_DATA / "data" / "replies.toml").read_bytes(), *seeds_in("replies")]

    def check(self, inputs: Sequence[bytes]) -> None:
        """Loaded, or refused with every problem."""
        for data in inputs:
            try:
                replies = load_replies(self.written(data, "replies.toml"), "1708")
            except RepliesError as error:
                assert error.problems and all(problem.where and problem.what for problem in error.problems)
                str(error).encode()
                continue
            for language in ("id", *replies.others):
                replies.of(language).render("status_kosong")


class TablesTarget(FileTarget):
    """The operator's reference data."""

    def __init__(self) -> None:
        super().__init__()
        self.seeds = seeds_in("tables")

    def check(self, inputs: Sequence[bytes]) -> None:
        """All problems have a file and a cure."""
        for data in inputs:
            first, _, rest = data.partition(b"\n")
            named = first.decode("ascii", "replace").strip("# \r")
            name = named if named in _TABLES else _TABLES[len(data) % len(_TABLES)]
            file = self.written(rest, f"{name}.{'toml' if name in _IN_TOML else 'csv'}")
            own: OwnFiles = {name: file}  # type: ignore[misc]
            for problem in check_reference(None, **own):
                assert problem.file and problem.problem and problem.cure
                str(problem).encode()


TARGETS = {"settings": SettingsTarget, "replies": RepliesTarget, "tables": TablesTarget}
