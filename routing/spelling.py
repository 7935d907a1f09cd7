"""From words as citizens write them to the words a vocabulary knows: clitics, prefixes, suffixes, slips of the thumb.

`jalannya` is jalan, `diparkirin` is parkir, `ngrokok` is rokok, `pemadman` is pemadaman. Only words that the
vocabulary does not know are looked at, so what is written right costs one look-up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from rapidfuzz.distance import OSA

from routing.remembered import Remembered

# The last ones are Javanese (`irigasine`) and Sundanese (`jalanna`).
_CLITICS = ("nya", "lah", "kah", "pun", "ku", "mu", "ne", "na", "e")
_SUFFIXES = ("kan", "an", "in", "i")
# Prefix, and the letter that a nasal prefix may have swallowed: memangkas is me + pangkas, menyapu is me + sapu.
_PREFIXES = (
    ("meny", "s"), ("meng", "k"), ("meng", ""), ("mem", "p"), ("mem", ""), ("men", "t"), ("men", ""), ("me", ""),
    ("peny", "s"), ("peng", "k"), ("peng", ""), ("pem", "p"), ("pem", ""), ("pen", "t"), ("pen", ""), ("pe", ""),
    ("di", ""), ("ter", ""), ("ber", ""), ("se", ""), ("ke", ""), ("ng", "k"), ("ng", ""), ("ny", "s"), ("n", "t"),
)  # fmt: skip
_BY_LETTER = {
    letter: tuple(each for each in _PREFIXES if each[0][0] == letter)
    for letter in {prefix[0] for prefix, _ in _PREFIXES}
}
_SHORTEST_ROOT = 4
_SHORTEST_BASE = 3  # of a clitic: `airnya`
# In shorter words one letter makes another word (pasar, pasir): a slip is mended in long ones only.
_SHORTEST_TYPO = 7
_SHORTEST_GLUED = 3


class Spelling:
    """The words of one vocabulary; `ordinary` are good words that it does not know, and that are no slips of it.

    `openings` are words of it that other words may be glued to: `dishubkotabandung` begins with dishub.
    """

    def __init__(self, known: Collection[str], ordinary: Collection[str] = (), openings: Collection[str] = ()) -> None:
        self._known = frozenset(known)
        self._ordinary = frozenset(ordinary)
        self._openings = frozenset(word for word in openings if word in self._known)
        self._slips = _slips(self._known)
        self._longest = max(map(len, self._known), default=0)  # an SMS can be one word of 39,000 letters
        self._words = Remembered(self._word)

    def read(self, tokens: Iterable[str]) -> list[str]:
        """Give every token as the vocabulary writes it; unknown ones stay as they are."""
        return list(map(self._words.__getitem__, tokens))

    def _word(self, token: str) -> str:
        """The known word that is meant; a known one is meant itself."""
        if token in self._known or token in self._ordinary:
            return token
        return self._derived(token) or self._mended(token) or self._opening(token) or token

    def _derived(self, token: str) -> str | None:
        """The known word from which this one is made."""
        if not token.isalpha():
            return None
        known = self._known
        for form in _forms(token):
            if form in known:
                return form
        return None

    def _mended(self, token: str) -> str | None:
        """The one known word that is one slip away: a letter too many, too few, wrong, or swapped with the next."""
        if not _SHORTEST_TYPO <= len(token) <= self._longest + 1 or not token.isalpha():
            return None
        slips = self._slips
        near = {word for variant in _variants(token) if variant in slips for word in slips[variant]}
        close = [word for word in near if word[0] == token[0] and OSA.distance(token, word, score_cutoff=1) <= 1]
        return close[0] if len(close) == 1 else None

    def _opening(self, token: str) -> str | None:
        """The known name at the beginning of a long glued word, as in the names of accounts."""
        ends = range(min(self._longest, len(token) - _SHORTEST_GLUED), _SHORTEST_ROOT - 1, -1)
        return next((token[:end] for end in ends if token[:end] in self._openings), None)


def _forms(word: str) -> Iterator[str]:
    """What may be inside a word, the longest first: without clitic, then without prefix, suffix or both."""
    for clitic in _CLITICS:
        if word.endswith(clitic) and len(word) - len(clitic) >= _SHORTEST_BASE:
            yield word[: -len(clitic)]
            yield from _without_affixes(word[: -len(clitic)])
    yield from _without_affixes(word)


def _without_affixes(word: str) -> Iterator[str]:
    prefixes = _BY_LETTER.get(word[0], ())
    for form in [word, *(word[: -len(suffix)] for suffix in _SUFFIXES if word.endswith(suffix))]:
        for prefix, swallowed in prefixes:
            if form.startswith(prefix) and len(form) - len(prefix) + len(swallowed) >= _SHORTEST_ROOT:
                yield swallowed + form[len(prefix) :]
        if form is not word and len(form) >= _SHORTEST_ROOT:
            yield form


def _slips(known: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Every known long word under each of its variants with a letter left out."""
    found: dict[str, list[str]] = {}
    for word in known:
        if len(word) >= _SHORTEST_TYPO - 1 and word.isalpha():
            for variant in _variants(word):
                found.setdefault(variant, []).append(word)
    return {variant: tuple(words) for variant, words in found.items()}


def _variants(word: str) -> set[str]:
    """The word, and the word with each of its letters left out: two words one slip apart share one of them."""
    return {word, *[word[:at] + word[at + 1 :] for at in range(len(word))]}
