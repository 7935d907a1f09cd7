"""AT commands about the modem, its SIM and its network (ITU-T V.250, 3GPP TS 27.007): a table and its handlers.

A handler takes the equipment and the text after ``=`` and gives the information lines that stand before ``OK``.
What is in no table answers ``ERROR``, as real modems answer ``AT+MODE=2``, ``AT+CPROT=?``, ``AT+SYNCML=?`` and
``AT$TSSPCSW=?``, which libGammu tries on every modem.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from smsd.simulator.at_syntax import AtError, CmeError, CmsError, Form, fields, integers
from smsd.simulator.equipment import Equipment


@dataclass(frozen=True, slots=True)
class Prompt:
    """The modem now wants a PDU of that many octets after the SMSC address."""

    octets: int


Reply = Sequence[str] | Prompt
Handler = Callable[[Equipment, str], Reply]

_NOT_ALLOWED = CmeError(3)
_INCORRECT = CmeError(50)
_PUK_WANTED, _WRONG_PIN = CmeError(12), CmeError(16)


def accept(equipment: Equipment, arguments: str) -> Reply:
    """Answer OK and do nothing."""
    del equipment, arguments
    return ()


def says(*lines: str) -> Handler:
    """Make a handler that always answers the same."""
    return lambda equipment, arguments: lines


def tells(template: str) -> Handler:
    """Make a handler that fills a template: ``tells("{identity.imei}")``."""

    def fill(equipment: Equipment, arguments: str) -> Reply:
        del arguments
        settings, network = equipment.settings, equipment.network
        line = template.format(identity=equipment.identity, settings=settings, network=network, smsc=equipment.smsc)
        return (line,)

    return fill


def number(arguments: str, highest: int, error: AtError | None = None) -> int:
    """Read the one number of a command, 0 to ``highest``; the error says what it was if not that."""
    failure = error or _INCORRECT
    values = integers(arguments, failure)
    if not values or values[0] is None or values[0] > highest:
        raise failure
    return values[0]


def _set_echo(equipment: Equipment, arguments: str) -> Reply:
    # V.250 §6.2.4; a bare ATE is ATE0.
    equipment.settings.echo = (arguments or "0") != "0"
    return ()


def _reset(equipment: Equipment, arguments: str) -> Reply:
    del arguments
    equipment.reset()
    return ()


def _set_error_mode(equipment: Equipment, arguments: str) -> Reply:
    equipment.settings.error_mode = number(arguments, 2)
    return ()


def _set_function(equipment: Equipment, arguments: str) -> Reply:
    # TS 27.007 §8.2 AT+CFUN=<fun>[,<rst>].
    if integers(arguments, _INCORRECT)[1:] == [1]:
        equipment.reset()
    equipment.settings.function = number(arguments.partition(",")[0], 4)
    equipment.network.memory_available()
    return ()


def _set_charset(equipment: Equipment, arguments: str) -> Reply:
    del equipment
    if fields(arguments) not in (["GSM"], ["IRA"]):
        raise _NOT_ALLOWED
    return ()


def _set_registration_urc(equipment: Equipment, arguments: str) -> Reply:
    equipment.settings.registration_urc = number(arguments, 2)
    return ()


def _set_packet_registration_urc(equipment: Equipment, arguments: str) -> Reply:
    equipment.settings.packet_registration_urc = number(arguments, 2)
    return ()


def registration(equipment: Equipment) -> int:
    """Give the ``<stat>`` of +CREG: that of the network, 0 while the radio is off."""
    return equipment.network.registration if equipment.settings.function == 1 else 0


def _registration_line(name: str, mode: int, equipment: Equipment) -> Reply:
    line = f"{name}: {mode},{registration(equipment)}"
    if mode == 2 and equipment.is_registered:
        line += f',"{equipment.identity.location_area}","{equipment.identity.cell}"'
    return (line,)


def _read_registration(equipment: Equipment, arguments: str) -> Reply:
    del arguments
    return _registration_line("+CREG", equipment.settings.registration_urc, equipment)


def _read_packet_registration(equipment: Equipment, arguments: str) -> Reply:
    del arguments
    return _registration_line("+CGREG", equipment.settings.packet_registration_urc, equipment)


def _read_attachment(equipment: Equipment, arguments: str) -> Reply:
    del arguments
    return (f"+CGATT: {int(equipment.is_registered)}",)


def _read_signal(equipment: Equipment, arguments: str) -> Reply:
    # TS 27.007 §8.5: 99 is "not known or not detectable", which is all there is without a network.
    del arguments
    rssi = equipment.network.signal if equipment.is_registered else 99
    return (f"+CSQ: {rssi},99",)


def _set_operator(equipment: Equipment, arguments: str) -> Reply:
    # TS 27.007 §7.3: mode 3 sets only the format; the automatic mode is what we are in.
    values = integers(arguments, _INCORRECT)
    if values[:1] not in ([0], [3]):
        raise _NOT_ALLOWED
    if len(values) > 1 and values[1] is not None:
        equipment.settings.operator_format = values[1]
    return ()


def _read_operator(equipment: Equipment, arguments: str) -> Reply:
    del arguments
    if not equipment.is_registered:
        return ("+COPS: 0",)
    style = equipment.settings.operator_format
    name = equipment.identity.plmn if style == 2 else equipment.identity.operator
    return (f'+COPS: 0,{style},"{name}"',)


def _read_pin(equipment: Equipment, arguments: str) -> Reply:
    del arguments
    if not equipment.pin_wanted:
        return ("+CPIN: READY",)
    return ("+CPIN: SIM PIN" if equipment.pin_tries else "+CPIN: SIM PUK",)


def _enter_pin(equipment: Equipment, arguments: str) -> Reply:
    if not equipment.pin_wanted:
        raise _NOT_ALLOWED
    if not equipment.pin_tries:
        raise _PUK_WANTED
    if fields(arguments) != [equipment.pin]:
        equipment.pin_tries -= 1
        raise _WRONG_PIN
    equipment.pin_wanted = False
    return ()


def _read_clock(equipment: Equipment, arguments: str) -> Reply:
    # TS 27.007 §8.15: the zone in quarters of an hour.
    del arguments
    now = equipment.clock()
    offset = now.utcoffset()
    quarters = int(offset.total_seconds()) // 900 if offset else 0
    return (f'+CCLK: "{now:%y/%m/%d,%H:%M:%S}{quarters:+03d}"',)


def _set_smsc(equipment: Equipment, arguments: str) -> Reply:
    values = fields(arguments)
    if not values or not values[0]:
        raise CmsError(304)
    equipment.smsc = values[0]
    return ()


# Settings that change nothing here: calls, USSD, supplementary services, and the verbose mode that is always on.
_ACCEPTED = ("+CCWA", "+CHUP", "+CLIP", "+CLIR", "+COLP", "+CRC", "+CUSD", "+CVHU", "+CTZU", "+CTZR", "+CSCB", "+CGATT")

GENERAL: dict[tuple[str, Form], Handler] = {
    **{(name, "set"): accept for name in _ACCEPTED},
    **{(name, "run"): accept for name in ("V", "Q", "S", "X", "H", "&C", "&D", "&K", "&W", "+CHUP")},
    ("+CHUP", "test"): accept,
    ("+CUSD", "test"): says("+CUSD: (0-2)"),
    ("E", "run"): _set_echo,
    ("Z", "run"): _reset,
    ("&F", "run"): _reset,
    ("I", "run"): tells("{identity.manufacturer} {identity.model}"),
    ("+CGMI", "run"): tells("{identity.manufacturer}"),
    ("+CGMM", "run"): tells("{identity.model}"),
    ("+CGMR", "run"): tells("{identity.firmware}"),
    ("+CGSN", "run"): tells("{identity.imei}"),
    ("+CIMI", "run"): tells("{identity.imsi}"),
    ("+CCID", "run"): tells("+CCID: {identity.iccid}"),
    ("+CNUM", "run"): tells('+CNUM: "","{identity.own_number}",129'),
    ("+CPIN", "read"): _read_pin,
    ("+CPIN", "set"): _enter_pin,
    ("+CMEE", "set"): _set_error_mode,
    ("+CMEE", "read"): tells("+CMEE: {settings.error_mode}"),
    ("+CMEE", "test"): says("+CMEE: (0-2)"),
    ("+CSCS", "set"): _set_charset,
    ("+CSCS", "read"): says('+CSCS: "GSM"'),
    ("+CSCS", "test"): says('+CSCS: ("GSM","IRA")'),
    ("+CFUN", "set"): _set_function,
    ("+CFUN", "read"): tells("+CFUN: {settings.function}"),
    ("+CFUN", "test"): says("+CFUN: (0,1,4),(0,1)"),
    ("+CREG", "set"): _set_registration_urc,
    ("+CREG", "read"): _read_registration,
    ("+CREG", "test"): says("+CREG: (0-2)"),
    ("+CGREG", "set"): _set_packet_registration_urc,
    ("+CGREG", "read"): _read_packet_registration,
    ("+CGREG", "test"): says("+CGREG: (0-2)"),
    ("+CGATT", "read"): _read_attachment,
    ("+COPS", "set"): _set_operator,
    ("+COPS", "read"): _read_operator,
    ("+COPS", "test"): tells('+COPS: (2,"{identity.operator}","","{identity.plmn}"),,(0,3),(0,2)'),
    ("+CSQ", "run"): _read_signal,
    ("+CSQ", "test"): says("+CSQ: (0-31,99),(99)"),
    ("+CBC", "run"): says("+CBC: 0,100"),
    ("+CCLK", "read"): _read_clock,
    ("+CSCA", "set"): _set_smsc,
    ("+CSCA", "read"): tells('+CSCA: "{smsc}",145'),
}
