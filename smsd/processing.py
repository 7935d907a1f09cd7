"""The record of processing activities that UU PDP 27/2022 asks for (article 31), made from the configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from config.settings import Settings
from routing.classify import Router

_BASIS = "tugas pelayanan publik dan kewajiban hukum (UU 27/2022 ps. 20 ayat 2 huruf c dan e; UU 25/2009 ps. 36-37)"


def processing_record(settings: Settings, router: Router) -> dict[str, Any]:
    """What is done with which data, why, on what basis, who gets them, and how long they are kept."""
    privacy = settings.privacy
    other = _days(privacy.retention_other, "sesudah masuk")
    return {
        "pengendali": privacy.controller or "BELUM DIISI: [privacy] controller",
        "kontak": privacy.contact or "BELUM DIISI: [privacy] contact",
        "layanan": f"laporan warga lewat SMS ke {settings.gateway.short_code}",
        "dasar": _BASIS,
        "kegiatan": [
            {
                "nama": "menerima dan menjawab SMS",
                "data": "nomor telepon; isi SMS, yang dapat memuat data kesehatan, keuangan, dan data anak",
                "tujuan": "mencatat laporan, memberi nomor laporan, memberi tahu perkembangannya",
                "penerima": "operator seluler",
                "retensi": {
                    name: _days(getattr(privacy, f"retention_{name}"), "sesudah laporan ditutup")
                    for name in ("pengaduan", "pengawasan", "informasi", "aspirasi")
                },
            },
            {
                "nama": "memilih instansi secara otomatis",
                "data": "isi laporan, tempat kejadian",
                "tujuan": "meneruskan laporan kepada yang berwenang; yang meragukan diputuskan oleh petugas",
                "penerima": "tidak ada; berjalan di server ini",
                "retensi": {"alasan keputusan": "seperti laporannya"},
            },
            {
                "nama": "meneruskan laporan lewat surel",
                "data": "isi laporan tanpa nomor pelapor; nomor telepon, NIK, dan kartu di dalam isi disamarkan",
                "tujuan": "penanganan oleh instansi",
                "penerima": f"{sum(1 for _ in router.agencies)} instansi di agencies.csv, lewat {settings.mail.host}",
                "retensi": {"surel terkirim dan jawaban": "seperti laporannya"},
            },
            {
                "nama": "menyaring iklan dan penipuan",
                "data": "SMS yang bukan laporan",
                "tujuan": "melindungi layanan",
                "penerima": "tidak ada",
                "retensi": {"SMS": other},
            },
        ],
        "pengamanan": (
            "nomor, isi SMS, isi surel, dan catatan disandikan AES-256-SIV; nomor dicari lewat HMAC-SHA-256; "
            "kunci di luar basis data; log dan metrik tanpa nomor dan isi; "
            "setiap pembukaan nomor tercatat dengan alasannya"
        ),
        "hak_subjek": "akses, ralat, dan penghapusan dalam 3x24 jam: smsd privacy export, correct, erase, requests",
    }


def _days(days: int, after: str) -> str:
    return f"{days} hari {after}, lalu dihapus otomatis"


def record_as_markdown(record: Mapping[str, Any]) -> str:
    """For a document that people sign."""
    return "\n".join(_lines(record))


def _lines(record: Mapping[str, Any]) -> Iterator[str]:
    yield "# Catatan kegiatan pemrosesan data pribadi"
    yield ""
    yield "Pasal 31 UU 27/2022 tentang Pelindungan Data Pribadi."
    yield ""
    for key in ("pengendali", "kontak", "layanan", "dasar", "pengamanan", "hak_subjek"):
        yield f"- **{key.replace('_', ' ')}**: {record[key]}"
    for activity in record["kegiatan"]:
        yield from ("", f"## {activity['nama'][0].upper()}{activity['nama'][1:]}", "")
        for key in ("data", "tujuan", "penerima"):
            yield f"- **{key}**: {activity[key]}"
        for what, how_long in activity["retensi"].items():
            yield f"- **retensi {what}**: {how_long}"
