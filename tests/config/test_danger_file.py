"""The danger rules as shipped, and an operator's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.danger_file import load_danger, read_danger
from config.data_files import Problems, ReferenceDataError
from routing.classify import Router
from routing.danger import Danger, DangerRule
from routing.text import Slang, normalise

SHIPPED_RULES = read_danger([], None).rules

# A number to call, and texts that must begin the answer with it.
ALARMS = """
    112 Tolong ada kebakaran di jalan mawar, api besar sekali
    112 kebakaran!!! cepat kirim damkar ke pasar lama
    112 rmh kobongan tulung cepat
    112 Ada orang mau bunuh diri di jembatan
    112 saya ingin mengakhiri hidup saya
    112 Kecelakaan di tol km 12 korban terjepit butuh ambulans
    112 ada tabrakan barusan depan spbu korban tergeletak
    112 anak sy tenggelam di kali cepat tolong
    112 kami terjebak banjir di lantai 2 belum dievakuasi
    112 tolong bapak sy tdk sadarkan diri, ambulans tidak datang
    112 gas bocor di rumah sebelah bau menyengat
    112 ada ledakan di pabrik petasan
    112 istri mau melahirkan sekarang, puskesmas tutup, tolong
    112 keracunan makanan di sekolah, 20 anak pingsan sekarang
    129 Suami saya memukuli saya sampai berdarah
    129 tetangga memperkosa anak tirinya tolong
    110 ada perampokan di minimarket mereka bawa celurit
    110 tolong ada maling masuk rumah
    110 saya diancam akan dibunuh oleh rentenir
    110 anak saya hilang sejak siang tadi di pasar
    110 tawuran sedang terjadi di depan stasiun
    112 ada rumah kebakar di rt 3
    112 KEBAKARAN di Gang 5 Kel Sukamaju
    112 longsor menimpa rumah, orang tertimbun
    112 2 anak hanyut di sungai, mohon basarnas
    112 teman saya minum racun
    112 saya depresi ingin bunuh diri
    112 ada orang kesetrum di atap, tolong
    129 ayah tiri cabuli anak tetangga
    110 tetangga ngamuk bawa parang
    110 ditemukan mayat di kebun
    110 anak umur 4 tahun hilang di mall
    110 penculikan anak di depan sekolah barusan
"""
CALM = """
    Direktur kebakaran jenggot karena laporan warga
    Kantor damkar belum bayar gaji 3 bulan
    Lampu merah rawan kecelakaan mohon diperbaiki
    Sudah 3 orang jatuh di lubang ini
    Pos polisi kosong terus
    Ancaman denda dari kelurahan
    Bakar sampah tiap pagi asap masuk rumah sesak napas
    Kami dibunuh perasaan menunggu
    Kebakaran tahun lalu, sampai sekarang rumah korban belum dibantu
    Mobil damkar rusak, warga takut kalau kebakaran
    Jalan licin sering kecelakaan, sekarang tambah parah
    Mohon rambu karena banyak kecelakaan
    Harga pupuk mencekik petani
    Motor saya hilang di parkiran pasar
    Tolong pasang cctv karena banyak maling
    Akte anak hilang mohon info
    Jembatan putus, takut anak sekolah hanyut
    Sapi saya keracunan pakan, dinas tidak datang
    KIS saya mati padahal saya kecelakaan bulan lalu
    Rumah saya kebakaran minggu lalu, surat surat hangus, mohon ktp baru
    Guru mengancam siswa tidak naik kelas kalau tidak bayar
    Preman mengancam pedagang tiap hari minta uang
    Kabel listrik menjuntai bisa kesetrum
    kami seperti dirampok oleh pungli
    harga beras mencekik, kami mau mati
    mohon hydrant kebakaran dipasang
    banyak begal di jalan gelap
    anak saya hilang kesempatan sekolah karena zonasi
    motor tenggelam banjir
    korban kecelakaan ditolak rumah sakit karena bpjs
    saya korban kdrt dua tahun lalu, kasus di polres mandek
    jembatan hanyut diterjang banjir
    tawuran pelajar tiap malam minggu
