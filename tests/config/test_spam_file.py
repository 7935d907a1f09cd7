"""The marks of spam as shipped, and an operator's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.data_files import Problems, ReferenceDataError
from config.spam_file import load_spam, read_spam
from routing.spam import CITIZEN, Mark, SpamFilter

SHIPPED_MARKS = read_spam([], None).marks
SHIPPED = load_spam(None)

FRAUD = """
    Nasabah Yth, tarif transfer berubah menjadi Rp150.000/bulan. Jika tidak setuju isi formulir http://bank.example.com
    Selamat! Nomor Anda terpilih mendapatkan hadiah 100jt. Kode PIN: SH77K2. Info: www.gebyar.example.com
    SLMT no anda m-dpt mobil AVANZA, pin pemenang b77k2m9, u/info klik www.undian.example.com
    Paket anda tertahan, silakan buka foto resi paket di file apk ini
    Kerja sampingan hanya like dan subscribe, gaji 300rb/hari hub 081200000000
    SLOT GACOR hari ini bonus new member 100% depo 10rb pasti WD klik www.slot.example.com
    Butuh dana cepat? Pinjaman online cair 5 menit tanpa jaminan hanya KTP. WA 081200000000
    Mah ini nomor baruku, tolong isiin pulsa 50rb ya penting, jgn telp dulu
    Om saya ditahan polisi, tolong transfer ke rek BCA 1234567890 a/n bendahara, jangan telp
    Transfer ke rek mandiri 1230009876543 a/n bendahara ya, kalau sudah sms
    Mengenai mobil yg mau dijual sy berminat, untuk nego harga hub suami sy 081200000000
    DANA KAGET! Klaim saldo gratis 500rb sekarang https://kaget.example.site
    Akun anda akan diblokir, segera verifikasi akun anda di link berikut www.akun.example.com
    Jasa pelunasan kartu kredit, diskon 70%, legal. Hub 081200000000
    Obat kuat herbal alami, pria perkasa, pesan sekarang WA 081200000000
"""
PROMO = """
    Diskon 70% semua sepatu hanya hari ini di toko kami! S&K berlaku
    Gratis ongkir tanpa min belanja, buruan cek aplikasi belanja sekarang!
    Promo akhir tahun: paket umroh murah mulai 20jt, hub 081200000000
    Ketik REG JODOH kirim ke 9877, stop ketik UNREG
    Dapatkan bonus kuota 10GB cukup isi ulang 25rb hari ini. Info *123#
    Dijual cepat rumah type 36 SHM, harga nego, hub 08120000000
"""
ROBOTS = """
    Kode verifikasi Anda adalah 482913. JANGAN berikan kode ini kepada siapa pun termasuk pihak kami
    Pulsa Anda Rp 1.500. Masa aktif s/d 12/12/2024. Isi ulang segera
    You have missed 3 calls from +6281200000000
    Permintaan Anda sedang diproses. Terima kasih telah menghubungi kami
