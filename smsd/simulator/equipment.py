"""What the modem is and what it remembers between commands: identity, memories, and the settings a reset undoes.

Memories, decided after libGammu 1.45.1: before each listing it selects every memory that ``AT+CPMS=?`` offers, as
``AT+CPMS="SM","SM","SM"`` and then ``AT+CPMS="ME","ME","ME"``, and so moves the place where new messages go (mem3).
A modem with ``me_slots=0``, the default, offers "SM" only, as plain modules do: new messages can only land there. With
``me_slots`` it offers "SM" and "ME" in all three lists, and new messages land in whatever mem3 is at that moment; both
are walked by GetNextSMS. There is no spilling over: when mem3 is full the network keeps what follows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from smsd.simulator.network import Network
from smsd.simulator.storage import Storage

_PIN_TRIES = 3  # 3GPP TS 31.101: then the SIM asks for its PUK
# A test number of TS 23.003 §6: reporting body 00, type 100000, with its check digit.
DEFAULT_IMEI = "001000000000009"


@dataclass(frozen=True, slots=True)
class Identity:
    """The numbers on the type plate and on the SIM; PLMN 001 01 is the test network of 3GPP TS 36.508."""

    imei: str = DEFAULT_IMEI
    imsi: str = "001010000001708"
    iccid: str = "8900101000000170801"
    own_number: str = "1708"
    manufacturer: str = "smsd"
    model: str = "SIM1708"
    firmware: str = "1"
    operator: str = "Test Network"
    plmn: str = "00101"
    smsc: str = "+62811000000"
    location_area: str = "06AC"
    cell: str = "000C0DE5"


@dataclass(slots=True)
class Settings:
    """What ``ATZ`` and ``AT+CFUN=1,1`` put back."""

    echo: bool = True
    error_mode: int = 0
    registration_urc: int = 0
    packet_registration_urc: int = 0
    operator_format: int = 0
    function: int = 1
    message_service: int = 0
    # AT+CNMI <mode>,<mt>,<bm>,<ds>,<bfr>, TS 27.005 §3.4.1.
    indications: list[int] = field(default_factory=lambda: [0, 0, 0, 0, 0])
    # AT+CPMS <mem1>,<mem2>,<mem3>: read and delete, write and send, received.
    memories: list[str] = field(default_factory=lambda: ["SM", "SM", "SM"])


class Equipment:
    """The modem without its line: what command handlers read and change."""

    def __init__(
        self, network: Network, *, identity: Identity, sim_slots: int, me_slots: int, clock: Callable[[], datetime]
    ) -> None:
        self.network = network
        self.identity = identity
        self.clock = clock
        self.smsc = identity.smsc
        self.pin: str | None = None  # of the SIM; asked for since the last power-on while `pin_wanted`
        self.pin_wanted = False
        self.pin_tries = _PIN_TRIES
        self.settings = Settings()
        sizes = {"SM": sim_slots, "ME": me_slots}
        self.storages = {name: Storage(name, size) for name, size in sizes.items() if size or name == "SM"}

    @property
    def reading(self) -> Storage:
        """The memory that AT+CMGL, AT+CMGR and AT+CMGD work on (mem1)."""
        return self.storages[self.settings.memories[0]]

    @property
    def receiving(self) -> Storage:
        """The memory where new messages land (mem3)."""
        return self.storages[self.settings.memories[2]]

    @property
    def is_registered(self) -> bool:
        """Whether messages pass: the network is there and the radio is on."""
        return self.network.is_registered and self.settings.function == 1

    def ask_for_pin(self, pin: str | None) -> None:
        """Put in a SIM that wants this PIN, or none."""
        self.pin, self.pin_wanted, self.pin_tries = pin, pin is not None, _PIN_TRIES

    def reset(self) -> None:
        """Put every setting back to what it is at power-on; messages stay."""
        self.settings = Settings()
