from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from forecast.config import Compute, Config, Fetch, Hook, Mail, Notices, Recipient, parse
from forecast.context import Context
from forecast.errors import ConfigError
from jobs.cli import main
from jobs.service import checks
from tests.support import own_counts

READER = Recipient(address="a@example.org")


def hooks(tmp_path, *names: str) -> tuple[Hook, ...]:
    """Hooks whose addresses are in files."""
    file = tmp_path / "address"
    file.write_text("https://example.org/hook")
    return tuple(Hook(name=name, address_file=str(file)) for name in names)


def keys(config: Config) -> list[str]:
    case = checks.ServiceCase(Context.open(Path("none.db"), config), datetime.now(UTC), "my.toml")
    found = list(checks.findings(case, "config check"))
    assert all(finding.found.startswith("my.toml") for finding in found)
    return [finding.name for finding in found]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (Config(), []),
        (Config(fetch=Fetch(enabled=True)), ["fetch.contact"]),
        (Config(fetch=Fetch(enabled=True, contact="a@example.org")), []),
        (Config(compute=Compute(engine="dask")), ["compute.scheduler"]),
        (Config(compute=Compute(engine="dask", scheduler="tcp://a:1")), []),
        (Config(compute=Compute(engine="serial")), []),
        (Config(mail=Mail(ca_file="/none.pem")), ["mail.ca_file"]),
        (Config(mail=Mail(password_file="/none")), ["mail.password_file"]),
    ],
)
def test_what_would_fail_when_it_is_needed_is_named_before(config, expected):
    assert keys(config) == expected


def test_several_problems_are_named_together():
    config = Config(fetch=Fetch(enabled=True), compute=Compute(engine="dask"))

    assert keys(config) == ["fetch.contact", "compute.scheduler"]


@pytest.mark.parametrize(
    ("names", "expected"), [(("a",), []), (("a", "b"), []), (("a", "b", "a"), ["notices.hooks"])]
)
def test_hooks_have_names_of_their_own(tmp_path, names, expected):
    assert keys(Config(notices=Notices(hooks=hooks(tmp_path, *names)))) == expected


@pytest.mark.parametrize(
    ("readers", "hooked", "enabled", "expected"),
    [
        (0, False, False, []),
        (0, True, False, []),
        (1, False, True, []),
        (1, False, False, ["mail.enabled is false: the recipient gets no notices"]),
        (
            2,
            True,
            False,
            [
                "mail.enabled is false: the 2 recipients get no notices; webhooks, which need no "
                "mail server, get theirs"
            ],
        ),
    ],
)
def test_readers_without_mail_are_noted(tmp_path, readers, hooked, enabled, expected):
    notices = Notices(recipients=(READER,) * readers, hooks=hooks(tmp_path, "a") if hooked else ())

    assert list(checks.notes(Config(notices=notices, mail=Mail(enabled=enabled)))) == (expected)


@pytest.mark.slow
def test_settings_that_fit_nothing_on_record_are_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    visits = own_counts.clinics()
    own_counts.deliver(Path("in/a.csv"), visits, own_counts.HELD)
    odd = own_counts.settings("2035-01", "", 'closed = ["Nowhere", "Clinic 2"]')
    Path("config.toml").write_text(odd)
    said = "closed: 'Nowhere' is no series on record; "

    before = CliRunner().invoke(main, ["config", "check"]).output
    done = CliRunner().invoke(main, ["run", "--no-bundle"])
    after = CliRunner().invoke(main, ["config", "check"]).output

    assert "first_cutoff: 2035-01 is later than " in before
    assert "Nowhere" not in before  # nothing is known of its series yet
    assert done.exit_code == 0
    for text in (done.output, after):
        assert said in text
        assert "'Clinic 2' is no" not in text
        assert "first_cutoff: 2035-01 is later than 2023-12, so that no hindcast" in text


def test_a_kind_that_is_none_is_told_from_a_setting_that_is_none():
    with pytest.raises(ConfigError, match=r'sources\.0\.name: .* own counts are kind = "counts"'):
        parse('[[sources]]\nkind = "count"\nname = "visits"\n', "my.toml")
    with pytest.raises(ConfigError, match=r"sources\.0\.pth: no such setting; see"):
        parse('[[sources]]\nkind = "counts"\nname = "visits"\npth = "a"\n', "my.toml")
