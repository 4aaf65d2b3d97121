"""From a request to a handler: who asks, may they, what do they ask; and from what it gives to an answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from hashlib import blake2b
from http import HTTPStatus
from typing import Any, Final

import structlog
from aiohttp import web
from pydantic import BaseModel, ValidationError

from monitor.access.principal import Principal
from monitor.access.roles import Permission
from monitor.ledger.errors import LedgerError
from monitor.model.actions import Action, Outcome
from monitor.model.said import Said
from monitor.web.context import Context
from monitor.web.endpoints import API, JSON, Call, Endpoint, Refused, Reply
from monitor.web.fields import wrong
from monitor.web.guard import check_origin, who_asks
from monitor.web.language import language_of
from monitor.web.problems import problem, title_of

MOST_BODY: Final = 256 * 1024
"""Bytes of a JSON body."""

WORTH_PACKING: Final = 1024
"""Bytes from which an answer is compressed for those who can read it."""

log = structlog.get_logger(__name__)


Given = BaseModel | Reply | web.StreamResponse


def handler_of(
    endpoint: Endpoint, context: Context
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """What aiohttp calls for this endpoint."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await _answer(endpoint, context, request)
        except Refused as refused:
            return _problem_of(refused, language_of(request, context))
        except LedgerError as error:
            log.warning("not answered for want of the ledger", path=request.path, error=str(error))
            away = Refused(503, "台账暂不可用", "the ledger is away just now", after=5)
            return _problem_of(away, language_of(request, context))

    return answer


async def _answer(endpoint: Endpoint, context: Context, request: web.Request) -> web.StreamResponse:
    who = await who_asks(context, request)
    call: Call[Any, Any] = Call(context, request, who, request.match_info, None, None, context.live.clock())
    given = await (_change if endpoint.changes else _ask)(endpoint, call)
    return await _reply(given, request, endpoint.status)


async def _ask(endpoint: Endpoint, call: Call[Any, Any]) -> Given:
    await _check(endpoint, call)
    given = await endpoint.handler(call)
    if endpoint.action:
        await call.context.trail.write(_line(call, endpoint.action, Outcome.OK))
    return given


async def _change(endpoint: Endpoint, call: Call[Any, Any]) -> Given:
    try:
        check_origin(call.context, call.request, call.who)
        await _check(endpoint, call)
    except Refused as refused:
        await _tell_refusal(call, endpoint.action, refused)
        raise
    async with recorded(call, endpoint.action):
        return await endpoint.handler(call)


@asynccontextmanager
async def recorded(call: Call[Any, Any], done: str) -> AsyncIterator[None]:
    """What is done inside has its line in the audit trail, however it ends.

    Raises Refused (503) before anything is done when the line could not be had.
    """
    trail = call.context.trail
    begun = await trail.begin(_line(call, done, Outcome.UNCLEAR))
    outcome = Outcome.UNCLEAR
    try:
        yield
        outcome = Outcome.OK
    except Refused as refused:
        outcome = Outcome.REFUSED
        await trail.take_back(begun)
        await _tell_refusal(call, done, refused)
        raise
    finally:
        if outcome is not Outcome.REFUSED:
            await trail.end(begun, _line(call, done, outcome))


async def _check(endpoint: Endpoint, call: Call[Any, Any]) -> None:
    """May he, and is what he asks as it must be? Raises Refused."""
    _check_permission(endpoint.permission, call.who)
    call.query = _query(endpoint, call.request)
    call.body = await _body(endpoint, call.request)


async def _tell_refusal(call: Call[Any, Any], tried: str, refused: Refused) -> None:
    """What an account tried, and who wanted in; not that half of a login was right so far."""
    if refused.more.get("need") or not (call.who.account or call.target):
        return
    is_failed = refused.status == HTTPStatus.UNAUTHORIZED and not call.who.account
    call.facts = {**call.facts, "status": refused.status}
    outcome = Outcome.FAILED if is_failed else Outcome.REFUSED
    await call.context.trail.refused(_line(call, tried, outcome), refused.after or 0)


def _check_permission(permission: Permission | None, who: Principal) -> None:
    if permission is None:
        return
    if who.must and permission is not Permission.OWN:
        raise Refused(403, "须先修改密码", "the password has to be changed first", must=who.must)
    if permission in who.permissions:
        return
    if who.via == "anonymous":
        raise Refused(401, "请先登录", "log in first")
    raise Refused(403, f"该账号没有“{permission.value}”权限", f"this account may not {permission.value}")


