"""The kinds of mail about one report, and what each says. A table; no logic."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Kind = Literal[
    "disposisi",
    "tembusan",
    "tambahan",
    "dibuka",
    "dirahasiakan",
    "dibatalkan",
    "bantuan",
    "pengingat",
    "terlambat",
    "tanpa_jawaban",
    "atasan",
    "macet",
    "ombudsman",
]

ASKS = ""
"""The request of a letter that an agency is to answer with one of the words."""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What one kind of mail says.

    In `lead`, `request`, `to` and `notes` these are filled in: {late}, the agency that handles the report; {missed}, a
    sentence about the missed deadline; {age}, the days since the report came; {by}, by when; {code}, its ten digits.
    """

    headline: str
    lead: str
    request: str = ASKS
    to: str = ""
    """Whom it addresses, where that is not the agency of the dispatch."""
    about: str = ""
    """What the subject says first. Only in letters that begin a thread: within one the subject stays the same."""
    extra_title: str = "Tambahan"
    notes_title: str = ""
    notes: tuple[str, ...] = ()
    opens_thread: bool = False
    explains: bool = False
    """Whether it says why the report was sent here."""
    may_tell_secrets: bool = True
    """Whether the reader may see what a confidential report says: the handling office may, its superior may not."""


LETTERS: Mapping[Kind, Letter] = MappingProxyType(
    {
        "disposisi": Letter(
            headline="Laporan warga untuk Anda",
            lead="Seorang warga melapor lewat SMS ke 1708. Laporannya kami teruskan kepada Anda.",
            opens_thread=True,
            explains=True,
        ),
        "tembusan": Letter(
            headline="Tembusan untuk pengawasan",
            lead="Seorang warga melapor lewat SMS ke 1708. Instansi yang berwenang sudah menerima laporan ini. Anda "
            "mendapat tembusannya untuk diketahui.",
            request="Untuk diketahui. Email ini tidak perlu dijawab.",
            opens_thread=True,
            explains=True,
        ),
        "tambahan": Letter(
            headline="Keterangan baru dari pelapor",
            lead="Pelapor menambah keterangan untuk laporan yang sudah kami teruskan kepada Anda.",
            extra_title="Keterangan baru",
        ),
        "dibuka": Letter(
            headline="Pelapor: belum beres",
            lead="Pelapor menyatakan masalahnya belum beres, jadi laporan ini kami buka lagi. Mohon ditangani.",
            extra_title="Yang belum beres",
        ),
        "dirahasiakan": Letter(
            headline="Laporan kini rahasia",
            lead="Pelapor meminta laporan ini dirahasiakan. Penanganannya tetap berjalan.",
        ),
        "dibatalkan": Letter(
            headline="Laporan dibatalkan pelapor",
            lead="Pelapor mencabut laporan ini. Anda tidak perlu menindaklanjutinya.",
            request="Selesai. Anda tidak perlu membalas.",
            extra_title="Pesan pelapor",
        ),
        "bantuan": Letter(
            headline="Jawaban Anda belum terbaca",
            lead="Terima kasih sudah menjawab. Jawaban itu belum bisa kami teruskan kepada pelapor, karena baris "
            "pertamanya belum seperti salah satu cara di bawah ini. Mohon kirim sekali lagi.",
            extra_title="Jawaban Anda",
        ),
        "pengingat": Letter(
            headline="Pengingat: laporan ini menunggu jawaban",
            lead="Batas waktu laporan warga ini sudah dekat. Bila sudah ditangani, balas SELESAI dengan penjelasan. "
            "Bila sedang dikerjakan, balas PROSES. Bila perlu waktu lebih lama, balas TUNDA dengan tanggal dan "
            "alasannya.",
        ),
        "terlambat": Letter(
            headline="Batas waktu sudah lewat",
            lead="Kami belum menerima jawaban Anda atas laporan warga ini, dan pelapor sudah kami beri tahu. Jawaban "
            "Anda tetap kami tunggu. Bila perlu waktu, balas TUNDA dengan tanggal dan alasannya.",
        ),
        "tanpa_jawaban": Letter(
            headline="Pelapor tidak menjawab pertanyaan Anda",
            lead="Pertanyaan Anda sudah kami sampaikan, tetapi sampai batas waktunya pelapor tidak menjawab. Mohon "
            "lanjutkan penanganan dengan keterangan yang sudah ada.",
            extra_title="Pertanyaan Anda",
        ),
        "atasan": Letter(
            headline="Laporan warga terlambat dijawab",
            lead="Laporan warga ini belum dijawab. {missed} Kami memberi tahu Anda sebagai atasan instansi itu.",
            request="Mohon pastikan {late} menjawab {by}. Anda sendiri tidak perlu menjawab email ini.",
            to="Atasan {late}",
            about="Terlambat: ",
            notes_title="Kepada siapa berbicara",
            notes=(
                "Silakan berbicara langsung dengan pejabat penghubung instansi itu. Hanya mereka yang menjawab "
                "pelapor, dengan membalas email laporan yang sudah mereka terima.",
                "Ada pertanyaan untuk kami? Balas email ini dengan kalimat biasa. Petugas LAPOR! 1708 membacanya.",
            ),
            opens_thread=True,
            may_tell_secrets=False,
        ),
        "macet": Letter(
            headline="Instansi tetap tidak menjawab",
            lead="Laporan ini tidak dijawab, juga setelah instansinya kami tegur. {missed} Sekarang petugas LAPOR! "
            "1708 perlu turun tangan.",
            request="Mohon hubungi {late} {by}. Email ini sendiri tidak perlu dijawab.",
            to="Petugas LAPOR! 1708",
            about="Macet: ",
            notes_title="Yang dapat dilakukan",
            notes=(
                "Baca riwayatnya: smsd ticket show {code}",
                "Telepon instansi itu atau atasannya, lalu catat hasilnya: smsd ticket note {code} CATATAN",
                "Bila memang urusan instansi lain, pindahkan: smsd ticket assign {code} INSTANSI",
            ),
            opens_thread=True,
            may_tell_secrets=False,
        ),
        "ombudsman": Letter(
            headline="Warga meminta pemeriksaan Ombudsman",
            lead="Laporan ini belum selesai {age} hari setelah masuk. Pelapor kami tanya, dan ia meminta laporannya "
            "diteruskan kepada Ombudsman Republik Indonesia. Riwayat lengkapnya terlampir.",
            request="Mohon diperiksa sesuai kewenangan Ombudsman. Email ini sendiri tidak perlu dijawab.",
            to="Ombudsman Republik Indonesia",
            about="Permintaan pemeriksaan: ",
            notes_title="Kepada siapa berbicara",
            notes=(
                "Tentang penanganannya: {late}.",
                "Tentang pelapor: nomor teleponnya tidak kami berikan kepada siapa pun. Bila ada yang perlu ditanyakan "
                "kepadanya, balas email ini dengan kalimat biasa. Petugas LAPOR! 1708 membacanya, lalu menghubungi "
                "pelapor.",
            ),
            opens_thread=True,
        ),
    }
)
