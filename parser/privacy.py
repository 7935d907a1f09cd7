"""What tells who somebody is is taken out of texts that leave the gateway: numbers always, names where that was asked.

A masked text holds no run of ten or more digits of any script. A ticket code in one piece is shown as 482 130 9764.
"""

import re
from collections.abc import Iterator

from parser.ticket_code import FIRST_DIGITS, Code, plain_digits, read_code, show

MASK = "[nomor disamarkan]"
NAME_MASK = "[nama disamarkan]"
ADDRESS_MASK = "[surel disamarkan]"

_GAP = r"[\s.()/\-–—]"

# What is masked, the surest first. No number may begin or end inside a longer one; letters may be glued to it.
_PATTERNS = (
    # NIK, KK and most bank cards: 16 digits, however they are grouped.
    r"[0-9](?:(?:[\s.\-–—/]|\s[.\-–—]\s)?[0-9]){15}",
    # Any long number without spaces.
    r"[0-9]{10,}",
    # Any number abroad or at home with the country code and a plus.
    rf"\+{_GAP}{{0,2}}[1-9](?:{_GAP}{{0,3}}[0-9]){{7,12}}[0-9]",
    # Mobile numbers 08..., 628... and, without either prefix, 8...: no ticket code begins with 0, 6 or 8. The last
    # two digits stand together, so that the 3 in `081200000000 3 rumah` is left alone.
    rf"(?:0|62){_GAP}{{0,2}}8(?:{_GAP}{{0,3}}[0-9]){{6,10}}[0-9]",
    rf"8[1-9](?:{_GAP}{{0,3}}[0-9]){{7,9}}[0-9]",
    # Account numbers as they stand on bank books, 1234-01-123456-53-1: 13 digits or more. Longer ones go at once:
    # taken off piece by piece from the end, a long SMS of such groups would hold us up for a minute.
    r"(?=[0-9]{3})(?=(?:[ \-]?[0-9]){13,}+)[0-9]{3,}(?:[ \-][0-9]+)+",
)
# A sum of money is kept; it is looked for together with the numbers because its end reads like one.
_MONEY = r"(?P<money>(?i:rp)[.\s]?[0-9]{1,3}(?:\.[0-9]{3})+(?![0-9]))"
_NUMBER = re.compile(_MONEY + r"|(?<![0-9])(?:" + "|".join(_PATTERNS) + r")(?![0-9])")

# A ticket code as we write it: 3-3-4 or in one piece, and not the rest of a number behind +62.
_CODE = re.compile(
    rf"(?<![0-9+])(?<!\+62[\s.\-])[{FIRST_DIGITS}]"
    r"(?:[0-9]{9}|[0-9]{2}[\s.\-][0-9]{3}[\s.\-][0-9]{4})(?![0-9])"
)

_EMAIL = re.compile(r"(?<![\w.%+\-])[\w.%+\-]{1,64}+@[A-Za-z0-9\-]{1,63}+(?:\.[A-Za-z0-9\-]{1,63}+)+")

