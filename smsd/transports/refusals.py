"""What the network and the modem mean when they say no, in words, and what to do about it. Pure tables.

``+CMS ERROR`` (3GPP TS 27.005 3.2.5) carries four lists in one: 1 to 127 are the RP causes of TS 24.011 8.2.5.4 and
annex E-2, 128 to 255 the TP-FCS of TS 23.040 9.2.3.22, 300 to 511 the modem's own, and from 512 on each maker's.
``+CME ERROR`` is TS 27.007 9.2. TP-ST, in delivery reports, is TS 23.040 9.2.3.15.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Do(Enum):
    """What follows from a refusal."""

    GIVE_UP = "give up"  # this message will be refused for ever
    RETRY = "retry"  # it may pass later; a try was used up
    WAIT = "wait"  # nobody's SMS can be sent by this modem now; no try was used up
    REOPEN = "reopen"  # the modem is out of order: it is closed and opened anew; a try was used up


@dataclass(frozen=True)
class Refusal:
    """A refusal as operators read it, and what to do."""

    reason: str
    do: Do


_G, _R, _W, _X = Do.GIVE_UP, Do.RETRY, Do.WAIT, Do.REOPEN

_CMS: dict[int, tuple[str, Do]] = {
    # RP causes: what the network says. 8, 28, 29, 50 and 69 are about our own subscription, not about the recipient.
    1: ("unassigned number", _G),
    8: ("the operator bars this SIM from sending SMS", _W),
    10: ("SMS to this number are barred", _G),
    21: ("SMS rejected by the recipient's side", _G),
    22: ("memory of the recipient full", _R),
    27: ("recipient out of service", _R),
    28: ("the network does not know this SIM", _W),
    29: ("the network does not offer SMS to this SIM", _W),
    30: ("the network does not know the recipient", _G),
    38: ("network out of order", _R),
    41: ("temporary failure of the network", _R),
    42: ("the network is congested", _R),
    47: ("the network has no resources free", _R),
    50: ("this SIM has no subscription for SMS", _W),
    69: ("the network does not know SMS", _W),
    81: ("invalid reference of the SMS", _R),
    95: ("invalid message", _G),
    96: ("invalid mandatory field in the message", _G),
    97: ("message type unknown to the network", _G),
    98: ("message not expected by the network now", _R),
    99: ("field unknown to the network", _G),
    111: ("protocol error", _R),
    127: ("failure between two networks", _R),
    # TP-FCS: what the message centre says.
    128: ("telematic interworking not supported", _G),
    129: ("SMS of type 0 not supported", _G),
    130: ("cannot replace the SMS", _G),
    143: ("protocol identifier not accepted", _G),
    144: ("alphabet not supported", _G),
    145: ("message class not supported", _G),
    159: ("coding scheme not accepted", _G),
    160: ("command cannot be carried out", _G),
    161: ("command not supported", _G),
    175: ("command not accepted", _G),
    176: ("message not supported", _G),
    192: ("the message centre is busy", _R),
    193: ("this SIM has no subscription at the message centre", _W),
    194: ("the message centre has failed", _R),
    195: ("invalid number", _G),
    196: ("the recipient is barred", _G),
    197: ("the message centre takes it for a duplicate", _G),
    198: ("form of validity period not supported", _G),
    199: ("validity period not supported", _G),
    208: ("memory of the SIM full", _R),
    209: ("the SIM cannot store SMS", _R),
    210: ("error in the telephone", _R),
    211: ("memory full", _R),
    212: ("the SIM's application is busy", _R),
    213: ("error when data was written to the SIM", _R),
    255: ("cause not told", _R),
    # What the modem says by itself.
    300: ("the modem failed", _X),
    301: ("the modem keeps SMS for itself", _X),
    302: ("the modem does not allow it", _R),
    303: ("the modem does not support it", _R),
    304: ("invalid PDU", _G),
    305: ("invalid text", _G),
    310: ("no SIM in the modem", _X),
    311: ("the SIM asks for its PIN", _X),
    312: ("the modem asks for the code that ties it to its SIM", _X),
    313: ("the SIM failed", _X),
    314: ("the SIM is busy", _W),
    315: ("the SIM is not of the right kind", _X),
    316: ("the SIM asks for its PUK", _X),
    317: ("the SIM asks for its PIN2", _X),
    318: ("the SIM asks for its PUK2", _X),
    320: ("the modem's memory failed", _X),
    321: ("no such slot in memory", _R),
    322: ("memory of the modem full", _R),
    330: ("the number of the message centre is not known", _W),
    331: ("no network", _W),
    332: ("the network did not answer", _R),
    340: ("the modem expected no acknowledgement", _R),
    500: ("unknown error", _R),
}

_CME: dict[int, tuple[str, Do]] = {
    0: ("the modem failed", _X),
    1: ("the modem has no connection to its radio", _X),
    2: ("the modem is reserved", _X),
    3: ("the modem does not allow it", _R),
    4: ("the modem does not support it", _R),
    5: ("the modem asks for the code that ties it to its SIM", _X),
    6: ("the modem asks for the code that ties it to its first SIM", _X),
    7: ("the modem asks for the PUK that ties it to its first SIM", _X),
    10: ("no SIM in the modem", _X),
    11: ("the SIM asks for its PIN", _X),
    12: ("the SIM asks for its PUK", _X),
    13: ("the SIM failed", _X),
    14: ("the SIM is busy", _W),
    15: ("the SIM is not of the right kind", _X),
    16: ("wrong password", _X),
    17: ("the SIM asks for its PIN2", _X),
    18: ("the SIM asks for its PUK2", _X),
    20: ("memory full", _R),
    21: ("no such slot in memory", _R),
    22: ("not found", _R),
    23: ("the modem's memory failed", _X),
    24: ("the text is too long", _G),
    25: ("invalid characters in the text", _G),
    26: ("the number is too long", _G),
    27: ("invalid characters in the number", _G),
    30: ("no network", _W),
    31: ("the network did not answer", _R),
    32: ("the network allows emergency calls only", _W),
    40: ("the modem is locked to another network", _X),
    50: ("invalid parameters", _R),
    100: ("unknown error", _R),
}

_TABLES = {"CMS": _CMS, "CME": _CME}
_FROM_THE_MODEM = 300  # +CMS ERROR codes from here on are the modem's own


def explain_refusal(said: str) -> Refusal:
    """What to make of ``CMS 38``, ``CME 10`` or a bare ``ERROR``; what is not known is tried again."""
    kind, _, digits = said.partition(" ")
    if kind not in _TABLES or not digits.isdecimal():
        return Refusal(f"the modem refused it without a reason ({said})", Do.RETRY)
    code = int(digits)
    words, do = _TABLES[kind].get(code, ("a reason that no standard names", Do.RETRY))
    who = "the network" if kind == "CMS" and code < _FROM_THE_MODEM else "the modem"
    return Refusal(f"{who} refused it: {words} (+{kind} ERROR {code})", do)


# TP-ST. 0x30 to 0x3F, 0x50 to 0x5F and 0x70 on are reserved, or each message centre's own.
_REPORTS = {
    0x00: "delivered",
    0x01: "handed over, but nobody knows whether it was delivered",
    0x02: "replaced by the message centre",
    0x20: "the network is congested",
    0x21: "the recipient is busy",
    0x22: "no answer from the recipient",
    0x23: "the recipient's service was rejected",
    0x24: "quality of service not available",
    0x25: "error in the recipient's telephone",
    0x40: "failure between two networks",
    0x41: "incompatible destination",
    0x42: "quality of service not available",
    0x43: "no such recipient",
    0x44: "SMS to the recipient are barred",
    0x45: "the recipient has no subscription for SMS",
    0x46: "validity period over: the telephone was off or out of reach",
    0x47: "deleted by the sender",
    0x48: "deleted by the message centre",
    0x49: "the message centre does not know it",
    0x60: "the network is congested",
    0x61: "the recipient is busy",
    0x62: "no answer from the recipient",
    0x63: "the recipient's service was rejected",
    0x64: "quality of service not available",
    0x65: "error in the recipient's telephone",
}
# What holds for a whole range: delivered, still trying, given up, and given up after trying.
_REPORT_RANGES = ("delivered", "the network still tries", "the network gave up", "the network gave up")


def explain_report(status: int) -> str:
    """The TP-ST of a delivery report in words, with the number."""
    words = _REPORTS.get(status) or _REPORT_RANGES[min(status, 0x7F) // 0x20]
    return f"{words} (TP-ST 0x{status:02X})"
