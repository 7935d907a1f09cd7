"""What could become a keyword: the words and short phrases of decided texts, without names and without filler.

A proposal is read by an operator and then routes everybody's complaints, so nothing is offered that says who or where:
no numbers, no names of regions, no word that mostly follows `jalan`, `desa`, `masjid` or `bapak`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import pairwise

from routing.mentions import KIND_BEFORE, SMALLER, STREET

LONGEST = 3
# One letter is no word; of two there are some that count: `sk`, `kk`.
SHORTEST = 2
# A word that follows a word of place or person so often is taken for the name of one.
NAME_SHARE = 0.4
# Names have several words: `jalan` first, second, third.
NAME_WORDS = 3

_BEFORE_NAMES = STREET | SMALLER | frozenset(KIND_BEFORE)

# Words that say nothing about the matter: a phrase neither begins nor ends with one.
FILLER = frozenset({
    "yang", "di", "ke", "dari", "dan", "atau", "ini", "itu", "untuk", "dengan", "pada", "saya", "aku", "kami", "kita",
    "anda", "kamu", "dia", "ia", "mereka", "beliau", "ada", "adanya", "sudah", "telah", "akan", "bisa", "dapat",
    "harus", "mau", "ingin", "masih", "juga", "saja", "lagi", "pun", "lah", "kah", "nya", "ya", "dong", "deh", "sih",
    "kok", "nih", "kan", "gitu", "begitu", "begini", "seperti", "sebagai", "adalah", "ialah", "yaitu", "yakni",
    "tersebut", "para", "oleh", "agar", "supaya", "karena", "sebab", "jika", "kalau", "bila", "apabila", "maka",
    "namun", "tetapi", "tapi", "sedangkan", "sehingga", "hingga", "sampai", "sejak", "saat", "ketika", "waktu",
    "hari", "minggu", "bulan", "tahun", "jam", "pukul", "pagi", "siang", "sore", "malam", "kemarin", "sekarang",
    "tadi", "nanti", "besok", "lusa", "setelah", "sesudah", "sebelum", "selama", "semua", "setiap", "tiap", "seluruh",
    "hanya", "baru", "lalu", "kemudian", "dalam", "atas", "bawah", "antara", "tentang", "terhadap", "secara", "hal",
    "cara", "apa", "apakah", "bagaimana", "kenapa", "mengapa", "kapan", "mana", "dimana", "siapa", "berapa", "sangat",
    "sekali", "amat", "lebih", "paling", "sering", "selalu", "banyak", "beberapa", "bahkan", "tolong", "mohon",
    "minta", "harap", "bantu", "bantuannya", "terima", "kasih", "terimakasih", "makasih", "salam", "selamat",
    "hormat", "assalamualaikum", "assalamu", "alaikum", "waalaikumsalam", "wr", "wb", "yth", "bapak", "ibu", "pak",
    "bu", "bpk", "mas", "mbak", "kak", "kakak", "abang", "saudara", "sdr", "admin", "min", "nama", "alamat", "nomor",
    "no", "foto", "lampiran", "terlampir", "lapor", "laporan", "melaporkan", "keluhan", "aduan", "pengaduan",
    "mengadukan", "info", "informasi", "tindak", "lanjut", "ditindaklanjuti", "tindaklanjut", "tindakan", "perhatian",
    "perhatiannya", "segera", "secepatnya", "solusi", "demikian", "atasnya", "sebelumnya", "bahwa", "serta", "bagi",
    "kepada", "mengenai", "terkait", "sekitar", "dekat", "depan", "belakang", "samping", "sini", "situ", "sana",
    "tidaknya", "orang", "jadi", "menjadi", "dahulu", "dulu", "kembali", "sendiri", "lain", "lainnya", "sama", "satu",
    "dua", "tiga", "empat", "lima",
})  # fmt: skip
# Words that turn the meaning of the next one (`belum cair`): they open a phrase, but close none and are none.
OPENING = frozenset({"tidak", "belum", "tanpa", "kurang", "bukan", "jangan", "susah", "sulit"})


def phrases(tokens: Sequence[str]) -> frozenset[str]:
    """All runs of one to three words that could be a keyword, joined by blanks."""
    return frozenset(" ".join(run) for run in _runs(tokens) if _may_be_keyword(run))


def _runs(tokens: Sequence[str]) -> Iterator[Sequence[str]]:
    for size in range(1, LONGEST + 1):
        for start in range(len(tokens) - size + 1):
            yield tokens[start : start + size]


def _may_be_keyword(run: Sequence[str]) -> bool:
    return (
        run[0] not in FILLER
        and run[-1] not in FILLER
        and run[-1] not in OPENING
        and all(len(word) >= SHORTEST and word.isalpha() for word in run)
    )


def common(
    texts: Iterable[tuple[str, AbstractSet[str]]], least: int, citizens: int, is_name: Callable[[str], bool]
) -> frozenset[str]:
    """Return the phrases that enough texts of enough citizens hold and that name nothing.

    `texts` gives the citizen and the phrases of each; it is gone through twice.
    """
    texts = list(texts)
    counted = Counter(phrase for _, found in texts for phrase in found)
    frequent = {phrase for phrase, count in counted.items() if count >= least}
    writers: dict[str, set[str]] = {}
    for citizen, found in texts:
        for phrase in found & frequent:
            seen = writers.setdefault(phrase, set())
            if len(seen) < citizens:
                seen.add(citizen)
    return frozenset(phrase for phrase, seen in writers.items() if len(seen) >= citizens and not is_name(phrase))


def name_words(texts: Sequence[Sequence[str]], known: AbstractSet[str]) -> frozenset[str]:
    """Return the words that often follow a word of place or person, or a name; those `known` to topics are none."""
    totals = Counter(token for tokens in texts for token in tokens)
    names: frozenset[str] = frozenset()
    for _ in range(NAME_WORDS):
        opening = _BEFORE_NAMES | names
        followed = Counter(
            token for tokens in texts for before, token in pairwise(tokens) if before in opening and token not in known
        )
        names = frozenset(token for token, count in followed.items() if count >= NAME_SHARE * totals[token])
    return names
