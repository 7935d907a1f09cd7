"""AT commands for short messages in PDU mode (3GPP TS 27.005): a table and its handlers."""

from __future__ import annotations

from smsd.simulator.at_general import Handler, Prompt, Reply, accept, number, says, tells
from smsd.simulator.at_syntax import CmsError, Form, fields, integers
from smsd.simulator.equipment import Equipment
from smsd.simulator.storage import REC_READ, REC_UNREAD, Stored, tpdu_octets

# TS 27.005 §3.2.5.
NOT_ALLOWED = CmsError(302)
NOT_SUPPORTED = CmsError(303)
INVALID_PARAMETER = CmsError(304)
INVALID_INDEX = CmsError(321)

# The largest <length> of AT+CMGS: an SMS-SUBMIT is at most 164 octets without the SMSC address; some modems allow more.
_MOST_OCTETS = 176

# AT+CNMI <mode>,<mt>,<bm>,<ds>,<bfr>. That <ds> stops at 1 is on purpose: libGammu takes 2 (store the report, tell
# its place with +CDSI) where it is offered, and then loses reports; with 1 they come whole, as +CDS.
_INDICATIONS = (2, 2, 0, 1, 1)

# AT+CMGL <stat>; 2 and 3 are messages stored for sending, of which there are none.
_LISTED: dict[int, frozenset[int]] = {
    0: frozenset({REC_UNREAD}),
    1: frozenset({REC_READ}),
    2: frozenset(),
    3: frozenset(),
    4: frozenset({REC_UNREAD, REC_READ}),
}

# AT+CMGD <delflag>: 1 to 3 leave unread messages, 4 takes all.
_DELETED: dict[int, frozenset[int]] = {
    1: frozenset({REC_READ}),
    2: frozenset({REC_READ}),
    3: frozenset({REC_READ}),
    4: frozenset({REC_UNREAD, REC_READ}),
}


def _set_format(equipment: Equipment, arguments: str) -> Reply:
    # PDU mode is the only one: libGammu uses no other where this one works.
    del equipment
    if number(arguments or "0", 1, INVALID_PARAMETER) != 0:
        raise NOT_SUPPORTED
    return ()


def _usage(equipment: Equipment, with_names: bool) -> str:
    storages = [equipment.storages[name] for name in equipment.settings.memories]
    name = '"{0.name}",' if with_names else ""
    return "+CPMS: " + ",".join((name + "{0.used},{0.size}").format(storage) for storage in storages)


def _select_memories(equipment: Equipment, arguments: str) -> Reply:
    # TS 27.005 §3.2.2: memories that are left out stay as they are.
    names = fields(arguments)
    if not 1 <= len(names) <= 3 or not set(names) <= set(equipment.storages):
        raise NOT_ALLOWED
    equipment.settings.memories[: len(names)] = names
    equipment.network.memory_available()
    return (_usage(equipment, with_names=False),)


def _read_memories(equipment: Equipment, arguments: str) -> Reply:
    del arguments
    return (_usage(equipment, with_names=True),)


def _offer_memories(equipment: Equipment, arguments: str) -> Reply:
    del arguments
    names = "(" + ",".join(f'"{name}"' for name in equipment.storages) + ")"
    return (f"+CPMS: {names},{names},{names}",)


def _set_indications(equipment: Equipment, arguments: str) -> Reply:
    # What is left out stays: libGammu before 1.45 sets <mt> and <ds> with two commands.
    values = integers(arguments, INVALID_PARAMETER)
    if len(values) > len(_INDICATIONS):
        raise INVALID_PARAMETER
    indications = list(equipment.settings.indications)
    for position, value in enumerate(values):
        if value is not None:
            if value > _INDICATIONS[position]:
                raise INVALID_PARAMETER
            indications[position] = value
    equipment.settings.indications = indications
    return ()


