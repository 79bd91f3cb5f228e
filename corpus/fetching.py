"""A guarded download: what an operator (or whoever sends them a link) cannot turn against the bot's own network.

Every hop of a redirect is resolved once, every address that it resolves to is judged, and the connection goes to
the address that was judged: a name that answers differently a second time gains nothing. TLS and the Host header
keep the name. Proxies from the environment are not used, because they would resolve the name themselves.
"""

import ipaddress
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from corpus.errors import SourceBusyError, SourceError

if TYPE_CHECKING:
    import httpx

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Allow = Callable[[Address], bool]
"""Says of an address whether it may be connected to."""

MAX_BYTES = 20 * 1024 * 1024
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BUSY = frozenset({429, 503})
_USER_AGENT = "Annuncio/0.1 (+reads pages that its operator asked for)"
_ACCEPTED = (
    "text/html,application/xhtml+xml,application/pdf,application/rss+xml;q=0.9,application/atom+xml;q=0.9,text/*;q=0.9"
)


@dataclass(frozen=True, slots=True)
class Limits:
    """When a download is given up."""

    max_bytes: int = MAX_BYTES
    wait: float = 15.0
    """Seconds for the connection, and for each piece of the answer."""
    total: float = 60.0
    """Seconds for everything."""
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Validators:
    """By what a server tells whether something has changed since it was last read: its own words, sent back to it."""

    etag: str | None = None
    last_modified: str | None = None


UNKNOWN = Validators()
"""What is known of a place that was never read."""
LONGEST_VALIDATOR = 255
"""Characters: what is longer is not kept, and the place read whole each time."""


@dataclass(frozen=True, slots=True)
class Download:
    """What a server answered."""

    url: str
    """Where the redirects ended."""
    media_type: str
    """Such as text/html; "" where the server names none."""
    charset: str | None
    body: bytes
    validators: Validators = UNKNOWN
    changed: bool = True
    """False where it is as it was when the validators that were sent were given: then `body` is empty."""


