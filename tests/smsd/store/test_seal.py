"""The seal on phone numbers, with real key files."""

from __future__ import annotations

import base64
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsd.store.seal import KeyFileError, Seal, ensure_key_file, find_key_file, load_seal, make_key_file


@pytest.fixture(scope="module")
def seals(tmp_path_factory: pytest.TempPathFactory) -> tuple[Seal, Seal]:
    """Two installations."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("one", "two"):
        make_key_file(folder / name)
    return load_seal(folder / "one"), load_seal(folder / "two")


class TestSeal:
    @given(st.binary(), st.text())
    def test_what_was_closed_opens(self, seals: tuple[Seal, Seal], clear: bytes, purpose: str) -> None:
        """With the same key and purpose the bytes come back, empty ones too."""
        purpose = purpose.encode(errors="replace").decode()
        one, _ = seals
        assert clear == one.open(one.close(clear, purpose), purpose)

    def test_the_clear_text_is_not_in_it(self, seals: tuple[Seal, Seal]) -> None:
        """A dump of the database shows no number."""
        sealed = seals[0].close(b"+6281234567890", "address")
        assert b"81234" not in sealed

    @pytest.mark.parametrize("by", ["another key", "another purpose", "a changed byte", "a cut end", "nothing"])
    def test_it_opens_in_no_other_way(self, seals: tuple[Seal, Seal], by: str) -> None:
        """Whatever is not as it was is refused, with the cure."""
        one, two = seals
        sealed = one.close(b"+6281234567890", "address")
        seal, given_, purpose = {
            "another key": (two, sealed, "address"),
            "another purpose": (one, sealed, "pdu"),
            "a changed byte": (one, bytes([sealed[0] ^ 1]) + sealed[1:], "address"),
            "a cut end": (one, sealed[:-1], "address"),
            "nothing": (one, b"", "address"),
        }[by]
        with pytest.raises(KeyFileError, match=r"put back the key file it was made with|restore your backup"):
            seal.open(given_, purpose)

    def test_equal_addresses_are_found_by_equal_hashes(self, seals: tuple[Seal, Seal]) -> None:
        """Within one installation and for one purpose."""
        one, two = seals
        assert one.hash(b"x", "address") == one.hash(b"x", "address")
        others = {one.hash(b"y", "address"), one.hash(b"x", "part"), two.hash(b"x", "address")}
        assert 3 == len(others - {one.hash(b"x", "address")})

    def test_purpose_and_value_cannot_be_shifted(self, seals: tuple[Seal, Seal]) -> None:
        """`a` + `bc` is not `ab` + `c`."""
        assert seals[0].hash(b"bc", "a") != seals[0].hash(b"c", "ab")


class TestKeyFile:
    def test_only_the_owner_may_read_it(self, tmp_path: Path) -> None:
        """Whatever the umask allows."""
        before = os.umask(0)
        try:
            make_key_file(tmp_path / "smsd.key")
        finally:
            os.umask(before)
        assert 0o600 == stat.S_IMODE((tmp_path / "smsd.key").stat().st_mode)

    def test_nothing_else_is_left_behind(self, tmp_path: Path) -> None:
        """One line of base64, in one file."""
        make_key_file(tmp_path / "smsd.key")
        assert ["smsd.key"] == [each.name for each in tmp_path.iterdir()]
        assert 96 == len(base64.b64decode((tmp_path / "smsd.key").read_bytes()))

    def test_an_old_key_is_never_lost(self, tmp_path: Path) -> None:
        """Not even a broken one, nor one behind a link."""
        (tmp_path / "old").write_text("precious")
        (tmp_path / "smsd.key").symlink_to("old")
        with pytest.raises(FileExistsError):
            make_key_file(tmp_path / "smsd.key")
        assert "precious" == (tmp_path / "old").read_text()

    def test_two_keys_are_not_alike(self, tmp_path: Path) -> None:
        """Each is random."""
        for name in ("a", "b"):
            make_key_file(tmp_path / name)
        assert (tmp_path / "a").read_bytes() != (tmp_path / "b").read_bytes()

    def test_the_missing_one_is_made_with_its_folder(self, tmp_path: Path) -> None:
        """And the one that is there is kept."""
        path = tmp_path / "deep" / "smsd.key"
        ensure_key_file(path)
        made = path.read_bytes()
        ensure_key_file(path)
        assert made == path.read_bytes()

    def test_a_folder_that_cannot_be_made_is_told(self, tmp_path: Path) -> None:
        """A file stands in the way."""
        (tmp_path / "state").write_text("")
        with pytest.raises(KeyFileError, match=r"cannot be written .File exists.; create its folder for this user"):
            ensure_key_file(tmp_path / "state" / "smsd.key")


class TestLoading:
    @pytest.mark.parametrize(
        ("content", "problem"),
        [
            (b"", "holds 0 bytes, not 96"),
            (b"not base64!", "cannot be read as a key"),
            (b"\xff\xfe", "cannot be read as a key"),
            (base64.b64encode(b"k" * 95), "holds 95 bytes, not 96"),
            (base64.b64encode(b"k" * 97), "holds 97 bytes, not 96"),
        ],
    )
    def test_a_wrong_file_is_told(self, tmp_path: Path, content: bytes, problem: str) -> None:
        """With its path and the cure, without a byte of it."""
        (tmp_path / "smsd.key").write_bytes(content)
        with pytest.raises(KeyFileError) as told:
            load_seal(tmp_path / "smsd.key")
        assert str(told.value).startswith(f"{tmp_path}/smsd.key: {problem}")
        assert str(told.value).endswith("restore it from your backup")

    def test_no_file_is_told(self, tmp_path: Path) -> None:
        """`smsd db init` makes one."""
        with pytest.raises(KeyFileError, match=r"smsd.key: no such key file; `smsd db init` makes one, or restore"):
            load_seal(tmp_path / "smsd.key")

    def test_a_folder_is_no_key(self, tmp_path: Path) -> None:
        """Nor is anything else that cannot be read."""
        with pytest.raises(KeyFileError, match=r"cannot be read as a key .*Is a directory"):
            load_seal(tmp_path)

    def test_space_around_it_does_no_harm(self, tmp_path: Path) -> None:
        """Editors and secret stores add line ends."""
        make_key_file(tmp_path / "a")
        (tmp_path / "b").write_bytes(b" \n" + (tmp_path / "a").read_bytes() + b"\r\n")
        assert load_seal(tmp_path / "a").hash(b"x", "y") == load_seal(tmp_path / "b").hash(b"x", "y")


class TestFinding:
    def test_systemds_credential_comes_first(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Then the configured file, then the one in the state directory."""
        credentials = tmp_path / "credentials"
        credentials.mkdir()
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
        named = tmp_path / "named"
        assert named == find_key_file(named, tmp_path)
        (credentials / "smsd.key").write_text("")
        assert credentials / "smsd.key" == find_key_file(named, tmp_path)

    def test_without_systemd(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The state directory is where `smsd db init` puts it."""
        monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
        assert tmp_path / "smsd.key" == find_key_file(None, tmp_path)