# How people say their name, or another's.
_NAME_CUE = re.compile(
    r"\b(?:nama(?:\s+lengkap)?\s+(?:saya|sya|sy|aku|kami|pelapor)|namaku|nama(?:\s+lengkap)?\s*(?=[:=])|atas\s+nama"
    r"|a\s?\.\s?n\b\.?|a/n|saya\s+bernama|(?:per)?kenalkan,?\s+(?:nama\s+)?saya)\s*(?:adalah\b)?[\s:=]*",
    re.I,
)
_NAME_WORD = re.compile(r"(?:[^\W\d_]\.\s?){0,3}[^\W\d_]{2,}(?:['’`\-][^\W\d_]+)*")
_NAME_WORDS_MOST = 3
# Words that follow such a cue or a name and belong to none: what happened to it, where it was, whose it is.
_WHAT_HAPPENED = (
    "ada adalah beda belum berada berbeda berubah blm dicatut dicoret diganti dihapus dihapuskan dihilangkan dipakai "
    "dirahasiakan disamarkan disebut disebutkan disembunyikan ditulis diubah dobel ganda hilang jadi keliru keluar "
    "kena kurang masuk menghilang menjadi muncul salah sama tercantum tercatat tercoret terdaftar tergabung terhapus "
    "tertera tertulis tetap tutup"
)
_WHERE = (
    "alamat asal blok dalam dari daripada desa di dlm domisili ds dsn dusun gang gg jalan jl jln kab kabupaten "
    "kampung kantor kec kecamatan kel kelurahan komplek kota pada perum perumahan rt rumah rw sd sdn sma smk smp "
    "tinggal"
)
_WHOSE = (
    "ahli anak ayah bapak bpk bu bupati camat cv dinas ibu istri kami keluarga kepala ketua lurah masyarakat nasabah "
    "orang pegawai pelanggan pemilik pemohon penerima pengurus perwakilan peserta pt saya seluruh semua suami sy "
    "tetangga wali warga waris"
)
_BESIDE = (
    "agar aja akan aneh asli baru bisa cuma dan data dengan dg dgn dimana email ga gak hanya ingin ini itu iya jangan "
    "jg jgn juga karena kartu katanya ke kenapa ko kok krn lagi lalu lapor lg masih mau melapor melaporkan memang "
    "mengadu mengadukan mewakili minta mohon nik no nomer nomor nya padahal pak pekerjaan pelapor saja sampai sbg sdh "
    "sebagai sekarang selaku sering siapa status sudah supaya tanggal tapi tdk tersebut tgl tidak tolong tp tsb udah "
    "umur umurnya untuk usia utk walau ya yang yg"
)
_NO_NAMES = frozenset(f"{_WHAT_HAPPENED} {_WHERE} {_WHOSE} {_BESIDE}".split())
# Small words within a name.
_LINKS = frozenset({"bin", "binti", "al"})


def mask_numbers(text: str) -> str:
    """The text with NIK, KK, card, account and phone numbers masked, and every other run of ten digits or more.

    Ticket codes stay, and so do sums of money whose thousands are set apart. Masking again changes nothing.
    """
    while (masked := _masked_once(text)) != text:
        text = masked
    return text


def _masked_once(text: str) -> str:
    plain = plain_digits(text, str.isdigit)
    pieces, at = [], 0
    for start, end, instead in _replacements(plain):
        pieces += [text[at:start], instead]
        at = end
    return "".join(pieces) + text[at:]


def _replacements(plain: str) -> Iterator[tuple[int, int, str]]:
    """Where something else must stand, in order, and what.

    Codes are looked for first: the end of one and a phone number behind it would have the digits of a NIK.
    """
    at = 0
    for found in _CODE.finditer(plain):
        match read_code(found[0]):
            case Code(digits=digits):
                yield from _masks(plain, at, found.start())
                at = found.end()
                if found[0] == digits:
                    yield found.start(), at, show(digits)
    yield from _masks(plain, at, len(plain))


def _masks(plain: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    for found in _NUMBER.finditer(plain, start, end):
        if not found["money"]:
            yield found.start(), found.end(), MASK


def mask_names(text: str) -> str:
    """The text without mail addresses and without what people give as a name: up to three words behind `nama saya`.

    Meant for reports of people who want to stay unnamed. It is careful: `nama saya hilang dari data` stays.
    """
    text = _EMAIL.sub(ADDRESS_MASK, text)
    pieces, at = [], 0
    for cue in _NAME_CUE.finditer(text):
        end = _name_end(text, cue.end()) if cue.start() >= at else cue.end()
        if end > cue.end():
            pieces += [text[at : cue.end()], NAME_MASK]
            at = end
    return "".join(pieces) + text[at:]


def _name_end(text: str, at: int) -> int:
    """Where the name that begins there ends; `at` where none begins.

    A name that begins with a capital has only words with a capital, unless the text is in capitals throughout.
    """
    capital, end = text[at : at + 1].isupper(), at
    for _ in range(_NAME_WORDS_MOST):
        word = _NAME_WORD.match(text, at)
        if not word or not _is_name(word[0], capital):
            break
        end = word.end()
        if text[end : end + 1] != " ":
            break
        at = end + 1
    return end


def _is_name(word: str, capital: bool) -> bool:
    small = word.lower()
    return small in _LINKS or (small not in _NO_NAMES and not (capital and word[0].islower()))