"""
CITIZENS = """
    Saya ditipu lewat sms undian berhadiah 35jt, sudah transfer ke rekening BRI 1234567890, mohon diblokir
    Dapat sms penipuan hadiah mobil dari nomor 081200000000, mohon ditindak
    Telkomsel pulsa saya terpotong terus tiap hari 2rb padahal tidak daftar apa apa
    Mohon info syarat KUR modal usaha tanpa agunan di BRI untuk UMKM
    Kuota internet gratis untuk anak sekolah belum masuk, kartu Tri
    Harga elpiji 3kg di desa kami 30rb, mohon ditertibkan
    Kode verifikasi dari aplikasi dukcapil tidak masuk ke hp saya, mohon bantuan
    Saldo KKS saya kosong sudah 3 bulan, kartu bank mandiri no 6032981234567890
    Pinjol meneror keluarga saya, padahal saya tidak pinjam. Mohon OJK menindak
    PKH saya sudah transfer ke rekening tapi tidak bisa diambil di ATM BRI
    Oknum kelurahan minta uang transfer ke rekening BCA 1234567890 untuk urus KTP
    Sinyal Indosat di kampung kami hilang, internet lemot sejak seminggu
    Banyak situs slot gacor judi online merajalela, anak saya kecanduan
    Token listrik yang saya beli tidak masuk, no meter 14123456789
    Guru honorer gaji 300rb per bulan, mohon perhatian
    Bantuan 600rb belum cair, nomor rekening saya 123456789012 BNI
    Mau lapor, dapat wa undangan apk lalu rekening saya dibobol
    Grab dan gojek parkir sembarangan depan stasiun
    Kartu prakerja saya sudah lolos, insentif belum masuk ovo 081200000000
    tolong pak lampu merah simpang tiga mati, hub saya 081200000000
    Lowongan kerja di dinas katanya harus bayar 5jt, benar tidak
    Apakah benar ada hadiah dari pemerintah 1,2jt lewat link ini www.bansos.example.com
    Pajak motor naik 50% tahun ini, kami keberatan
    Kredit motor saya lunas tapi BPKB belum dikasih dealer
    Koperasi simpan pinjam tidak kembalikan uang 25jt milik ibu saya
    Rumah kami mau dijual bank padahal angsuran lancar
    toko samping rumah jual obat kuat palsu, mohon bpom razia
    Kena hipnotis, uang 20jt ditransfer ke rek 1234567890, tolong
    Iuran sekolah 150rb per bulan padahal katanya gratis
    Kartu KIS saya sudah aktif tapi ditolak puskesmas
    XL gratis internet bohong, kuota saya tiba tiba habis
    Saya tidak pernah ketik REG tapi pulsa terpotong 2rb tiap hari oleh 97770
    SMS kta dan pinjaman online tanpa jaminan masuk terus ke hp saya, ganggu
    Warung di depan sma buka togel online, bandar togel tidak ditangkap
    Promo PLN diskon 50% tambah daya kok tidak bisa
    Minta info pinjaman modal usaha bunga rendah utk pedagang kecil
    kupon daging kurban dijual 50rb
    ATM kks hilang, kantor bank mandiri minta 50rb
    Toko online tidak kirim barang, sudah transfer 500rb ke BCA 1234567890
    Butuh modal usaha, tolong bantuan pemerintah. hp 081200000000
    Pelanggan PDAM sudah bayar 200rb air tidak mengalir 5 hari
    Diskon pbb 50% tidak berlaku di kelurahan saya
    buruan perbaiki pak, sudah 3 orang jatuh
"""


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]


@pytest.fixture(scope="module")
def shipped() -> SpamFilter:
    """The filter without anything of an operator's."""
    return load_spam(None)


@pytest.mark.parametrize("text", lines(FRAUD) + lines(PROMO) + lines(ROBOTS))
def test_spam_is_caught(shipped: SpamFilter, text: str) -> None:
    """Fraud, promotion and machines, as they come in."""
    assert "" != shipped.judge(text).kind


@pytest.mark.parametrize("text", lines(CITIZENS))
def test_a_complaint_is_not(shipped: SpamFilter, text: str) -> None:
    """Not even one about fraud, prizes, loans, credit or a carrier."""
    assert "" == shipped.judge(text).kind


@pytest.mark.parametrize(("kind", "texts"), [("penipuan", FRAUD), ("promo", PROMO), ("robot", ROBOTS)])
def test_the_kind_is_mostly_told_right(shipped: SpamFilter, kind: str, texts: str) -> None:
    """The kind helps an operator to sort; two in three are right."""
    told = [shipped.judge(text).kind for text in lines(texts)]
    assert told.count(kind) >= len(told) * 2 / 3


@pytest.mark.parametrize("mark", SHIPPED_MARKS, ids=lambda mark: mark.id)
def test_every_mark_has_an_example_that_shows_it(shipped: SpamFilter, mark: Mark) -> None:
    """Examples of spam are caught and name the mark among the reasons; a citizen's are not caught."""
    for example in mark.examples:
        verdict = shipped.judge(example)
        assert (mark.kind == CITIZEN) == (verdict.kind == "")
        assert not verdict.reasons or any(f"({mark.id}," in reason for reason in verdict.reasons)


@given(st.lists(st.sampled_from([word for mark in SHIPPED_MARKS for word in mark.words]), max_size=12))
def test_no_mix_of_marks_raises(parts: list[str]) -> None:
    """Whatever marks stand together, the filter answers."""
    assert SHIPPED.judge(" ".join(parts)).score == SHIPPED.judge(" ".join(parts)).score


# An operator's own file


def written(folder: Path, text: str) -> Path:
    file = folder / "spam.toml"
    file.write_text(text, encoding="utf-8")
    return file


