"""The text of an HTML mail as a reader sees it."""

import pytest

from parser.mail_html import html_to_text


class TestHtmlToText:
    @pytest.mark.parametrize(
        ("markup", "text"),
        [
            ("<p>SELESAI</p><p>lampu &amp; tiang</p>", "SELESAI\nlampu & tiang"),
            ("satu<br>dua<br/><br>tiga", "satu\ndua\n\ntiga"),
            ("<div>satu</div><div><br></div><div>dua</div>", "satu\n\ndua"),
            ("a  b\n c\t<b>d</b>e", "a b c de"),
            ("<style>p {color: red}</style><title>x</title><script>if (a < b) c()</script>TERIMA", "TERIMA"),
            ("<html><head><meta charset=x><body>TERIMA", "TERIMA"),
            ("TERIMA<blockquote>kutipan<br>lagi</blockquote>", "TERIMA\n> kutipan\n> lagi"),
            ("</blockquote></script>TERIMA", "TERIMA"),
            ("<!--[if mso]><p>x</p><![endif]-->TERIMA<!-- tidak berakhir", "TERIMA"),
            ("<!DOCTYPE html><?xml version='1'?>TERIMA", "TERIMA"),
            ("5 < 6 dan 7 > 3", "5 < 6 dan 7 > 3"),
            ("<p style='display: none'>SELESAI <b>x</b></p>TERIMA", "TERIMA"),
            ("<div style='DISPLAY:NONE'><div>x</div>y</div>TERIMA", "TERIMA"),
            ("<span style='font-size:0px'>x</span>TERIMA<span style='font-size:0.9em'>!</span>", "TERIMA!"),
            ("<img style='display:none'>TERIMA", "TERIMA"),
            ("TERIMA<div style='visibility:hidden'>x", "TERIMA"),
            ("<tr><td>satu</td><td>dua</td></tr>", "satudua"),
            ("", ""),
        ],
    )
    def test_lines_as_a_reader_sees_them(self, markup: str, text: str) -> None:
        """Blocks and breaks make lines; code and comments are not shown."""
        assert text == html_to_text(markup)

    @pytest.mark.parametrize(
        "hostile",
        ["<", "<!--", "<a ", "</", "<!", "&#", "<script>", "<blockquote>", "<b>a</b>", "<p style=display:none>"],
    )
    @pytest.mark.timeout(5)
    def test_takes_time_in_proportion(self, hostile: str) -> None:
        """200 kB of markup that sends other parsers round in circles."""
        html_to_text((hostile * 200_000)[:200_000])
