"""A file that one program writes is read as it is written, to its last newline, or not at all."""

import gzip
import hashlib
import io
from pathlib import Path

import pytest

from forecast.errors import QuarantineError, RowError
from forecast.files import MAX_BYTES, content_sha256
from forecast.tables.sheet import sheets_of


def put(folder: Path, content: bytes, name: str = "file.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def rows(path: Path, limit: int = MAX_BYTES) -> list[tuple[int, list]]:
    """Line number and cells of each row."""
    (found,) = sheets_of(path.name, path.read_bytes(), limit, exact=list)
    return [(int(line), found.row(at)) for at, line in enumerate(found.line)]


def test_plain_and_gzipped_are_one_text(tmp_path):
    """The hash is of the plain bytes and the name has no .gz, so both are one release."""
    plain = put(tmp_path, b"a,b\r\n1,2\r\n")
    packed = put(tmp_path, gzip.compress(b"a,b\r\n1,2\r\n"), "file.csv.gz")

    assert rows(plain) == rows(packed) == [(1, ["a", "b"]), (2, ["1", "2"])]


def test_gzip_is_told_by_its_bytes(tmp_path):
    """A server may unpack or pack on the way without renaming."""
    assert rows(put(tmp_path, gzip.compress(b"a\n"))) == [(1, ["a"])]
    assert rows(put(tmp_path, b"a\n", "plain.csv.gz")) == [(1, ["a"])]


def test_byte_order_mark_goes(tmp_path):
    """Excel writes one; it is not part of the first column's name."""
    assert rows(put(tmp_path, b"\xef\xbb\xbfa\n")) == [(1, ["a"])]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\r\n \n", "empty"),
        (b"<!DOCTYPE html><html></html>\n", "web page"),
        (b"\xef\xbb\xbf \n<HTML>\n", "web page"),
        (b"PK\x03\x04\0\0", "Excel"),
        (b"\xd0\xcf\x11\xe0\0", "Excel"),
        (b"%PDF-1.7\n", "PDF"),
        (gzip.compress(b"a,b\n" * 1000, mtime=0)[:-20], "gzip"),
        (gzip.compress(b"a\n", mtime=0)[:4], "gzip"),
        (b"\x1f\x8bnonsense", "gzip"),
    ],
)
def test_what_is_no_table_is_quarantined(tmp_path, content, reason):
    """A file that is something else as a whole says so, with its name."""
    with pytest.raises(QuarantineError, match=rf"file\.csv: .*{reason}"):
        rows(put(tmp_path, content))


def test_gzip_bomb_is_not_unpacked(tmp_path):
    """No more than the limit is ever unpacked."""
    path = put(tmp_path, gzip.compress(b"0" * 10_000_000), "file.csv.gz")

    with pytest.raises(QuarantineError, match="larger than 1,000,000 bytes"):
        rows(path, limit=1_000_000)


def test_large_plain_file_is_refused(tmp_path):
    """The limit holds without gzip too."""
    with pytest.raises(QuarantineError, match="larger than 3 bytes"):
        rows(put(tmp_path, b"abc\n"), limit=3)


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        (b"a\nb\n\0\n", 3, "NUL"),
        (b"a\nT\xfcrkiye\n", 2, "UTF-8"),
        (b"a\nb\nc", 3, "no newline"),
        (b"a\r\nb\r", 2, "no newline"),
    ],
)
def test_damaged_text_names_its_line(tmp_path, content, line, problem):
    """A NUL, a foreign encoding and a cut file are found before anything is parsed."""
    with pytest.raises(RowError, match=problem) as caught:
        rows(put(tmp_path, content))

    assert line == caught.value.line


@pytest.mark.parametrize("content", [b'a\n"b\n', b'a\n"b"c\n'])
def test_broken_quotes_are_row_errors(tmp_path, content):
    """The csv module would be lenient; this reader is not."""
    with pytest.raises(RowError, match="not valid CSV"):
        rows(put(tmp_path, content))


def test_rows_are_numbered_from_one(tmp_path):
    """The header is line 1."""
    path = put(tmp_path, b'a,b\r\n"1,000",2\r\n')

    assert rows(path) == [(1, ["a", "b"]), (2, ["1,000", "2"])]


