from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from forecast import config
from forecast.errors import ConfigError
from jobs import cli
from jobs.cli import main

SHIPPED = Path(__file__).parents[2] / "config.toml"


def test_the_shipped_file_says_the_defaults_and_all_of_them():
    import tomllib

    shipped = tomllib.loads(SHIPPED.read_text())

    assert config.load(SHIPPED) == config.Config()
    assert {(section, key) for section in shipped for key in shipped[section]} == {
        (section, key) for section, keys in config.Config().model_dump().items() for key in keys
    }


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[flags]\nalpha = 3.0", "flags.alpha"),
        ("[flags]\nalfa = 0.1", "flags.alfa"),
        ("[weather]\nrain = true", "weather"),
        ('[forecast]\nmodels = ["arima"]', "forecast.models.0"),
        ('[forecast]\nfirst_cutoff = "2018"', "forecast.first_cutoff"),
        ("[forecast]\nhorizon = 12.5", "forecast.horizon"),
        ("horizon", "file"),
        (f"a = {'[' * 5000}{']' * 5000}", "file"),
        (f"a = {'{b = ' * 5000}1{'}' * 5000}", "file"),
        (f"{'a.' * 5000}a = 1", "file"),
        (f"[{'a.' * 5000}a]", "file"),
        (f"[flags]\nalpha = {'9' * 5000}", "file"),
        ("[flags]\nalpha = 2280-13-45", "file"),
    ],
)
def test_a_wrong_setting_is_named(text, key):
    with pytest.raises(ConfigError) as caught:
        config.parse(text, "my.toml")

    assert (caught.value.path, caught.value.key) == ("my.toml", key)