def _read_indications(equipment: Equipment, arguments: str) -> Reply:
    del arguments
    return ("+CNMI: " + ",".join(map(str, equipment.settings.indications)),)


def _show(prefix: str, stored: Stored) -> tuple[str, str]:
    """Give the two lines of a message and mark it as read."""
    lines = f"{prefix}{stored.state},,{tpdu_octets(stored.pdu)}", stored.pdu
    stored.state = REC_READ
    return lines


def _list(equipment: Equipment, arguments: str) -> Reply:
    states = _LISTED[number(arguments or "0", 4, INVALID_PARAMETER)]
    lines: list[str] = []
    for index, stored in equipment.reading.occupied():
        if stored.state in states:
            lines += _show(f"+CMGL: {index},", stored)
    return lines


def _read(equipment: Equipment, arguments: str) -> Reply:
    stored = equipment.reading.read(number(arguments, equipment.reading.size, INVALID_INDEX))
    if stored is None:
        raise INVALID_INDEX
    return _show("+CMGR: ", stored)


def _delete(equipment: Equipment, arguments: str) -> Reply:
    # TS 27.005 §3.5.4. Freeing a free slot is OK, as with most modems.
    index, flag = (*integers(arguments, INVALID_INDEX), None, None)[:2]
    storage = equipment.reading
    if flag:
        _delete_by_state(equipment, flag)
    elif index is None or not 1 <= index <= storage.size:
        raise INVALID_INDEX
    else:
        storage.delete(index)
    equipment.network.memory_available()
    return ()


def _delete_by_state(equipment: Equipment, flag: int) -> None:
    if flag not in _DELETED:
        raise INVALID_PARAMETER
    for index, stored in equipment.reading.occupied():
        if stored.state in _DELETED[flag]:
            equipment.reading.delete(index)


def _offer_deletion(equipment: Equipment, arguments: str) -> Reply:
    del arguments
    indices = ",".join(str(index) for index, _ in equipment.reading.occupied())
    return (f"+CMGD: ({indices}),(0-4)",)


def _send(equipment: Equipment, arguments: str) -> Reply:
    del equipment
    octets = number(arguments, _MOST_OCTETS, INVALID_PARAMETER)
    if octets == 0:
        raise INVALID_PARAMETER
    return Prompt(octets)


def _set_service(equipment: Equipment, arguments: str) -> Reply:
    equipment.settings.message_service = number(arguments, 1, INVALID_PARAMETER)
    return ("+CSMS: 1,1,1",)


MESSAGES: dict[tuple[str, Form], Handler] = {
    ("+CMGF", "set"): _set_format,
    ("+CMGF", "read"): says("+CMGF: 0"),
    ("+CMGF", "test"): says("+CMGF: (0)"),
    ("+CPMS", "set"): _select_memories,
    ("+CPMS", "read"): _read_memories,
    ("+CPMS", "test"): _offer_memories,
    ("+CNMI", "set"): _set_indications,
    ("+CNMI", "read"): _read_indications,
    ("+CNMI", "test"): says("+CNMI: (0-2),(0-2),(0),(0,1),(0,1)"),
    ("+CMGL", "set"): _list,
    ("+CMGL", "run"): _list,
    ("+CMGL", "test"): says("+CMGL: (0-4)"),
    ("+CMGR", "set"): _read,
    ("+CMGR", "test"): accept,
    ("+CMGD", "set"): _delete,
    ("+CMGD", "test"): _offer_deletion,
    ("+CMGS", "set"): _send,
    ("+CMGS", "test"): accept,
    ("+CSMS", "set"): _set_service,
    ("+CSMS", "read"): tells("+CSMS: {settings.message_service},1,1,1"),
    ("+CSMS", "test"): says("+CSMS: (0,1)"),
    ("+CMMS", "set"): accept,
    ("+CMMS", "test"): says("+CMMS: (0-2)"),
    ("+CNMA", "run"): accept,
    ("+CNMA", "set"): accept,
}
