"""SMS TPDUs: PDUs put together by hand from TS 23.040, and properties over made-up and random ones."""

from datetime import datetime, timedelta, timezone
from random import Random
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parser import gsm7
from parser.pdu import (
    Concat,
    Deliver,
    PduError,
    StatusReport,
    Submit,
    WrongLength,
    decode_pdu,
    decode_submit,
    encode_deliver,
    encode_status_report,
    encode_submit,
    identity,
    join,
)

WIB = timezone(timedelta(hours=7))
MORNING = datetime(2026, 8, 3, 10, 12, 45, tzinfo=WIB)

SMSC = "07912618010000F0"  # +62811000000
CITIZEN = "0D91261832547698F0"  # +6281234567890
TEN_TWELVE = "62803001215482"  # MORNING
TEN_THIRTEEN = "62803001315482"
HELLO = "05E8329BFD06"  # "hello"
AAA_1_OF_2 = "0A05000307020182C120"  # header of six octets, a fill bit, "AAA"

writable = [char for char in gsm7.ALPHABET if char != "\x1b"] + list(gsm7.EXTENSION.values())
gsm_texts = st.text(st.sampled_from(writable), max_size=70)
any_texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
moments = st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30)).map(lambda at: at.replace(microsecond=0))
zones = st.integers(-48, 56).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))
numbers = st.from_regex(r"\+?[0-9]{3,15}", fullmatch=True)


def hello(*, first: str = "04", sender: str = CITIZEN, pid: str = "00", dcs: str = "00", data: str = HELLO) -> str:
    """An SMS-DELIVER with one field other than usual."""
    return SMSC + first + sender + pid + dcs + TEN_TWELVE + data


def deliver(pdu_hex: str) -> Deliver:
    """The PDU, which must be an SMS-DELIVER."""
    decoded = decode_pdu(pdu_hex)
    assert isinstance(decoded, Deliver)
    return decoded


def part(text: str, number: int, count: int, alphabet: Literal["gsm7", "ucs2"] | None = None) -> Deliver:
    """One part of a long message from the usual citizen."""
    concat = Concat(7, 8, number, count)
    return deliver(encode_deliver("+6281234567890", text, MORNING, concat=concat, alphabet=alphabet))


def report(pdu_hex: str) -> StatusReport:
    """The PDU, which must be an SMS-STATUS-REPORT."""
    decoded = decode_pdu(pdu_hex)
    assert isinstance(decoded, StatusReport)
    return decoded


