"""The simulator as libGammu sees it; each session costs four seconds of its fixed waits."""

import asyncio

from smsd.simulator.simulator import open_simulator

CITIZEN = "+6281230000001"
SMSC = {"Number": "+62811000000"}


def sms(text, **more):
    """What SendSMS takes for one part."""
    return {"Text": text, "SMSC": SMSC, "Number": CITIZEN, "Coding": "Default_No_Compression"} | more


async def test_reads_the_type_plate_and_the_network(gammu_on):
    """libGammu's opening commands are all answered."""
    async with open_simulator(imei="001000000000017") as simulator:
        simulator.network.signal = 20
        async with gammu_on(simulator.device) as gammu:
            assert "001000000000017" == await gammu.call("GetIMEI")
            assert "001010000001708" == await gammu.call("GetSIMIMSI")
            assert ["smsd", "SIM1708"] == [await gammu.call("GetManufacturer"), (await gammu.call("GetModel"))[1]]
            assert "+62811000000" == (await gammu.call("GetSMSC"))["Number"]
            assert -73 == (await gammu.call("GetSignalQuality"))["SignalStrength"]
            network = await gammu.call("GetNetworkInfo")
            assert ("HomeNetwork", "001 01", "Test Network", "06AC") == tuple(
                network[key] for key in ("State", "NetworkCode", "NetworkName", "LAC")
            )
            assert None is await gammu.call("GetSecurityStatus")
            simulator.network.set_registration(2)
            assert "RequestingNetwork" == (await gammu.call("GetNetworkInfo"))["State"]
            assert None is await gammu.call("Reset", False)


async def test_drains_a_full_sim_and_what_waits_behind_it(gammu_on):
    """A walk reads 50 slots; each DeleteSMS makes room for one that waits in the network; order is kept."""
    texts = [f"Laporan nomor {number}: lampu jalan padam" for number in range(500)]
    async with open_simulator() as simulator, gammu_on(simulator.device) as gammu:
        for text in texts:
            simulator.network.text(CITIZEN, text)
        assert (450, 50) == (simulator.network.waiting, simulator.on_sim)
        walked = await gammu.call("walk")
        assert (texts[:50], list(range(1, 51))) == (
            [message["Text"] for message in walked],
            [message["Location"] for message in walked],
        )
        status = await gammu.call("GetSMSStatus")
        assert (50, 50) == (status["SIMUsed"], status["SIMSize"])
        drained = await gammu.call("drain")
        assert sorted(texts) == sorted(drained)
        assert texts[:50] == drained[:50]
        assert (0, 0) == (simulator.network.waiting, simulator.on_sim)


async def test_messages_in_phone_memory_are_walked_too(gammu_on):
    """With ME offered libGammu moves the receive memory to ME, finds what lands there, and can delete it."""
    async with open_simulator(sim_slots=2, me_slots=3) as simulator:
        for number in range(9):
            simulator.network.text(CITIZEN, f"pesan {number}")
        async with gammu_on(simulator.device) as gammu:
            locations = [message["Location"] for message in await gammu.call("walk")]
            assert [1, 2, 100001, 100002, 100003] == locations
            assert sorted(f"pesan {number}" for number in range(9)) == sorted(await gammu.call("drain"))


async def test_notifies_of_messages_and_delivery_reports(gammu_on):
    """With a gammurc and SetIncomingSMS(True), +CMTI and +CDS reach libGammu's callback."""
    async with open_simulator() as simulator, gammu_on(simulator.device) as gammu:
        await gammu.call("listen")
        assert [2, 1, 0, 1, 0] == simulator.modem.equipment.settings.indications
        simulator.network.text(CITIZEN, "Jalan rusak")
        await asyncio.sleep(0.05)
        events = await gammu.call("take_events", 3)
        assert [("SMS", 1, "Jalan rusak")] == [
            (kind, data["Location"], (await gammu.call("GetSMS", 0, data["Location"]))[0]["Text"])
            for kind, data in events
        ]

        reference = await gammu.call("SendSMS", sms("Laporan diterima", Type="Status_Report"))
        simulator.network.report_status[CITIZEN] = 0x46
        expired = await gammu.call("SendSMS", sms("Tidak sampai", Type="Status_Report"))
        await asyncio.sleep(0.05)
        reports = [data for _, data in await gammu.call("take_events", 5)]
        assert [("Status_Report", reference, CITIZEN, 0), ("Status_Report", expired, CITIZEN, 0x46)] == [
            tuple(report[key] for key in ("Type", "MessageReference", "Number", "DeliveryStatus")) for report in reports
        ]
        assert ["Laporan diterima"] == [text.text for text in simulator.network.inbox(CITIZEN)]


async def test_sends_parts_with_our_own_reference(gammu_on):
    """A part of a long message is one dict with its UDH as bytes; a text that does not fit is refused, not cut."""
    first, second = "A" * 153, "€ [ok] akhir"
    async with open_simulator() as simulator, gammu_on(simulator.device) as gammu:
        udh = [{"Type": "UserUDH", "Text": bytes([5, 0, 3, 77, 2, number])} for number in (1, 2)]
        assert 0 == await gammu.call("SendSMS", sms(second, UDH=udh[1]))
        assert () == simulator.network.inbox(CITIZEN)
        assert 1 == await gammu.call("SendSMS", sms(first, UDH=udh[0]))
        await asyncio.sleep(0.05)
        assert [first + second] == [text.text for text in simulator.network.inbox(CITIZEN)]

        assert "ERR_INVALIDDATA" == await gammu.call("SendSMS", sms("A" * 154, UDH=udh[0]))
        simulator.network.refuse["081230000001"] = 38
        assert "ERR_UNKNOWN" == await gammu.call("SendSMS", sms("ditolak"))
        simulator.network.refuse.clear()
        simulator.network.set_registration(0)
        assert "ERR_UNKNOWN" == await gammu.call("SendSMS", sms("tanpa jaringan"))
        assert 2 == len(simulator.network.raw_submits)


async def test_a_vanished_modem_is_an_error_at_once_and_can_come_back(gammu_on, tmp_path):
    """After the cable is pulled calls fail; after it is back a new session finds the messages still on the SIM."""
    async with open_simulator(link=tmp_path / "modem0") as simulator:
        simulator.network.text(CITIZEN, "Jalan rusak")
        async with gammu_on(simulator.device) as gammu:
            simulator.vanish()
            assert "ERR_DEVICEWRITEERROR" == await gammu.call("GetSignalQuality")
        simulator.plug_in()
        async with gammu_on(simulator.device) as gammu:
            assert ["Jalan rusak"] == await gammu.call("drain")


async def test_a_broken_pdu_stops_the_walk_as_from_a_real_sim(gammu_on):
    """What libGammu cannot decode hides what lies behind it until the slot is read around."""
    async with open_simulator() as simulator:
        simulator.network.text(CITIZEN, "sebelum")
        simulator.network.inject("0791261801")
        simulator.network.text(CITIZEN, "sesudah")
        async with gammu_on(simulator.device) as gammu:
            assert "ERR_CORRUPTED" == await gammu.call("walk")
            assert "ERR_CORRUPTED" == await gammu.call("GetSMS", 0, 2)
            assert "sesudah" == (await gammu.call("GetSMS", 0, 3))[0]["Text"]
