"""When two addresses of the web lead to one page, whoever linked to it."""

from urllib.parse import urlsplit

from courlan import normalize_url


def bare_address(url: str) -> str:
    """What stays of a page's address however it is linked: no scheme, no slash at the end of its path, and none of the
    parameters that only tell where a reader comes from, such as `utm_source`."""
    parts = urlsplit(normalize_url(url))
    return parts._replace(scheme="", path=parts.path.rstrip("/")).geturl()
