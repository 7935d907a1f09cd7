"""Slots of a message memory."""

import pytest

from smsd.simulator.storage import Storage, tpdu_octets


def test_takes_the_lowest_free_slot():
    """A freed slot is filled before a higher one, as on a SIM."""
    storage = Storage("SM", 3)
    assert [1, 2, 3, None] == [storage.store(pdu) for pdu in "abcd"]
    assert (True, True, False) == (storage.delete(2), storage.delete(1), storage.delete(2))
    assert [1, 2, None] == [storage.store(pdu) for pdu in "efg"]
    assert [(1, "e"), (2, "f"), (3, "c")] == [(index, stored.pdu) for index, stored in storage.occupied()]


def test_reads_a_slot():
    """An empty slot and a slot that does not exist hold nothing."""
    storage = Storage("SM", 2)
    storage.store("a")
    assert ("a", None, None) == (storage.read(1).pdu, storage.read(2), storage.read(9))
    assert 1 == storage.used


@pytest.mark.parametrize(
    ("pdu", "octets"),
    [("", 0), ("00", 0), ("0004", 1), ("0791261801000000F0", 1), ("0791", 0), ("xyz", 0), ("0", 0)],
)
def test_counts_octets_behind_the_smsc(pdu, octets):
    """The length of a PDU is that of the TPDU; what is no PDU has none."""
    assert octets == tpdu_octets(pdu)
