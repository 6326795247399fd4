"""`notices demo` and `notices test`: the first notice from the record, over a real mail server."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import SMTP

import pytest
from click.testing import CliRunner
from mailserver import HOST, Taken, server

from jobs.cli import main

MAIL = """
[mail]
enabled = true
host = "{host}"
port = {port}
security = "local"
sender = "Bordercast <notices@example.org>"
"""


def run(published, *words):
    return CliRunner().invoke(main, ["--db", str(published), *words])


@pytest.mark.slow
def test_the_first_notice_is_seen_without_a_setting(published, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    said = run(published, "notices", "demo", "-o", "demo.eml")

    made = message_from_bytes((tmp_path / "demo.eml").read_bytes(), policy=SMTP)
    text = " ".join(made.get_body(("plain",)).get_content().split())
    assert said.exit_code == 0, said.output
    # As in a mailbox; filters take a mail without this line for spam.
    assert b"To: <reader@bordercast.invalid>\r\n" in (tmp_path / "demo.eml").read_bytes()
    assert made["Subject"].startswith("Demonstration: Border encounters, February 2025: southwest")
    assert text.startswith("Demonstration: ")
    assert "654 of 8,349 Border Patrol encounters (8%) were At Large" in text
    assert any(part.get_content_type() == "image/png" for part in made.walk())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "address", "attached"),
    [("true", "", 1), ("false", "", 0), ("true", "https://counts.example.org/", 0)],
)
def test_a_page_is_attached_where_there_is_none_on_the_web(
    published, tmp_path, page, address, attached
):
    file = tmp_path / "own.toml"
    file.write_text(f'[notices]\nattach_page = {page}\n[site]\naddress = "{address}"\n')

    said = run(published, "--config", str(file), "notices", "demo", "-o", str(tmp_path / "x.eml"))

    assert said.exit_code == 0, said.output
    made = message_from_bytes((tmp_path / "x.eml").read_bytes(), policy=SMTP)
    pages = [part for part in made.iter_attachments() if part.get_content_type() == "text/html"]
    assert len(pages) == attached


@pytest.mark.slow
@pytest.mark.parametrize("what", ["demo", "test"])
def test_it_goes_over_the_mail_server_of_the_settings(published, tmp_path, what):
    taken, file = Taken(), tmp_path / "own.toml"
    with server(taken) as port:
        file.write_text(MAIL.format(host=HOST, port=port))
        said = run(published, "--config", str(file), "notices", what, "--to", "me@example.org")

    assert said.exit_code == 0, said.output
    ((to, message),) = taken.messages
    assert to == "me@example.org"
    assert b"To: <me@example.org>" in message


def test_a_refusal_is_said_with_its_exit_code(published, tmp_path):
    taken, file = Taken(refuse=lambda _: "550 no such user"), tmp_path / "own.toml"
    with server(taken) as port:
        file.write_text(MAIL.format(host=HOST, port=port))
        said = run(published, "--config", str(file), "notices", "test", "--to", "me@example.org")

    assert said.exit_code not in (0, 2)
    assert run(published, "notices", "test", "--to", "no address").exit_code == 2
    assert run(published, "notices", "demo").exit_code == 2