def is_public(address: Address) -> bool:
    """Whether the address is on the open internet: not private, loopback, link-local, shared, reserved, multicast."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address not in _GLOBAL_UNICAST or address.sixtofour is not None or address.teredo is not None:
            return False  # 6to4 and Teredo carry an IPv4 address past every check
    return address.is_global and not address.is_multicast and not address.is_reserved


def download(
    url: str, *, allow: Allow = is_public, limits: Limits | None = None, known: Validators | None = None
) -> Download:
    """What stands at `url`; SourceError for anything that is not a whole answer with a good status.

    With what is `known` of an earlier answer, the server may say that nothing has changed.
    """
    import httpx

    limits = limits or Limits()
    deadline = time.monotonic() + limits.total
    try:
        target = httpx.URL(url)
        for _ in range(limits.redirects + 1):
            answer = _hop(target, allow, limits, deadline, known or UNKNOWN)
            if isinstance(answer, Download):
                return answer
            target = answer
    except httpx.InvalidURL as error:
        raise SourceError(f"{url!r} is no web address ({error}): give one such as https://example.org/news") from error
    raise SourceError(f"{_shown(target)}: more than {limits.redirects} redirects: give the address where they end")


def _hop(url: "httpx.URL", allow: Allow, limits: Limits, deadline: float, known: Validators) -> "Download | httpx.URL":
    """One request: what was answered, or where the answer says to go."""
    import httpx

    last: httpx.RequestError | None = None
    for address in _judged(url, allow):
        try:
            return _request(url, address, limits, deadline, known)
        except httpx.TimeoutException as error:
            raise SourceError(f"{_shown(url)}: no answer in {limits.wait:g} seconds: try again later") from error
        except httpx.ConnectError as error:
            last = error  # the next address of the same name may answer
        except httpx.RequestError as error:
            raise SourceError(f"{_shown(url)}: the answer broke off ({_reason(error)}): try again later") from error
    raise SourceError(f"{_shown(url)}: no connection ({_reason(last)}): check the address") from last


def _judged(url: "httpx.URL", allow: Allow) -> list[Address]:
    """The addresses of the URL's host, all of which may be connected to."""
    if url.scheme not in {"http", "https"}:
        raise SourceError(f"{_shown(url)}: only http:// and https:// addresses are read, not {url.scheme or 'this'}")
    if url.userinfo:
        raise SourceError(f"{_shown(url)}: the address holds a user name or password: give it without")
    if not url.host:
        raise SourceError(f"{url}: the address names no host: give one such as https://example.org/news")
    if not 0 < _port(url) < 65536:
        raise SourceError(f"{_shown(url)}: is no web address (there is no port {url.port}): check the number")
    try:
        found = socket.getaddrinfo(_host(url), _port(url), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise SourceError(f"{_shown(url)}: no such host: check the address") from error
    # A scope ("fe80::1%eth0") is no part of the address.
    addresses = dict.fromkeys(ipaddress.ip_address(str(entry[4][0]).split("%")[0]) for entry in found)
    for address in addresses:
        if not allow(address):
            raise SourceError(f"{_shown(url)}: leads to {address}, which is not on the public internet: refused")
    return list(addresses)


def _request(
    url: "httpx.URL", address: Address, limits: Limits, deadline: float, known: Validators
) -> "Download | httpx.URL":
    """Ask `address` for `url`: nothing here resolves the name again."""
    import httpx

    conditions = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}

    # One client a hop: a pooled TLS connection to the same address may have been opened for another name.
    with httpx.Client(trust_env=False, follow_redirects=False, timeout=limits.wait) as client:
        request = client.build_request(
            "GET",
            url.copy_with(host=str(address)),
            headers={
                "Host": url.netloc.decode("ascii"),
                "User-Agent": _USER_AGENT,
                "Accept": _ACCEPTED,
                "Accept-Encoding": "identity",  # so that the cap counts what travels
                **{name: value for name, value in conditions.items() if value},
            },
            extensions={"sni_hostname": _host(url)},
        )
        response = client.send(request, stream=True)
        try:
            if response.status_code in _REDIRECTS and "location" in response.headers:
                return url.join(response.headers["location"])
            unchanged = response.status_code == 304 and any(conditions.values())
            if response.status_code != 200 and not unchanged:
                status = f"{response.status_code} {response.reason_phrase}".strip()
                said = f"{_shown(url)}: the server answers {status}"
                if response.status_code in _BUSY:
                    raise SourceBusyError(f"{said}: try again later", _retry_after(response))
                raise SourceError(f"{said}: open the address in a browser")
            return Download(
                url=str(url),
                media_type=response.headers.get("content-type", "").split(";")[0].strip().casefold(),
                charset=response.charset_encoding,
                body=b"" if unchanged else _body(response, url, limits, deadline),
                validators=known
                if unchanged
                else Validators(_validator(response, "etag"), _validator(response, "last-modified")),
                changed=not unchanged,
            )
        finally:
            response.close()


def _validator(response: "httpx.Response", name: str) -> str | None:
    said = response.headers.get(name)
    return said if said and len(said) <= LONGEST_VALIDATOR else None


def _retry_after(response: "httpx.Response") -> float | None:
    """Seconds that the server wants to be left alone for, however it writes them; None where it does not say."""
    said = response.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit() and len(said) < 10:
        return float(said)
    try:
        moment = parsedate_to_datetime(said)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())


def _body(response: "httpx.Response", url: "httpx.URL", limits: Limits, deadline: float) -> bytes:
    """The whole answer, given up as soon as it is too long or takes too long."""
    chunks: list[bytes] = []
    size = 0
    for chunk in response.iter_bytes():
        size += len(chunk)
        if size > limits.max_bytes:
            raise SourceError(
                f"{_shown(url)}: longer than {limits.max_bytes / 1024 / 1024:g} MB: save the part that matters"
            )
        if time.monotonic() > deadline:
            raise SourceError(f"{_shown(url)}: not finished after {limits.total:g} seconds: try again later")
        chunks.append(chunk)
    return b"".join(chunks)


def _host(url: "httpx.URL") -> str:
    return url.raw_host.decode("ascii").strip("[]")


def _port(url: "httpx.URL") -> int:
    return {"http": 80, "https": 443}[url.scheme] if url.port is None else url.port


def _shown(url: "httpx.URL") -> str:
    """The address as it may be printed: without credentials."""
    return str(url.copy_with(userinfo=b"")) if url.userinfo else str(url)


def _reason(error: Exception | None) -> str:
    return (str(error) or type(error).__name__) if error else "no address"