class TestDeliver:
    def test_a_plain_message_field_by_field(self) -> None:
        """Every field of a PDU put together by hand."""
        expected = Deliver(
            smsc="+62811000000",
            sender="+6281234567890",
            sender_kind="international",
            sent_at=MORNING,
            pid=0,
            dcs=0,
            alphabet="gsm7",
            udh=b"",
            user_data=b"hello",
            concat=None,
            message_class=None,
        )
        assert expected == decode_pdu(hello())

    def test_the_text_of_a_plain_message(self) -> None:
        """Septets are read in the default alphabet."""
        assert "hello" == deliver(hello()).text

    def test_the_extension_table_leaves_no_stale_characters(self) -> None:
        """Five characters in seven septets are five characters: nothing of a longer SMS trails behind."""
        assert "a[1]€" == deliver(encode_deliver("+6281234567890", "a[1]€", MORNING)).text

    def test_lower_case_and_white_space_around_do_no_harm(self) -> None:
        """Modems differ in how they print hexadecimal digits."""
        assert "hello" == deliver(f" {hello().lower()}\r\n").text

    def test_without_an_smsc(self) -> None:
        """Length 0 in front: the modem does not tell the service centre."""
        assert deliver("00" + hello().removeprefix(SMSC)).smsc is None

    def test_an_empty_message(self) -> None:
        """No user data at all is an empty text, not an error."""
        assert "" == deliver(hello(data="00")).text

    def test_the_reserved_message_type_is_a_deliver_by_no_means(self) -> None:
        """Type 3 is nobody's: it goes to quarantine instead of being guessed at."""
        with pytest.raises(PduError, match="message type 3 at octet 8"):
            decode_pdu(hello(first="07"))

    @pytest.mark.parametrize(
        ("address", "sender", "kind"),
        [
            ("04817180", "1708", "other"),
            ("05816101F0", "16100", "other"),
            ("0BA18021436587F9", "08123456789", "national"),
            ("07D0D2A73009", "ROBI", "alphanumeric"),
            ("05811A32FB", "*123#", "other"),
            ("0391CDFE", "+bac", "international"),
            ("0091", "", "international"),
        ],
    )
    def test_senders(self, address: str, sender: str, kind: str) -> None:
        """Numbers as digits with a plus where they are international, names in letters (TS 23.040 section 9.1.2.5)."""
        read = deliver(hello(sender=address))
        assert (sender, kind) == (read.sender, read.sender_kind)

    @pytest.mark.parametrize(
        ("dcs", "alphabet", "message_class", "message_waiting"),
        [
            ("00", "gsm7", None, False),
            ("04", "8bit", None, False),
            ("08", "ucs2", None, False),
            ("0C", "8bit", None, False),
            ("10", "gsm7", 0, False),
            ("18", "ucs2", 0, False),
            ("44", "8bit", None, False),
            ("80", "gsm7", None, False),
            ("C8", "gsm7", None, True),
            ("D0", "gsm7", None, True),
            ("E0", "ucs2", None, True),
            ("F1", "gsm7", 1, False),
            ("F6", "8bit", 2, False),
        ],
    )
    def test_coding_schemes(self, dcs: str, alphabet: str, message_class: int | None, message_waiting: bool) -> None:
        """Alphabet, class and voicemail notice of each coding group (TS 23.038 section 4)."""
        read = deliver(hello(dcs=dcs, data="00"))
        assert (alphabet, message_class, message_waiting) == (read.alphabet, read.message_class, read.message_waiting)

    @pytest.mark.parametrize(
        ("octet", "hours"), [("82", 7), ("00", 0), ("83", 9.5), ("49", -3.5), ("32", 5.75), ("0A", -5)]
    )
    def test_zones(self, octet: str, hours: float) -> None:
        """Quarters of an hour, the sign in bit 3 (TS 23.040 section 9.2.3.11)."""
        read = deliver(hello().replace(TEN_TWELVE, TEN_TWELVE[:-2] + octet))
        assert timedelta(hours=hours) == read.sent_at.utcoffset()

    def test_ucs2_with_an_emoji(self) -> None:
        """A surrogate pair inside one part is one character."""
        assert "ok😀" == deliver(hello(dcs="08", data="08006F006BD83DDE00")).text

    def test_ucs2_without_what_postgresql_refuses(self) -> None:
        """U+0000 goes, a lone surrogate is replaced."""
        assert "ab\N{REPLACEMENT CHARACTER}" == deliver(hello(dcs="08", data="08006100000062D83D")).text

    def test_binary_data_is_no_text(self) -> None:
        """8-bit data stays readable as bytes."""
        read = deliver(hello(dcs="04", data="02F636"))
        assert ("", b"\xf6\x36") == (read.text, read.user_data)


class TestConcatenation:
    def test_an_8_bit_reference(self) -> None:
        """The header is cut off, its fill bit too."""
        read = deliver(hello(first="44", data=AAA_1_OF_2))
        assert (Concat(7, 8, 1, 2), "AAA") == (read.concat, read.text)

    def test_a_16_bit_reference(self) -> None:
        """Seven octets of header fill eight septets without a fill bit."""
        read = deliver(hello(first="44", data="0B06080412340201C16010"))
        assert (Concat(0x1234, 16, 1, 2), "AAA") == (read.concat, read.text)

    @pytest.mark.parametrize(
        ("header", "why"),
        [
            ("0500030702" + "00", "part 0"),
            ("0500030702" + "03", "part 3 of 2"),
            ("0500030700" + "00", "part 0 of 0"),
            ("0500040702" + "01", "element longer than the header"),
            ("0500020702" + "01", "element that leaves an octet over"),
            ("0501030702" + "01", "another element"),
            ("0508030702" + "01", "16-bit element with too little in it"),
        ],
    )
    def test_a_header_that_cannot_be_is_ignored_and_the_text_kept(self, header: str, why: str) -> None:
        """TS 23.040 section 9.2.3.24: the text is still a complaint."""
        read = deliver(hello(first="44", data="0A" + header + "82C120"))
        assert (None, "AAA") == (read.concat, read.text), why

    def test_other_elements_beside_it_are_skipped(self) -> None:
        """A port address (0x05) in front of the concatenation."""
        read = deliver(hello(first="44", dcs="08", data="0E" + "0B0504158A00000003070201" + "0061"))
        assert (Concat(7, 8, 1, 2), "a") == (read.concat, read.text)

    def test_of_two_the_last_counts(self) -> None:
        """A repeated element takes the place of the first (section 9.2.3.24)."""
        read = deliver(hello(first="44", dcs="08", data="0D" + "0A00030702010003090302" + "0061"))
        assert Concat(9, 8, 2, 3) == read.concat


