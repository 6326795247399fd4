from __future__ import annotations

import os

import pytest

from forecast.config import HIDDEN, Config, Service
from forecast.errors import ConfigError
from jobs import environment


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    for name in (n for n in os.environ if n.startswith("BORDERCAST_")):
        monkeypatch.delenv(name)


def test_a_misspelt_secret_is_refused_and_the_known_are_named(monkeypatch):
    monkeypatch.setenv("BORDERCAST_MAIL_PASSWORD", "x")
    monkeypatch.setenv("BORDERCAST_HEARTBEAT", "x")
    environment.refuse_unknown()
    monkeypatch.setenv("BORDERCAST_MAIL_PASWORD", "x")

    with pytest.raises(ConfigError, match="BORDERCAST_MAIL_PASWORD") as said:
        environment.refuse_unknown()
    assert "BORDERCAST_MAIL_PASSWORD and BORDERCAST_HEARTBEAT" in str(said.value)


@pytest.mark.parametrize(
    ("variable", "setting", "address"),
    [
        ("https://a/1", "https://b/2", "https://a/1"),
        ("", "https://b/2", "https://b/2"),
        ("", "", ""),
    ],
)
def test_the_heartbeat_of_the_environment_goes_before_that_of_the_settings(
    monkeypatch, variable, setting, address
):
    monkeypatch.setenv("BORDERCAST_HEARTBEAT", variable)

    assert environment.heartbeat(Config(service=Service(heartbeat=setting))) == address


@pytest.mark.parametrize(
    ("password", "heartbeat", "expected"),
    [
        ("abc", "", []),  # so short that it would garble every line
        ("abcd", "", ["abcd"]),
        ("abcd", "https://hc.example/ping/12345", ["ping/12345", "abcd"]),  # the longest first
        ("", "https://hc.example/abc", []),
        ("", "https://secret-host", ["secret-host"]),
    ],
)
def test_secrets_are_passwords_and_the_path_of_the_heartbeat(
    monkeypatch, password, heartbeat, expected
):
    monkeypatch.setenv("BORDERCAST_MAIL_PASSWORD", password)
    monkeypatch.setenv("BORDERCAST_HEARTBEAT", heartbeat)

    assert environment.secrets(Config()) == expected
    for secret in expected:
        assert environment.redacted(f"a {secret} b", Config()) == f"a {HIDDEN} b"


def test_settings_are_shown_without_secrets(monkeypatch):
    monkeypatch.setenv("BORDERCAST_HEARTBEAT", "https://hc.example/ping/12345")

    shown = environment.masked(Config())

    assert shown["service"]["heartbeat"] == f"https://hc.example/{HIDDEN}"
    assert shown["environment"] == {"BORDERCAST_HEARTBEAT": HIDDEN}
    assert shown["forecast"] == Config().model_dump(mode="json")["forecast"]


@pytest.mark.parametrize(
    ("login", "expected"),
    [("0", "root"), ("4294967295", "root"), ("4294967294", "root for user 4294967294"),
     ("", "root"), ("none", "root")],
)  # fmt: skip
def test_the_account_that_logged_in_is_named_behind_another(monkeypatch, tmp_path, login, expected):
    kept = tmp_path / "loginuid"
    kept.write_text(login)
    monkeypatch.setattr(environment, "_LOGIN", kept)
    monkeypatch.setattr(os, "getuid", lambda: 0)

    assert environment.user() == expected
    kept.unlink()
    assert environment.user() == "root"