def told(folder: Path, text: str) -> list[str]:
    """What is wrong with a file, one line each, with the folder cut off."""
    problems: Problems = []
    read_spam(problems, written(folder, text))
    return [str(each).removeprefix(f"{folder}/") for each in problems]


def test_own_marks_and_spellings_are_added(tmp_path: Path) -> None:
    """A local carrier's offers are caught once the operator says what they look like."""
    own = written(
        tmp_path,
        '[spelling]\nmangga = ["mngga"]\n'
        '[[mark]]\nid = "kebun"\nkind = "promo"\nweight = 4\n'
        'words = ["mangga murni"]\nexamples = ["Mngga murni manis"]\n',
    )
    assert ("", "promo") == (load_spam(None).judge("Mngga murni").kind, load_spam(own).judge("Mngga murni").kind)


def test_a_mark_of_the_same_id_overrides_key_by_key(tmp_path: Path) -> None:
    """Weight 0 switches a shipped mark off."""
    text = "Ketik REG JODOH kirim ke 9877, stop ketik UNREG"
    before = load_spam(None).judge(text)
    after = load_spam(written(tmp_path, '[[mark]]\nid = "langganan"\nweight = 0\n')).judge(text)
    assert any("(langganan," in reason for reason in before.reasons)
    assert not any("(langganan," in reason for reason in after.reasons)


MARK = '[[mark]]\nid = "x"\nkind = "promo"\nweight = 1\nwords = ["a"]\nexamples = []\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (MARK.replace("promo", "promosi"), "spam.toml:1: kind 'promosi' is unknown; did you mean promo?"),
        (
            MARK.replace("= 1", "= -1"),
            'spam.toml:1: weight is below 0; write it above 0; kind = "warga" takes points away',
        ),
        (MARK.replace("= 1", "= true"), "spam.toml:1: weight has a value of the wrong kind; compare weight in"),
        (MARK.replace('["a"]', "[1]"), "spam.toml:1: words has a value of the wrong kind; compare words in"),
        (MARK.replace("weight", "wieght"), "spam.toml:1: key 'wieght' is unknown; did you mean weight?"),
        (MARK.replace('"x"', '"X y"'), "spam.toml:1: id 'X y' is no name; write small letters and digits joined by -"),
        (MARK.replace('["a"]', '[" "]'), "spam.toml:1: a phrase in words is empty; write a word in it"),
        (
            MARK.replace('"a"', '"klik <situ>"'),
            "spam.toml:1: '<situ>' in \"klik <situ>\" can never be found; did you mean <situs>?",
        ),
        (MARK.replace('"a"', '"a/n"'), "spam.toml:1: 'a/n' in \"a/n\" can never be found; write it as a n"),
        (MARK.replace('"a"', '"a !"'), "spam.toml:1: '!' in \"a !\" can never be found; take it out"),
        (
            MARK.replace('"a"', '"beli 1"'),
            "spam.toml:1: '1' in \"beli 1\" can never be found; write <angka>, as which it is read",
        ),
        ('\n[[mark]]\nid = "x"\nkind = "promo"\n', "spam.toml:2: mark 'x' has no weight, words, examples; add it"),
        ("[[marks]]\n", "spam.toml:1: must hold [[mark]] tables, a table [spelling] of lists, and nothing else; see"),
        ("mark = [1]\n", "spam.toml:1: must hold [[mark]] tables, a table [spelling] of lists, and nothing else; see"),
        ("[spelling]\na = 1\n", "spam.toml:1: must hold [[mark]] tables, a table [spelling] of lists, and nothing"),
        ("spelling = 1\n", "spam.toml:1: must hold [[mark]] tables, a table [spelling] of lists, and nothing"),
        ("[[mark]\n", "spam.toml:1: is no TOML:"),
    ],
)
def test_problems_are_told_with_line_and_cure(tmp_path: Path, text: str, expected: str) -> None:
    """One problem each, where it stands and what to do."""
    (problem,) = told(tmp_path, text)
    assert expected == problem[: len(expected)]


def test_tables_written_in_another_way_are_told_in_line_one(tmp_path: Path) -> None:
    """TOML lets tables stand in one line; then the first line is named."""
    assert ["spam.toml:1: mark 'x' has no kind, weight, words, examples; add it"] == told(
        tmp_path, '\nmark = [{ id = "x" }]\n'
    )


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """The first problem is raised where the filter is wanted."""
    with pytest.raises(ReferenceDataError, match="cannot be read: No such file"):
        load_spam(tmp_path / "none.toml")