class TestNationalLanguages:
    def test_a_single_shift_table(self) -> None:
        """Turkish: the escape and S are one letter."""
        assert "ŞA" == deliver(hello(first="44", data="0803240101D84C83")).text

    def test_a_locking_shift_table(self) -> None:
        """Bengali: every code is another letter."""
        assert "\u0982\u0983\u0985" == deliver(hello(first="44", data="0803250104080806")).text

    def test_both_beside_the_concatenation(self) -> None:
        """Their elements stand in one header."""
        read = deliver(hello(first="44", data="110B" + "0003070201" + "250106" + "240106" + "00361C"))
        assert (Concat(7, 8, 1, 2), "\u0901\u0966") == (read.concat, read.text)

    def test_a_language_of_nobody(self) -> None:
        """An element with an unknown language is as if it were not there."""
        assert deliver(hello(first="44", data="08032401F0D84C83")).text == "SA"

    def test_each_part_has_its_own(self) -> None:
        """A header speaks for one part."""
        turkish = deliver(hello(first="44", data="0D08" + "0003070201" + "240101" + "603305"))
        assert "ŞSe" == join([turkish, part("Se", 2, 2)])


class TestUnusual:
    @pytest.mark.parametrize("pid", ["40", "41", "47", "5F", "7F"])
    def test_no_protocol_identifier_drops_a_text(self, pid: str) -> None:
        """Silent (type 0), replacing another, a call to return: nobody else has kept it."""
        assert "hello" == deliver(hello(pid=pid)).text

    def test_a_replacement_is_a_text_of_its_own(self) -> None:
        """The first one stays."""
        first, second = deliver(hello(pid="41")), deliver(hello(pid="41", data="05F0B09C1E03"))
        assert identity(first) != identity(second)

    @pytest.mark.parametrize(("element", "waiting"), [("01028003", True), ("01020003", True), ("70028003", False)])
    def test_a_voicemail_told_by_header(self, element: str, waiting: bool) -> None:
        """Special SMS message indication (TS 23.040 section 9.2.3.24.2)."""
        assert waiting == deliver(hello(first="44", dcs="04", data="05" + "04" + element)).message_waiting

    @pytest.mark.parametrize("octets", ["99211332955500", "99211332955597", "00101000000000"])
    def test_the_ends_of_time(self, octets: str) -> None:
        """The last second of 2099 and the first of 2000 can be told in any zone."""
        read = deliver(hello().replace(TEN_TWELVE, octets))
        assert isinstance(identity(read), bytes)


