"""Of the text of an answer, what its sender wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parser.mail_quotes import cut_closing, cut_quotes

ANSWER = "SELESAI lampu sudah diganti"


class TestCutQuotes:
    @pytest.mark.parametrize(
        "quote",
        [
            "== balas di atas baris ini ==\nLaporan 482 130 9764",
            "> == Balas di atas baris ini ==\n> Laporan",
            "> kutipan",
            "Pada Sen, 3 Agu 2026 pukul 10.12 LAPOR! 1708 <lapor@1708.example> menulis:\n\n> Laporan",
            "Pada tanggal Sen, 3 Agu 2026 pukul 10.12 LAPOR! 1708 <\nlapor@1708.example> menulis:\n> Laporan",
            "Pada Senin, 3 Agustus 2026 10:12:45 WIB, LAPOR! 1708\n<t-abc@1708.example>\nmenulis:\nLaporan",
            "On Mon, Aug 3, 2026 at 10:12 AM LAPOR! 1708 <lapor@1708.example> wrote:\n> Laporan",
            "2026-08-03 10:12 GMT+07:00 LAPOR! 1708 <lapor@1708.example>:\n> Laporan",
            "Dari: LAPOR! 1708\nDikirim: Senin, 3 Agustus 2026\nKepada: dinas\nSubjek: Laporan",
            "*Dari:* LAPOR! 1708\n*Tanggal:* 3 Agu 2026",
            "From: LAPOR! 1708\n\nSent: Monday\nTo: dinas\nSubject: Laporan",
            "-----Original Message-----\nLaporan",
            "-----Pesan Asli-----\nLaporan",
            "---------- Forwarded message ---------\nLaporan",
            "________________________________\nLaporan",
            "-- \nBidang Lampu",
            "Dikirim dari HP saya",
            "Sent from my iPhone",
            "--\nBidang Lampu",
            "Pada 2026-08-03 10:12, LAPOR! 1708 menulis:\n> Laporan",
            "    Pada Senin, 3 Agustus 2026 pukul 10.12.45 WIB, LAPOR! <lapor@1708.example> menulis:  \n \n Laporan",
            "  Pada Sen, 3 Agu 2026 pada 10.12, LAPOR! 1708<lapor@1708.example> menulis:   Laporan warga",
            "Dari: LAPOR! 1708\nKepada: dinas\nTerkirim: Senin\nPerihal: Laporan",
            "----- Pesan Terusan -----\nDari: LAPOR",
            "Mulai pesan yang diteruskan:\n\n> Dari: LAPOR",
            "Begin forwarded message:\n\n> From: LAPOR",
            "-------- Pesan Diteruskan --------\nPerihal: Laporan",
            "Dikirim dari ponsel Galaxy saya",
            "Dapatkan Outlook untuk Android<https://aka.ms/x>",
            "Get Outlook for iOS",
            "Dikirim dari Yahoo Mail untuk Android",
            "Yahoo Mail: Search, Organize, Conquer",
        ],
    )
    def test_what_mail_programs_put_below(self, quote: str) -> None:
        """Indonesian and English headers, markers and signatures are cut with all below."""
        assert ANSWER == cut_quotes(f"{ANSWER}\n\n{quote}\n")

    def test_the_shortest_beginning_wins(self) -> None:
        """Several signs of a quote: the first of them."""
        assert ANSWER == cut_quotes(f"{ANSWER}\n\nOn Mon X wrote:\n\n> y\n== balas di atas baris ini ==\nz")

    @pytest.mark.parametrize(
        "text",
        [
            "Dari: warga RT 3 kami dengar hal yang sama",
            "Pada hari Senin petugas datang",
            "Dikirim dari gudang kami kemarin",
            "lebar jalan 3 -- 4 meter",
            "ON PROGRESS tim sedang survei",
            "Pada pagi ini warga menulis: terima kasih",
        ],
    )
    def test_sentences_that_only_look_like_it(self, text: str) -> None:
        """A header needs another one below it, a device its name."""
        assert text == cut_quotes(text)

    def test_an_answer_below_the_quote(self) -> None:
        """Where nothing stands above, the quoted lines go and the rest stays."""
        text = "Pada Sen, 3 Agu 2026 LAPOR! 1708 <lapor@1708.example> menulis:\n> Laporan\n> lagi\n\nTERIMA\n"
        assert "TERIMA" == cut_quotes(text)

    @pytest.mark.parametrize(
        "text",
        [
            "---------- Forwarded message ---------\nDari: LAPOR\nTo: dinas\n\nSELESAI contoh",
            "________________________________\nDari: LAPOR\nDikirim: Senin\n\nSELESAI contoh",
            "On Mon, Aug 3, 2026 LAPOR wrote:\n> SELESAI contoh",
            "== balas di atas baris ini ==\nSELESAI contoh",
        ],
    )
    def test_where_all_is_quoted_nothing_is_left(self, text: str) -> None:
        """The examples in our own mail are nobody's answer."""
        assert "" == cut_quotes(text)

    def test_nothing_is_nothing(self) -> None:
        """An empty mail has no answer."""
        assert "" == cut_quotes("")

    @given(st.text())
    def test_no_quoted_line_is_left(self, text: str) -> None:
        """Whatever the text, no answer has a line that begins with >."""
        assert not [line for line in cut_quotes(text).split("\n") if line.startswith(">")]


class TestCutClosing:
    @pytest.mark.parametrize(
        "closing",
        [
            "Hormat kami,\nBidang Lampu",
            "Salam,\nAdmin",
            "Wassalamu'alaikum wr wb",
            "Demikian disampaikan, terima kasih.",
            "Demikian atas perhatiannya diucapkan terima kasih\nKepala Dinas",
            "Atas perhatian Bapak/Ibu kami ucapkan terima kasih",
            "Terima kasih",
            "Best regards,\nAdmin",
            "Kepala Bidang Lampu\nNIP. 19790412 200501 1 007",
            "NIP 197904122005011007",
            "Email ini bersifat rahasia dan hanya untuk penerima.",
            "DISCLAIMER: isi surel ini ...",
            "This e-mail is confidential and may be privileged.",
            "Please consider the environment before printing",
        ],
    )
    def test_is_not_for_the_citizen(self, closing: str) -> None:
        """Greetings, names with their numbers, and what lawyers put below."""
        assert ANSWER == cut_closing(f"{ANSWER}\n\n{closing}\n")

    @pytest.mark.parametrize(
        "text",
        [
            "Terima kasih",
            "SELESAI, terima kasih",
            "Salam pak\nSELESAI lampu sudah diganti",
            "Informasi pelapor kami rahasiakan",
            "Kepala desa sudah kami hubungi.\nLampu menyala.",
        ],
    )
    def test_words_that_only_look_like_it(self, text: str) -> None:
        """A greeting above, thanks alone, a sentence."""
        assert text == cut_closing(text)

    def test_the_first_line_is_never_a_name(self) -> None:
        """Even right above a staff number."""
        assert "SELESAI Lampu Diganti" == cut_closing("SELESAI Lampu Diganti\nNIP 197904122005011007")

    @given(st.text())
    def test_any_text(self, text: str) -> None:
        """It only gets shorter."""
        assert len(cut_closing(text)) <= len(text)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "piece", ["On ", "On 1 <", "Dari: a\n", "> ", "-", "_", "Aa Bb\n", "NIP 1 ", "email ini ", "\n", "Demikian "]
)
def test_long_texts_take_no_long_time(piece: str) -> None:
    """As long as a text may be."""
    cut_closing(cut_quotes((piece * 200_000)[:200_000]))
