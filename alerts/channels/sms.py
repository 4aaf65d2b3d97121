"""A gateway for text messages: any that takes an HTTP request, described by a template."""

from __future__ import annotations

import re
from typing import Final

from yarl import URL

from alerts.channels.base import PermanentError, TemporaryError
from alerts.channels.http import Http
from alerts.channels.reached import Reached
from alerts.channels.templates import escape_for, fill, in_url, mentions, words_of
from alerts.model import Message

LENGTH: Final = 300
"""Characters of the text: five messages' worth, as gateways in China count."""
_MASKED: Final = re.compile(r"\d(?=\d{4})")


class Sms:
    """``to`` are phone numbers; ``{phone}`` in the template sends to each, ``{phones}`` to all at once."""

    def __init__(
        self,
        name: str,
        url: str,
        template: str = "",
        *,
        method: str = "post",
        content_type: str = "application/json; charset=utf-8",
        success: str = "",
        refused: str = "",
        length: int = LENGTH,
        user: str = "",
        password: str = "",
        to: tuple[str, ...] = (),
        limit: tuple[int, float] | None = None,
        proxy: str | None = None,
    ) -> None:
        """``url`` and ``template`` may hold the words of ``templates.WORDS``.

        ``success``: a pattern that the answer must show (empty: HTTP 2xx is enough); what shows the pattern
        ``refused`` is not tried again, any other answer is. ``to``: numbers beside those of the message.
        """
        self.name = name
        self.limit = limit
        self._url = url
        self._template = template
        self._method = method.upper()
        self._type = content_type
        self._success = re.compile(success) if success else None
        self._refused = re.compile(refused) if refused else None
        self._length = length
        self._login = {"user": user, "password": password}
        self._to = to
        self._http = Http(secrets=(password, in_url(password)), proxy=proxy)
        self._reached = Reached()

    async def send(self, message: Message, to: tuple[str, ...]) -> str | None:
        numbers = self._reached.left(message.key, (*self._to, *to))
        if not numbers and not (*self._to, *to):
            raise PermanentError("nobody's phone number is known")
        each = mentions(self._url + self._template, "phone")
        failed: list[tuple[str, PermanentError | TemporaryError]] = []
        for group in [[number] for number in numbers] if each else [numbers] * bool(numbers):
            try:
                await self._ask(message, group)
            except (PermanentError, TemporaryError) as error:
                failed.append((",".join(map(masked, group)), error))
            else:
                for number in group:
                    self._reached.note(message.key, number)
        return self._judge(message, len(numbers), failed)

    async def close(self) -> None:
        await self._http.close()

    def _judge(
        self, message: Message, asked: int, failed: list[tuple[str, PermanentError | TemporaryError]]
    ) -> str | None:
        """One whose number is refused must not keep the others from getting it, nor from being asked once."""
        again = [error for _, error in failed if isinstance(error, TemporaryError)]
        text = "; ".join(f"{who}: {error}" for who, error in failed)
        if again:
            after = max((error.after for error in again if error.after), default=None)
            raise TemporaryError(text, after, sent=any(error.sent for error in again) or len(failed) < asked)
        if failed and not self._reached.knows(message.key):
            raise PermanentError(text)
        self._reached.done(message.key)
        return text or None

    async def _ask(self, message: Message, numbers: list[str]) -> None:
        text = message.text
        short = text if len(text) <= self._length else text[: self._length - 1] + "…"
        words = words_of(message) | self._login | {"text": short}
        words |= {"phone": numbers[0], "phones": ",".join(numbers)}
        url = URL(fill(self._url, words, in_url), encoded=True)
        body = fill(self._template, words, escape_for(self._type)).encode() if self._template else None
        headers = {"Content-Type": self._type} if body is not None else {}
        answer = await self._http.request(self._method, url, body, headers)
        said = self._http.clean(answer.text)
        if self._refused is not None and self._refused.search(answer.text):
            raise PermanentError(f"the gateway says {said}")
        if self._success is not None and not self._success.search(answer.text):
            raise TemporaryError(f"the gateway says {said}")


def masked(number: str) -> str:
    """The number for a record: its last four digits."""
    return _MASKED.sub("*", number)