"""


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]


@pytest.fixture(scope="module")
def shipped(router: Router) -> Danger:
    """The rules without anything of an operator's."""
    return load_danger(None, router.slang)


@pytest.mark.parametrize("line", lines(ALARMS))
def test_danger_is_seen(shipped: Danger, router: Router, line: str) -> None:
    """Somebody needs help now."""
    number, _, text = line.partition(" ")
    assert number == shipped.judge(normalise(text, router.slang).tokens).number


@pytest.mark.parametrize("text", lines(CALM))
def test_the_past_the_possible_and_the_figurative_are_not(shipped: Danger, router: Router, text: str) -> None:
    """A complaint with a word of danger in it is still a complaint."""
    assert None is shipped.judge(normalise(text, router.slang).tokens).number


@pytest.mark.parametrize("rule", SHIPPED_RULES, ids=lambda rule: rule.id)
def test_every_rule_has_examples_that_prove_it(shipped: Danger, router: Router, rule: DangerRule) -> None:
    """Those of danger name the rule's number, the others none."""
    numbers = [shipped.judge(normalise(text, router.slang).tokens).number for text in rule.examples]
    calm = [shipped.judge(normalise(text, router.slang).tokens).number for text in rule.counter_examples]
    assert (len(rule.examples) * [rule.number], len(rule.counter_examples) * [None]) == (numbers, calm)
    assert rule.examples and rule.counter_examples


# An operator's own file


def written(folder: Path, text: str) -> Path:
    file = folder / "danger.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_region_with_its_own_number_says_so(tmp_path: Path) -> None:
    """A key of a shipped rule is overridden, the others stay."""
    own = written(tmp_path, '[[danger]]\nid = "kebakaran"\nnumber = "113"\n')
    assert "113" == load_danger(own, Slang()).judge(("ada", "kebakaran")).number


def test_own_rules_and_harmless_words_are_added(tmp_path: Path) -> None:
    """A rule of the operator's, and a word that argues against all rules."""
    rule = '[[danger]]\nid = "buaya"\nnumber = "112"\nwords = ["buaya"]\nexamples = []\ncounter_examples = []\n'
    danger = load_danger(written(tmp_path, '[general]\nunless = ["darat"]\n' + rule), Slang())
    assert "112" == danger.judge(("ada", "buaya")).number
    assert None is danger.judge(("buaya", "darat")).number
    assert None is danger.judge(("ada", "kebakaran", "darat")).number


def test_a_rule_without_words_is_switched_off(tmp_path: Path) -> None:
    """An empty list takes a shipped rule out."""
    own = written(tmp_path, '[[danger]]\nid = "gas-bocor"\nwords = []\n')
    assert "112" == load_danger(None, Slang()).judge(("gas", "bocor")).number
    assert None is load_danger(own, Slang()).judge(("gas", "bocor")).number


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '[[danger]]\nid = "kebakaran"\nnumber = "11x"\n',
            "danger.toml:1: number '11x' is no emergency number; write three digits, like number = \"112\"",
        ),
        (
            '\n[[danger]]\nid = "kebakaran"\nunless = ["-"]\n',
            "danger.toml:2: a phrase in unless is empty; write a word in it, or take it out",
        ),
        (
            '[[danger]]\nid = "x"\nnumber = "112"\nwords = ["a"]\n',
            "danger.toml:1: danger 'x' has no examples, counter_examples; add it",
        ),
    ],
)
def test_problems_are_told_with_line_and_cure(tmp_path: Path, text: str, expected: str) -> None:
    """One problem each, where it stands and what to do."""
    problems: Problems = []
    read_danger(problems, written(tmp_path, text))
    assert [expected] == [str(each).removeprefix(f"{tmp_path}/") for each in problems]


def test_the_first_problem_is_raised_where_the_rules_are_wanted(tmp_path: Path) -> None:
    """Without fault or not at all."""
    with pytest.raises(ReferenceDataError, match="cannot be read"):
        load_danger(tmp_path / "none.toml", Slang())
