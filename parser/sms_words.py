"""The words of the SMS grammar: what people write for a command, misspellings included.

Case, width and doubled letters do not matter (`STATUSS`, `yaaa`), so the tables need not list them.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice, product, takewhile


def _phrases(*parts: str) -> tuple[str, ...]:
    """Every way through the parts, each a list of choices set apart by bars; an empty choice leaves its part out."""
    ways = product(*(part.split("|") for part in parts))
    return tuple(" ".join(word for word in way if word) for way in ways)


_OF_REPORT = "|laporan|laporan saya|lap saya|aduan|aduan saya|pengaduan|pengaduan saya"

# What people write -> the command. A space stands for any space or punctuation.
COMMANDS: dict[str, tuple[str, ...]] = {
    "STATUS": (
        *_phrases("status|cek|cek status|progres", _OF_REPORT),
        *_phrases("sampai mana|sampe mana|sudah sampai mana|sdh sampai mana", _OF_REPORT),
        *_phrases("bagaimana|gimana|kabar", "laporan saya|aduan saya|pengaduan saya"),
        *("sts", "stts", "sttus", "statu", "setatus", "stat us", "status saya", "chek", "check", "check status"),
        *("ceck", "cek sts", "cek setatus", "cek progres", "progresnya", "perkembangan laporan"),
    ),
    "BANTUAN": (
        *("bantuan", "bantu", "help", "info", "cara", "format", "menu", "petunjuk", "panduan", "perintah", "bntuan"),
        *_phrases("cara|format|petunjuk|info", "lapor|melapor|laporan|pengaduan|sms"),
    ),
    "TAMBAH": (
        *("tambah", "tambahan", "tambahkan", "tmbah", "tmbh", "tambh", "tmbahan", "tmbhan", "susulan", "ssulan"),
        *("susul", "tambahan laporan", "laporan susulan", "laporan tambahan"),
    ),
    # Only with a ticket: `Lengkapi: sarana sekolah` is a wish.
    "LENGKAPI": ("lengkapi", "melengkapi"),
    "BATAL": (
        *_phrases("batal|batalkan|btal|btl|cabut", _OF_REPORT),
        *("salah kirim", "salah sms", "salah kirim sms", "salah nomor"),
    ),
    "RAHASIA": ("rahasia", "rahasiakan", "rhs", "rahsia", "rhasia", "rahasiah", "rahasiakan laporan saya"),
    "ANONIM": (
        *("anonim", "anonym", "anonimus", "anonymous", "annim", "anonin"),
        *_phrases("jangan sebut|jangan sebutkan|jgn sebut|rahasiakan", "nama|nama saya|identitas|identitas saya"),
    ),
    "LENGKAP": ("lengkap", "selengkapnya", "slengkapnya", "lengkapnya", "lengkp", "lgkp", "jawaban lengkap"),
    "BUKA": _phrases("buka|buka lagi|buka kembali|bka lagi", _OF_REPORT),
    "STOP": ("stop", "berhenti", "brhenti", "unreg", "stop sms", "berhenti sms", "berhenti langganan"),
    "MULAI": ("mulai", "mulai lagi", "start", "aktifkan", "aktifkan lagi"),
    "KODE": ("kode", "kod", "minta kode", "kode sekali pakai"),
    "BARU": ("baru", "laporan baru", "aduan baru", "pengaduan baru", "lapor baru", "laporan lain", "aduan lain"),
}

_MEANDED = "|beres|selesai|diperbaiki|diperbaiki semua|dibenahi|ditangani|baik|bagus|oke|ok"
_SUDAH = "sudah|sdh|udah|udh|dah|uda|wis|uwis|sampun|parantos"
_BELUM = "belum|blm|blum|belom|blom|blon|tidak|tdk|gak|gk|ga|nggak|ngga|gak ada|durung|dereng|teu acan|acan"

# How an open question is answered. Javanese and Sundanese too: phones answer as people speak at home.
ANSWERS: dict[str, tuple[str, ...]] = {
    "YA": (
        *("ya", "y", "iya", "iyo", "yes", "yup", "betul", "benar", "setuju", "inggih", "nggih", "enggih", "muhun"),
        *("beres", "selesai", "ya sudah", "ya setuju", "ya betul", "ya benar", "iya betul", "iya benar"),
        *_phrases("|ya|iya|oke|ok", _SUDAH, _MEANDED),
    ),
    "BELUM": (
        *("no", "enggak", "engga", "ndak", "mboten", "ora", "henteu", "tidak jadi", "gak jadi", "tidak setuju"),
        *("tidak sama sekali", "belum sama sekali", "belum ada perubahan", "belum ada perbaikan", "belum ada tindakan"),
        *_phrases("|ya|masih", _BELUM, _MEANDED + "|ada|juga|jg"),
    ),
}

# Words behind a command that change nothing.
_ADDRESSES = "pak pa bu bpk bapak ibu min mimin admin kak mas mbak mba bang gan bos bro kang teh"
_ASIDES = "ya yah dong deh punten tolong tlg mohon mhn maaf wassalam salam sekian"
_THANKS = (
    "terima kasih trima terimakasih trimakasih makasih mksh mkasih trims trim trm ksh tks tq thx thanks thank you "
    "suwun nuwun matur nuhun hatur"
)
_REQUESTS = "infonya informasinya kabarnya jawabannya bantuannya"
_COURTESY = frozenset(f"{_ADDRESSES} {_ASIDES} {_THANKS} {_REQUESTS}".split())

# Words before a command that change nothing.
_OPENINGS = frozenset(
    f"{_ADDRESSES} maaf punten permisi halo hai hi assalamualaikum asalamualaikum assalamu alaikum wr wb selamat slmt "
    "met pagi siang sore malam lapor".split()
)

# Texts that need no answer: thanks, consent, a greeting.
_PLEASANTRIES = frozenset(
    f"{_THANKS} ok oke okay okey okeh okok sip siap baik baiklah mantap mantab sama salam wassalam sekian maaf permisi "
    "assalamualaikum asalamualaikum assalamu alaikum alaikumsalam waalaikumsalam waalaikumussalam wr wb warahmatullahi "
    "wabarakatuh selamat slmt met pagi siang sore malam halo hai hi amin aamiin alhamdulillah sukses semoga".split()
)
_FILLERS = (
    "ya iya yah deh dong wa atas banyak byk sebelumnya sekali banget kembali infonya informasinya bantuannya responnya "
    "jawabannya kabarnya perhatiannya sudah sdh udah dibantu selalu"
)
_BESIDE_THANKS = frozenset(_FILLERS.split())

_TOKEN = re.compile(r"[^\W\d_]++|\d++")
_DOUBLED = re.compile(r"(.)\1+")


@lru_cache(maxsize=8192)
def _plain(token: str) -> str:
    """A word as the tables are looked up: small letters, none doubled, of normal width."""
    return _DOUBLED.sub(r"\1", unicodedata.normalize("NFKC", token).lower())


def _key(phrase: str) -> tuple[str, ...]:
    return tuple(_plain(word) for word in phrase.split())


def _table(words: dict[str, tuple[str, ...]]) -> dict[tuple[str, ...], str]:
    return {_key(phrase): name for name, phrases in words.items() for phrase in phrases}


_COMMAND_OF = _table(COMMANDS)
_ANSWER_OF = _table(ANSWERS)
_FIRST = frozenset(words[0] for words in (*_COMMAND_OF, *_ANSWER_OF))
_LONGEST = max(map(len, (*_COMMAND_OF, *_ANSWER_OF)))
_CLOSING, _PLEASANT, _FILLING, _ADDRESSING, _OPENING = (
    frozenset(map(_plain, words))
    for words in (_COURTESY, _PLEASANTRIES, _BESIDE_THANKS, frozenset(_ADDRESSES.split()), _OPENINGS)
)


def _heads(text: str, table: dict[tuple[str, ...], str]) -> Iterator[tuple[str, int]]:
    """Each phrase of the table that the text begins with, the longest first, and where it ends."""
    first = _TOKEN.search(text)
    if not first or _plain(first[0]) not in _FIRST:
        return
    tokens = list(islice(_TOKEN.finditer(text, first.start()), _LONGEST))
    words = tuple(_plain(token[0]) for token in tokens)
    for length in range(len(words), 0, -1):
        if name := table.get(words[:length]):
            yield name, tokens[length - 1].end()


def commands(text: str) -> Iterator[tuple[str, int]]:
    """Each command word, a key of COMMANDS, that the text begins with, the longest first, and where it ends."""
    return _heads(text, _COMMAND_OF)


def answers(text: str) -> Iterator[tuple[str, int]]:
    """Each answer, a key of ANSWERS, that the text begins with, the longest first, and where it ends."""
    return _heads(text, _ANSWER_OF)


def first_words(text: str, at: int, count: int) -> list[str]:
    """Up to `count` words from there on, as the tables are looked up."""
    return [_plain(token[0]) for token in islice(_TOKEN.finditer(text, at), count)]


def is_closed(text: str, at: int) -> bool:
    """Whether nothing but courtesy and punctuation follows."""
    return all(_plain(token[0]) in _CLOSING for token in _TOKEN.finditer(text, at))


def skip_address(text: str, at: int) -> int:
    """Where `pak` and the like end, which people put behind the first word."""
    address = takewhile(lambda token: _plain(token[0]) in _ADDRESSING, _TOKEN.finditer(text, at))
    return max((token.end() for token in address), default=at)


def skip_opening(text: str) -> int:
    """Where a greeting and an address at the beginning end: `Assalamualaikum pak, ...`."""
    opening = takewhile(lambda token: _plain(token[0]) in _OPENING, _TOKEN.finditer(text))
    return max((token.end() for token in opening), default=0)


def is_courtesy(text: str) -> bool:
    """Nothing but thanks, consent, greetings or emoji: it opens no ticket and needs no answer."""
    words = {_plain(token[0]) for token in _TOKEN.finditer(text)}
    known = words <= _PLEASANT | _FILLING | _ADDRESSING
    return known and "?" not in text and (words <= _ADDRESSING or not words.isdisjoint(_PLEASANT))
