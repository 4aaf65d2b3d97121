"""Mail, through a real SMTP server: in plain, with STARTTLS and with TLS."""

from __future__ import annotations

import ssl
from dataclasses import replace
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from delivery_kit import T0, end, message
from servers import Certificates, free_port, make_certificates
from smtp_server import LOGIN, Mailbox, smtp_server

from alerts.channels.base import DeliveryError, PermanentError, TemporaryError
from alerts.channels.mail import Mail, Security, message_id
from alerts.model import Happening

SENDER = "全时 <quanshi@city.example>"
LI, WANG = "li@city.example", "wang@city.example"


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return make_certificates(tmp_path / "tls")


def trusting(certificates: Certificates) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificates.ca)


def mail(box: Mailbox, security: Security = "none", **options: object) -> Mail:
    options = {"to": (LI,), "timeout": 3.0, **options}
    return Mail("mail", "127.0.0.1", SENDER, port=box.port, security=security, **options)


async def failure(channel: Mail, to: tuple[str, ...] = ()) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await channel.send(message(), to)
    assert LOGIN[1] not in str(caught.value)
    return caught.value


async def test_a_mail_says_it_in_plain_text_and_in_html() -> None:
    with smtp_server() as box:
        await mail(box).send(message(), (WANG,))
    ((to, got),) = box.got
    assert to == [LI, WANG]
    assert got["Subject"] == "【故障】镇隆镇接入交换机 离线"
    assert (got["From"], got["To"]) == (SENDER, f"{LI}, {WANG}")
    assert parsedate_to_datetime(got["Date"]).timestamp() == T0 / 1000
    assert got["Auto-Submitted"] == "auto-generated"
    plain, html = got.get_body(("plain",)), got.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().splitlines() == message().text.splitlines()
    assert '<a href="https://quanshi.example/o/7f3a">' in html.get_content()


async def test_names_of_devices_are_no_html_and_no_header() -> None:
    odd = replace(message(), title="【故障】<b>\r\nBcc: spy@example.org", text="<script>alert(1)</script>")
    with smtp_server() as box:
        await mail(box).send(odd, ())
    ((to, got),) = box.got
    html = got.get_body(("html",))
    assert html is not None
    assert "<script>" not in html.get_content()
    assert (to, got["Bcc"]) == ([LI], None)


async def test_a_duplicate_has_the_same_id_and_an_end_answers_its_start() -> None:
    with smtp_server() as box:
        for said in (message(), message(), message(1, Happening.REPEATED), end()):
            await Mail("mail", "127.0.0.1", SENDER, to=(LI,), port=box.port, security="none").send(said, ())
    ids = [got["Message-ID"] for _, got in box.got]
    start = message_id("00000001/fired", "city.example")
    assert ids[:2] == [start, start]
    assert len(set(ids)) == 3
    assert [got["In-Reply-To"] for _, got in box.got] == [None, None, start, start]


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_it_speaks_tls_to_whom_it_trusts(security: Security, certificates: Certificates) -> None:
    with smtp_server(security, certificates) as box:
        await mail(box, security, trust=trusting(certificates)).send(message(), ())
        error = await failure(mail(box, security))
    assert len(box.got) == 1
    assert isinstance(error, TemporaryError)
    assert "certificate" in str(error)


async def test_without_starttls_on_the_other_side_nothing_is_said() -> None:
    with smtp_server() as box:
        error = await failure(mail(box, "starttls"))
    assert isinstance(error, TemporaryError)
    assert box.got == []


async def test_it_logs_in(certificates: Certificates) -> None:
    with smtp_server("starttls", certificates, login=True) as box:
        user, password = LOGIN
        trust = trusting(certificates)
        await mail(box, "starttls", trust=trust, user=user, password=password).send(message(), ())
        error = await failure(mail(box, "starttls", trust=trust, user=user, password=password + "x"))
    assert len(box.got) == 1
    assert (type(error), str(error)) == (PermanentError, "the login is refused: 535")


async def test_one_who_is_not_taken_does_not_keep_the_others_from_it() -> None:
    with smtp_server() as box:
        box.refusals[WANG] = ["550 no such user"]
        remark = await mail(box).send(message(), (WANG,))
    assert remark == f"{WANG}: 550 no such user"
    assert [to for to, _ in box.got] == [[LI]]


async def test_one_who_is_put_off_gets_it_the_next_time_and_he_alone() -> None:
    with smtp_server() as box:
        box.refusals[WANG] = ["451 greylisted"]
        channel = mail(box)
        error = await failure(channel, (WANG,))
        assert isinstance(error, TemporaryError)
        await channel.send(message(), (WANG,))
    assert [to for to, _ in box.got] == [[LI], [WANG]]


async def test_when_nobody_is_taken_it_is_refused_or_put_off() -> None:
    with smtp_server() as box:
        box.refusals[LI] = ["550 no", "450 later"]
        assert isinstance(await failure(mail(box)), PermanentError)
        assert isinstance(await failure(mail(box)), TemporaryError)


async def test_what_the_server_says_of_the_mail_counts() -> None:
    with smtp_server() as box:
        box.data = ["554 looks like spam", "452 disk full"]
        assert str(await failure(mail(box))) == "554 looks like spam"
        error = await failure(mail(box))
        assert isinstance(error, TemporaryError)
        assert (str(error), error.sent) == ("452 disk full", False)


async def test_where_nobody_listens_nothing_was_sent() -> None:
    error = await failure(mail(Mailbox(free_port())))
    assert isinstance(error, TemporaryError)
    assert not error.sent


async def test_without_anybody_to_write_to_it_is_refused() -> None:
    assert isinstance(await failure(mail(Mailbox(1), to=())), PermanentError)
