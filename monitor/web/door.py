"""The site's OpenID provider, kept as long as its settings are the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiohttp import web

from monitor.access.errors import Refused
from monitor.config import OidcSettings, Site

if TYPE_CHECKING:
    from monitor.access.oidc import Provider


class Door:
    """Gives the provider that the site names now. What that said of itself is kept between logins."""

    def __init__(self) -> None:
        self._provider: Provider | None = None
        self._known: tuple[OidcSettings, str | None] | None = None

    async def provider(self, site: Site) -> Provider:
        """Raises Refused: 404 where the site has none, 503 without the extra that it needs."""
        settings = site.web.oidc
        if settings is None:
            raise Refused(404, "本站点未配置统一身份认证", "this site has no OpenID provider")
        secret = None if settings.secret is None else site.credentials[settings.secret].token
        if self._provider is None or self._known != (settings, secret):
            await self.close()
            self._provider, self._known = _made(settings, secret), (settings, secret)
        return self._provider

    async def close(self, _app: web.Application | None = None) -> None:
        if self._provider is not None:
            await self._provider.close()
        self._provider = None


DOOR: Final = web.AppKey("door", Door)


def _made(settings: OidcSettings, secret: str | None) -> Provider:
    try:
        from monitor.access.oidc import Provider
    except ImportError as error:
        raise Refused(503, "缺少组件：请安装 quanshi[oidc]", "quanshi[oidc] is not installed") from error
    return Provider(settings, secret)