class TestMalformed:
    @pytest.mark.parametrize(
        ("pdu_hex", "sentence"),
        [
            ("", "the SMSC length at octet 0 needs 1 octets, only 0 are left"),
            ("0", "pairs of hexadecimal digits, see octet 0"),
            ("07ZZ", "pairs of hexadecimal digits, see octet 1"),
            ("0791２６", "pairs of hexadecimal digits"),
            (SMSC[:-2], "the SMSC address at octet 1 needs 7 octets, only 6 are left"),
            (SMSC, "the message type at octet 8"),
            (hello(first="05"), "message type 1 at octet 8 is neither a DELIVER nor a STATUS-REPORT"),
            (SMSC + "04", "the length of the sender at octet 9"),
            (SMSC + "040D", "the type of the sender at octet 10"),
            (SMSC + "040D9126", "the sender at octet 11 needs 7 octets, only 1 are left"),
            (SMSC + "0415912618", "the sender at octet 9 has 21 semi-octets, more than 20"),
            (SMSC + "04" + CITIZEN, "the protocol identifier at octet 18"),
            (SMSC + "04" + CITIZEN + "00", "the data coding scheme at octet 19"),
            (hello(dcs="20"), "data coding scheme 0x20 at octet 19 is compressed text"),
            (SMSC + "04" + CITIZEN + "0000" + "628030", "the service centre time stamp at octet 20 needs 7 octets"),
            (hello().replace(TEN_TWELVE, "62313001215482"), "time stamp at octet 20 is no date and time"),
            (hello().replace(TEN_TWELVE, "A2803001215482"), "time stamp at octet 20 is no date and time"),
            (hello().replace(TEN_TWELVE, "628030012154F2"), "time stamp at octet 20 is no date and time"),
            (hello(data=""), "the user data length at octet 27"),
            (hello(first="44", data="00"), "user data header at octet 28 is longer than the user data"),
            (hello(first="44", data="07C8000301020178"), "user data header at octet 28 is longer than the user data"),
            (hello(first="44", data="06050003070201"), "user data length at octet 27 ends inside the user data header"),
            (hello(dcs="08", data="03006100"), "UCS-2 text behind octet 27 has an odd number of octets, 3"),
        ],
    )
    def test_the_error_says_what_and_where(self, pdu_hex: str, sentence: str) -> None:
        """An operator who looks at the quarantine can find the octet."""
        with pytest.raises(PduError, match=sentence):
            decode_pdu(pdu_hex)

    @pytest.mark.parametrize(
        ("dcs", "data", "left"),
        [
            ("00", "0BE8329BFD06DDDF", "hello wo"),
            ("08", "0600610062", "ab"),
            ("08", "06006100", "a"),
            ("00", "05E8329BFD0600", "hello"),
            ("04", "02F6", ""),
        ],
    )
    def test_a_text_of_the_wrong_length_is_an_error_that_keeps_what_is_there(
        self, dcs: str, data: str, left: str
    ) -> None:
        """The words that did arrive are not lost with the PDU."""
        with pytest.raises(WrongLength, match="the user data length at octet 27 promises") as caught:
            decode_pdu(hello(dcs=dcs, data=data))
        assert ("+6281234567890", left) == (getattr(caught.value.partial, "sender", None), caught.value.partial.text)

    def test_a_submit_cut_short_keeps_what_is_there(self) -> None:
        """The same for the other direction."""
        with pytest.raises(WrongLength) as caught:
            decode_submit("000100" + CITIZEN + "0000" + "0BE8329BFD06DDDF")
        assert "hello wo" == caught.value.partial.text

    @given(st.one_of(st.binary(max_size=60).map(bytes.hex), st.text(max_size=60)))
    def test_random_input_is_read_or_refused(self, pdu_hex: str) -> None:
        """Nothing but PduError ever comes out, in either direction."""
        for decode in (decode_pdu, decode_submit):
            try:
                decode(pdu_hex)
            except PduError as exc:
                assert str(exc)

    @given(st.sampled_from(["04", "44", "06"]), st.binary(max_size=60))
    def test_random_data_behind_a_good_beginning_is_read_or_refused(self, first: str, octets: bytes) -> None:
        """The same where the beginning makes sense."""
        try:
            assert isinstance(decode_pdu(SMSC + first + octets.hex()).sent_at, datetime)
        except PduError as exc:
            assert str(exc)

    @given(st.integers(0, 255), st.binary(max_size=40))
    def test_random_user_data_is_read_or_refused(self, dcs: int, data: bytes) -> None:
        """The same where only coding scheme and user data are random, with a header."""
        try:
            assert "\0" not in deliver(hello(first="44", dcs=f"{dcs:02X}", data=data.hex())).text
        except PduError as exc:
            assert str(exc)

    @given(st.data())
    def test_a_pdu_cut_anywhere_is_refused(self, data: st.DataObject) -> None:
        """No beginning of a PDU passes for a whole one."""
        whole = hello(first="44", data=AAA_1_OF_2)
        cut = data.draw(st.integers(0, len(whole) - 1))
        with pytest.raises(PduError):
            decode_pdu(whole[:cut])