def _query(endpoint: Endpoint, request: web.Request) -> BaseModel | None:
    if endpoint.query is None:
        return None
    given = request.query
    twice = sorted({name for name in given if len(given.getall(name)) > 1})
    if twice:
        raise Refused(400, f"参数重复：{', '.join(twice)}", f"given twice: {', '.join(twice)}")
    try:
        return endpoint.query.model_validate(dict(given), strict=False)
    except ValidationError as error:
        raise _wrong("query", error) from error


async def _body(endpoint: Endpoint, request: web.Request) -> BaseModel | None:
    if endpoint.body is None:
        return None
    if request.content_type != JSON:
        raise Refused(415, f"请求体须为 {JSON}", f"the body must be {JSON}")
    text = await _read(request)
    try:
        return endpoint.body.model_validate_json(text)
    except ValidationError as error:
        raise _wrong("body", error) from error


async def _read(request: web.Request) -> bytes:
    """The body. Raises Refused (413) as soon as it is longer than :data:`MOST_BODY`."""
    pieces, read = [], 0
    async for piece in request.content.iter_any():
        read += len(piece)
        if read > MOST_BODY:
            raise too_large(MOST_BODY)
        pieces.append(piece)
    return b"".join(pieces)


def too_large(most: int) -> Refused:
    """What is answered to a body of more than ``most`` bytes."""
    return Refused(413, f"内容过大，上限 {most} 字节", f"too large: {most} bytes at most")


def _wrong(place: str, error: ValidationError) -> Refused:
    """Each mistake with where it is; never with what was given, which may be a password."""
    found = [
        (".".join(map(str, (place, *each["loc"]))), wrong(each))
        for each in error.errors(include_url=False, include_input=False)
    ]
    at, said = found[0]
    errors = [{"at": at, "text": said} for at, said in found]
    return Refused(400, f"{at}：{said.zh}", f"{at}: {said.en}", errors=errors)


def _line(call: Call[Any, Any], done: str, outcome: Outcome) -> Action:
    target = call.target or "/".join(call.path.values())
    return Action(call.now, call.who.account, done, target, outcome, call.address, call.facts)


async def _reply(given: Given, request: web.Request, status: int) -> web.StreamResponse:
    if isinstance(given, web.StreamResponse):
        return given
    response = as_response(given, status)
    is_done = request.method == "GET" and response.status == HTTPStatus.OK
    return _tagged(response, request) if is_done else response


def as_response(given: BaseModel | Reply, status: int = 200) -> web.Response:
    """What goes out, for handlers that add to its headers."""
    reply = Reply(given, status) if isinstance(given, BaseModel) else given
    body = reply.body if isinstance(reply.body, bytes) else reply.body.model_dump_json().encode()
    headers = {**reply.headers, "Content-Type": _typed(reply.media)}
    return web.Response(body=body, status=reply.status, headers=headers)


def _typed(media: str) -> str:
    return f"{media}; charset=utf-8" if media.startswith("text/") or media == JSON else media


def _tagged(response: web.Response, request: web.Request) -> web.Response:
    """With an ETag (RFC 9110 §8.8.3); 304 without the body to whoever has it already."""
    body = response.body if isinstance(response.body, bytes) else b""
    tag = blake2b(body, digest_size=12).hexdigest()
    known = request.if_none_match or ()
    if any(each.value in (tag, "*") for each in known):
        response = web.Response(status=304)
    elif len(body) >= WORTH_PACKING and "Content-Encoding" not in response.headers:
        response.enable_compression()
    response.etag = tag
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _problem_of(refused: Refused, language: str) -> web.Response:
    detail = refused.zh if language == "zh" else refused.en
    more = {name: _told(value, language) for name, value in refused.more.items()}
    answer = problem(refused.status, title_of(refused.status).told(language), detail, **more)
    if refused.after is not None:
        answer.headers["Retry-After"] = str(max(1, round(refused.after)))
    if refused.status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="quanshi"'
    return answer


def _told(value: Any, language: str) -> Any:
    """As JSON can say it: what it has to say in both languages in this one."""
    if isinstance(value, Said):
        return value.told(language)
    if isinstance(value, dict):
        return {name: _told(each, language) for name, each in value.items()}
    return [_told(each, language) for each in value] if isinstance(value, list) else value


def routes_of(endpoints: Iterable[Endpoint], context: Context) -> list[web.RouteDef]:
    """A route for each."""
    return [web.route(each.method, API + each.path, handler_of(each, context)) for each in endpoints]