OWN = """\
[flags]
alpha = 0.02

[[sources]]
kind = "counts"
name = "a"
path = "a"

[[sources]]
kind = "counts"
name = "b"
path = "b"
[sources.contract]
kind = "flow"
[sources.flags]
min_level = 5
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('path = "a"', 'path = ""', "line 4: sources.0: name one place for the counts: path"),
        ('path = "b"', "path = 5", "line 12: sources.1.path: 5 is not allowed: it must be a text"),
        ('name = "b"\n', "", "line 9: sources.1.name: is missing"),
        ('path = "b"', 'path = "b"\ndue = "soon"', "line 13: sources.1.due: 'soon' is not allowed"),
        ('path = "b"', 'path = "b"\ndue = [5]', "it must be two numbers of days from 0 to 366"),
        ('path = "b"', 'path = "b"\ndue = [28, 1]', r"due: \[28, 1\] is not allowed"),
        ('path = "b"', 'path = "b"\ndue = [true, 4]', r"due: \[True, 4\] is not allowed"),
        ('"flow"', '"flo"', "line 14: sources.1.contract.kind: 'flo' is not allowed"),
        ("min_level = 5", 'min_level = "few"', "line 9: sources.b.min_level: 'few' is not"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_what_to_do(old, new, said):
    with pytest.raises(ConfigError, match=rf"^my.toml, .*{said}") as caught:
        config.parse(OWN.replace(old, new, 1), "my.toml")

    assert "{" not in str(caught.value)  # a whole section tells nobody where to look
    assert "valid" not in str(caught.value)


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(ConfigError, match=r"nowhere\.toml"):
        config.load(Path("nowhere.toml"))


def test_years_that_begin_elsewhere_make_a_run_due():
    def digest(begins: int) -> str:
        words = 'kind = "counts"\nname = "visits"\nnoun = "visits"\npath = "x.csv"'
        return config.parse(f"[[sources]]\n{words}\nyear_begins = {begins}", "x").digest()

    assert len({digest(1), digest(7), digest(10)}) == 3


def test_only_settings_that_change_numbers_change_the_digest():
    same = config.parse('[service]\ndb = "other.db"\n[compute]\nprocesses = 7', "x")
    other = config.parse("[flags]\nalpha = 0.01", "x")

    assert same.digest() == config.Config().digest()
    assert other.digest() != config.Config().digest()


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[service]\nsnapshot = "bordercast.db"', "service.snapshot"),
        ('[service]\nsnapshot = "./x/../bordercast.db"', "service.snapshot"),
        ('[service]\nsnapshot = "{db}.db-wal"', "service.snapshot"),
        ('[service]\nsnapshot = "ops.db"', "service.snapshot"),
        ('[service]\nbackups = ""', "service.backups"),
        ('[service]\nbackups = "inbox"', "fetch.inbox"),
        ('[fetch]\ninbox = "/"', "fetch.inbox"),
        ('[fetch]\ninbox = "."', "fetch.inbox"),
        ('[fetch]\ninbox = ".."', "fetch.inbox"),
        ('[fetch]\ninbox = "archive/"', "fetch.archive"),
        ('[fetch]\nquarantine = "a/../archive"', "fetch.quarantine"),
        ('[fetch]\narchive = "linked"', "fetch.archive"),
        ('[site]\nfolder = ".."', "site.folder"),
        ('[site]\nfolder = "public"\n[service]\nbackups = "public/b"', "service.backups"),
        ('[service]\nsnapshot = ""\n[fetch]\nquarantine = "archive/refused"', ""),
        ('[site]\nfolder = "public"\n[service]\nsnapshot = "public/{db}.db"', ""),
        ("", ""),
    ],
)
@pytest.mark.parametrize("words", [["config", "check"], ["run"]])
def test_what_would_write_over_the_record_or_one_another_is_refused(
    tmp_path, monkeypatch, text, key, words
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "linked").symlink_to(tmp_path)
    (tmp_path / "config.toml").write_text(text)
    if not key:
        words = ["config", "check"]

    said = CliRunner().invoke(main, words)

    assert said.exit_code == (2 if key else 0), said.output
    assert f"config.toml: {key}" in said.output or not key
    assert sorted(file.name for file in tmp_path.iterdir()) == ["config.toml", "linked"]


def test_a_clock_that_python_cannot_read_is_said_to_be_wrong(tmp_path, monkeypatch):
    def late() -> float:
        raise OverflowError("timestamp too large to convert to C _PyTime_t")

    monkeypatch.setattr(cli, "time", SimpleNamespace(time=late))
    for words in (["run"], ["status"], ["backup"]):
        said = CliRunner().invoke(main, ["--db", str(tmp_path / "b.db"), *words])
        assert said.exit_code == 1
        assert "bordercast: the clock of this machine says a time after April 2262" in said.output
    assert list(tmp_path.iterdir()) == []


def test_dimensions_may_be_crossed():
    text = '[forecast]\ndimensions = ["state", "citizenship*demographic"]'

    assert config.parse(text, "x").forecast.dimensions[1] == "citizenship*demographic"


@pytest.mark.parametrize("name", ["nation", "state*nation", "state*state", "state*", ""])
def test_a_dimension_that_no_file_has_is_refused(name):
    with pytest.raises(ConfigError, match=r"forecast\.dimensions.*several different ones joined"):
        config.parse(f'[forecast]\ndimensions = ["{name}"]', "x")


def test_init_writes_the_shipped_file_and_leaves_one_that_is_there_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert CliRunner().invoke(main, ["config", "init"]).exit_code == 0
    assert Path("config.toml").read_bytes() == SHIPPED.read_bytes()
    Path("config.toml").write_text("")
    again = CliRunner().invoke(main, ["config", "init"])
    assert (again.exit_code, Path("config.toml").read_text()) == (2, "")
    assert "already there" in again.output
    assert CliRunner().invoke(main, ["config", "init", "-o", "no/such.toml"]).exit_code == 2


def test_settings_in_another_encoding_are_refused_by_line(tmp_path):
    path = tmp_path / "config.toml"
    path.write_bytes("[forecast]\nhorizon = 12\n# Öst\n".encode("latin-1"))

    with pytest.raises(ConfigError, match="line 3 is not UTF-8; save the file as UTF-8"):
        config.load(path)