class TestStatusReport:
    PDU = SMSC + "062A" + CITIZEN + TEN_TWELVE + TEN_THIRTEEN + "00"

    def test_field_by_field(self) -> None:
        """Every field of a report put together by hand."""
        later = MORNING + timedelta(minutes=1)
        assert StatusReport("+62811000000", 42, "+6281234567890", MORNING, later, 0) == decode_pdu(self.PDU)

    def test_optional_fields_behind_the_status_are_passed_over(self) -> None:
        """TP-PI and what it announces."""
        assert 42 == report(self.PDU + "0100").reference

    @pytest.mark.parametrize(
        ("status", "outcome"),
        [
            (0x00, "delivered"),
            (0x01, "delivered"),
            (0x1F, "delivered"),
            (0x20, "trying"),
            (0x3F, "trying"),
            (0x40, "failed"),
            (0x46, "failed"),
            (0x60, "failed"),
            (0xFF, "failed"),
        ],
    )
    def test_outcomes(self, status: int, outcome: str) -> None:
        """The groups of TS 23.040 section 9.2.3.15; what is reserved counts as failed."""
        assert outcome == report(self.PDU[:-2] + f"{status:02X}").outcome

    @pytest.mark.parametrize("nothing", ["00000000000000", "FFFFFFFFFFFFFF"])
    def test_without_a_discharge_time(self, nothing: str) -> None:
        """What became of the SMS is told all the same."""
        read = report(self.PDU.replace(TEN_THIRTEEN, nothing)[:-2] + "46")
        assert (MORNING, "failed") == (read.discharged_at, read.outcome)

    def test_without_a_status(self) -> None:
        """A report that does not say what happened is none."""
        with pytest.raises(PduError, match="the status at octet 33"):
            decode_pdu(self.PDU[:-2])

    def test_written_as_by_hand(self) -> None:
        """The network's side gives the same PDU."""
        later = MORNING + timedelta(minutes=1)
        assert self.PDU == encode_status_report("+6281234567890", 42, MORNING, later)

    @given(numbers, st.integers(0, 255), st.integers(0, 255), moments, zones)
    def test_what_is_written_is_read(
        self, recipient: str, reference: int, status: int, at: datetime, zone: timezone
    ) -> None:
        """Every report survives."""
        sent = at.replace(tzinfo=zone)
        written = encode_status_report(recipient, reference, sent, sent, status, smsc="+62855000000")
        assert StatusReport("+62855000000", reference, recipient, sent, sent, status) == decode_pdu(written)


class TestSubmit:
    def test_as_libgammu_writes_it(self) -> None:
        """A relative validity period of one octet is passed over."""
        expected = Submit(
            smsc="+62811000000",
            reference=0,
            recipient="+6281234567890",
            pid=0,
            dcs=0,
            alphabet="gsm7",
            udh=b"",
            user_data=b"hi",
            concat=None,
            report_requested=False,
        )
        assert expected == decode_submit(SMSC + "1100" + CITIZEN + "0000FF" + "02E834")

    @pytest.mark.parametrize(("first", "validity"), [("01", ""), ("11", "FF"), ("09", "00" * 7), ("19", TEN_TWELVE)])
    def test_validity_period_formats(self, first: str, validity: str) -> None:
        """None, relative, enhanced and absolute (TS 23.040 section 9.2.3.3)."""
        assert "hi" == decode_submit("00" + first + "00" + CITIZEN + "0000" + validity + "02E834").text

    def test_a_report_can_be_asked_for(self) -> None:
        """Bit 5 of the first octet."""
        assert decode_submit(encode_submit("1708", "x", report_requested=True)).report_requested

    def test_anything_else_is_refused(self) -> None:
        """A DELIVER does not come from AT+CMGS."""
        with pytest.raises(PduError, match="message type 0 at octet 8 is not a SUBMIT"):
            decode_submit(hello())

    @given(numbers, any_texts, st.integers(0, 255), st.booleans())
    def test_what_is_written_is_read(self, recipient: str, text: str, reference: int, wanted: bool) -> None:
        """Recipient, text, reference and part survive."""
        concat = Concat(reference, 8, 1, 2)
        written = encode_submit(recipient, text, reference=reference, concat=concat, report_requested=wanted)
        read = decode_submit(written)
        assert (recipient, text, reference, concat, wanted) == (
            read.recipient,
            read.text,
            read.reference,
            read.concat,
            read.report_requested,
        )