def test_a_file_of_exactly_the_limit_is_read(tmp_path):
    """A byte beyond it is refused, whether the file is packed or not."""
    for content in (b"abc\n", gzip.compress(b"abc\n")):
        path = put(tmp_path, content)

        assert rows(path, limit=4) == [(1, ["abc"])]
        with pytest.raises(QuarantineError, match="larger than 3 bytes"):
            rows(path, limit=3)


def test_a_cut_line_is_shown_by_its_last_eighty_letters(tmp_path):
    long = "x" * 70 + "y" * 30

    with pytest.raises(RowError) as caught:
        rows(put(tmp_path, f"a\n{long}".encode()))
    with pytest.raises(RowError) as short:
        rows(put(tmp_path, b"a\nbc"))

    assert (caught.value.value, short.value.value) == (long[-80:], "bc")


def test_a_damaged_packed_file_is_known_by_its_bytes_as_they_are():
    damaged = gzip.compress(b"a,b\n" * 1000, mtime=0)[:-20]
    whole = gzip.compress(b"a,b\n")

    assert content_sha256(io.BytesIO(damaged)) == hashlib.sha256(damaged).hexdigest()
    assert content_sha256(io.BytesIO(whole)) == hashlib.sha256(b"a,b\n").hexdigest()


def test_a_byte_that_is_not_utf8_is_shown(tmp_path):
    with pytest.raises(RowError) as caught:
        rows(put(tmp_path, b"a\nT\xfcrkiye\n"))

    assert caught.value.value == "b'\\xfc'"


def test_a_packed_file_with_a_wrong_byte_is_quarantined(tmp_path):
    packed = bytearray(gzip.compress(bytes(range(256)) * 40, mtime=0))
    packed[20] ^= 0xFF  # in the midst of what is packed
    tail = bytearray(gzip.compress(b"a,b\n", mtime=0))
    tail[-6] ^= 0xFF  # in the sum that it is checked by

    for content in (packed, tail):
        with pytest.raises(QuarantineError, match=r"file\.csv: damaged or cut gzip file"):
            rows(put(tmp_path, bytes(content)))


@pytest.mark.parametrize(
    ("content", "line"), [(b"\0\n", 1), (b"a\n\n\n\0", 4), (b"a\r\nb\0\n", 2), (b"\xff", 1)]
)
def test_a_damaged_byte_is_named_with_the_line_it_is_in(tmp_path, content, line):
    with pytest.raises(RowError) as caught:
        rows(put(tmp_path, content))

    assert caught.value.line == line


def test_rows_of_several_lines_have_the_number_of_their_last(tmp_path):
    path = put(tmp_path, b'a,b\n"1\n2",3\n\t,\n " x  y ,5\n'.replace(b' "', b" "))

    assert rows(path) == [
        (1, ["a", "b"]),
        (3, ["1\n2", "3"]),
        (4, ["\t", ""]),
        (5, ["  x  y ", "5"]),
    ]


@pytest.mark.parametrize("line", [b"", b"1", b"1,2,3"])
def test_a_line_of_other_fields_is_damage_once_the_header_is_known(tmp_path, line):
    path = put(tmp_path, b"a,b\n" + line + b"\n")

    with pytest.raises(RowError, match="fields instead of 2; the file is damaged") as caught:
        rows(path)
    assert caught.value.line == 2

    def another(names):
        raise KeyError(names[0])

    with pytest.raises(KeyError, match="a"):
        sheets_of("file.csv", path.read_bytes(), exact=another)


def test_a_row_that_is_not_valid_is_named_with_its_line(tmp_path):
    with pytest.raises(RowError) as caught:
        rows(put(tmp_path, b'a\nb\n"c"d\n', "a.csv"))

    assert (caught.value.line, caught.value.column, caught.value.value) == (3, "", "")


def test_a_byte_order_mark_and_blanks_do_not_hide_what_a_file_is(tmp_path):
    for start in (b"\xef\xbb\xbf", b" \r\n\t", b"\xef\xbb\xbf\n "):
        with pytest.raises(QuarantineError, match="this is a PDF, not a CSV file; fetch the CSV"):
            rows(put(tmp_path, start + b"%PDF-1.7\n"))


def test_a_damaged_file_on_disk_is_known_by_all_its_bytes(tmp_path):
    damaged = gzip.compress(b"a,b\n" * 1000, mtime=0)[:-20]
    path = put(tmp_path, damaged)

    with path.open("rb") as file:
        assert content_sha256(file) == hashlib.sha256(damaged).hexdigest()