class TestEncodeDeliver:
    def test_written_as_by_hand(self) -> None:
        """The network's side gives the same PDU."""
        assert hello() == encode_deliver("+6281234567890", "hello", MORNING)

    def test_a_part_written_as_by_hand(self) -> None:
        """Header, fill bit and first octet."""
        written = encode_deliver("+6281234567890", "AAA", MORNING, concat=Concat(7, 8, 1, 2))
        assert hello(first="44", data=AAA_1_OF_2) == written

    def test_without_an_smsc(self) -> None:
        """As a modem prints it that does not tell."""
        assert "00" + hello().removeprefix(SMSC) == encode_deliver("+6281234567890", "hello", MORNING, smsc=None)

    @pytest.mark.parametrize(
        "sender", ["PROMO-TSEL", "BRI", "INFO Kota11", "1708", "*123#", "+6281234567890", "7chars!"]
    )
    def test_senders_survive(self, sender: str) -> None:
        """Names and numbers of odd and even length."""
        assert sender == deliver(encode_deliver(sender, "x", MORNING)).sender

    @given(any_texts, moments, zones)
    def test_what_is_written_is_read(self, text: str, at: datetime, zone: timezone) -> None:
        """Text and moment survive, in the alphabet that fits."""
        read = deliver(encode_deliver("+6281234567890", text, at.replace(tzinfo=zone)))
        expected = "ucs2" if gsm7.septets(text) is None else "gsm7"
        assert (text, at.replace(tzinfo=zone), expected) == (read.text, read.sent_at, read.alphabet)

    @given(gsm_texts, st.integers(0, 65535), st.integers(1, 255))
    def test_16_bit_parts_survive(self, text: str, reference: int, number: int) -> None:
        """Reference and number of any size."""
        concat = Concat(reference, 16, number, 255)
        read = deliver(encode_deliver("+6281234567890", text, MORNING, concat=concat))
        assert (text, concat) == (read.text, read.concat)

    @pytest.mark.parametrize(
        ("sender", "text", "sentence"),
        [
            ("+6281234567890", "a" * 161, "the user data takes 141 octets, one SMS has 140"),
            ("+6281234567890", "ê" * 71, "the user data takes 142 octets, one SMS has 140"),
            ("+6281234567890", "a" * 400, "the user data takes 350 octets, one SMS has 140"),
            ("LAPOR 1708 12", "a", "at most 11 septets, this one has 13"),
            ("1" * 21, "a", "at most 20 digits, this one has 21"),
            ("Kêmensos", "a", "'ê' at position 1"),
        ],
    )
    def test_what_does_not_fit_is_refused(self, sender: str, text: str, sentence: str) -> None:
        """Nothing is cut without a word."""
        with pytest.raises(ValueError, match=sentence):
            encode_deliver(sender, text, MORNING)

    def test_a_naive_moment_is_refused(self) -> None:
        """A time stamp without a zone would be a guess."""
        with pytest.raises(ValueError, match="aware"):
            encode_deliver("+6281234567890", "a", datetime(2026, 8, 3))


class TestIdentity:
    def test_the_same_part_through_another_smsc_is_the_same(self) -> None:
        """A network that delivers once more may do so from another centre."""
        again = encode_deliver("+6281234567890", "hello", MORNING, smsc="+62816000000")
        assert identity(deliver(hello())) == identity(deliver(again))

    @pytest.mark.parametrize(
        "other",
        [
            encode_deliver("+6281234567891", "hello", MORNING),
            encode_deliver("+6281234567890", "hello!", MORNING),
            encode_deliver("+6281234567890", "hello", MORNING + timedelta(seconds=1)),
            encode_deliver("+6281234567890", "hello", MORNING, alphabet="ucs2"),
            encode_deliver("+6281234567890", "hello", MORNING, concat=Concat(7, 8, 1, 2)),
            hello(dcs="10"),
        ],
    )
    def test_anything_else_is_not(self, other: str) -> None:
        """Sender, text, time, coding scheme and header each make a difference."""
        assert identity(deliver(hello())) != identity(deliver(other))

    def test_parts_of_one_message_differ(self) -> None:
        """Even where they say the same."""
        assert identity(part("ya", 1, 2)) != identity(part("ya", 2, 2))


class TestJoin:
    def test_one_part_is_its_text(self) -> None:
        """Most messages have no parts."""
        assert "hello" == join([deliver(hello())])

    def test_no_part_is_no_text(self) -> None:
        """Nothing comes of nothing."""
        assert "" == join([], gap=" ... ")

    def test_any_order(self) -> None:
        """Parts come as they like."""
        assert "lampu jalan mati" == join([part("jalan ", 2, 3), part("mati", 3, 3), part("lampu ", 1, 3)])

    def test_an_escape_pair_over_the_seam(self) -> None:
        """The escape is the last septet of one part, its code the first of the next."""
        first = deliver(hello(first="44", data="09050003070201821B"))
        second = deliver(hello(first="44", data="09050003070202CA42"))
        assert "A€B" == join([first, second])

    def test_a_surrogate_pair_over_the_seam(self) -> None:
        """One half of an emoji in each part."""
        first = deliver(hello(first="44", dcs="08", data="0A0500030702010062D83D"))
        second = deliver(hello(first="44", dcs="08", data="0A050003070202DE000063"))
        assert "b😀c" == join([second, first])

    def test_half_an_emoji_with_nothing_behind_it(self) -> None:
        """A lone surrogate is replaced, for no database takes it."""
        lone = deliver(hello(first="44", dcs="08", data="0A0500030702010062D83D"))
        assert "b\N{REPLACEMENT CHARACTER}" == join([lone])

    def test_nul_is_taken_out(self) -> None:
        """PostgreSQL refuses U+0000."""
        nul = deliver(hello(first="44", dcs="08", data="0C050003070202006100000062"))
        assert "xab" == join([part("x", 1, 2, "ucs2"), nul])

    def test_mixed_alphabets(self) -> None:
        """Phones write the part with the emoji in UCS-2 and the other one in GSM-7."""
        assert "Terima kasih 😀 pak" == join([part(" pak", 3, 3), part("Terima kasih ", 1, 3), part("😀", 2, 3)])

    def test_a_gap_is_shown_where_a_part_is_missing(self) -> None:
        """At the beginning, between and at the end."""
        assert "[...]b[...]d[...]" == join([part("d", 4, 5), part("b", 2, 5)], gap="[...]")

    def test_without_a_gap_sign_parts_follow_one_another(self) -> None:
        """The caller may prefer to mark nothing."""
        assert "bd" == join([part("d", 4, 5), part("b", 2, 5)])

    def test_an_escape_before_a_missing_part_does_not_eat_the_next(self) -> None:
        """Only parts that follow one another are joined before they are decoded."""
        escape = deliver(hello(first="44", data="0905000307" + "0301" + "821B"))
        assert "A  e" == join([escape, part("e", 3, 3)], gap=" ")

    @given(st.text(st.sampled_from(writable), min_size=1, max_size=700), st.randoms())
    def test_a_split_gsm_text_comes_together(self, text: str, chance: Random) -> None:
        """Cut, sent, shuffled and joined."""
        parts = gsm7.split(text).parts
        received = [part(words, n, len(parts), "gsm7") for n, words in enumerate(parts, 1)]
        chance.shuffle(received)
        assert text == join(received)

    @given(any_texts.map(lambda text: 5 * text + "ê"))
    def test_a_split_ucs2_text_comes_together(self, text: str) -> None:
        """The same for any script."""
        parts = gsm7.split(text).parts
        assert text == join([part(words, n, len(parts), "ucs2") for n, words in enumerate(parts, 1)])

    @given(st.text(st.sampled_from("a😀"), min_size=1, max_size=20), st.integers(1, 39))
    def test_ucs2_cut_in_any_place_comes_together(self, text: str, cut: int) -> None:
        """Phones cut between two UTF-16 units, whatever they are."""
        units = text.encode("utf-16-be")
        halves = (units[: 2 * cut], units[2 * cut :])
        received = [
            part(half.decode("utf-16-be", "surrogatepass"), number, 2, "ucs2") for number, half in enumerate(halves, 1)
        ]
        assert text == join(received)
