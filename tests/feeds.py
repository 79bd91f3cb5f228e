"""RSS feeds written in a line."""

from html import escape

LONG = "".join(
    f"<p>Acme opened its depot number {n} in Turin in May. It holds {n}00 lorries and nobody named a price.</p>"
    for n in range(1, 9)
)
"""The text of an entry, as HTML, that is enough for an article."""


def item(id_: str, title: str, text: str, *, link: str | None = None, day: int = 4) -> str:
    """An entry published at ten in the morning on that day of March 2025."""
    linked = f"<link>{escape(link)}</link>" if link else ""
    return (
        f'<item><guid isPermaLink="false">{id_}</guid><title>{escape(title)}</title>{linked}'
        f"<pubDate>{day:02} Mar 2025 10:00:00 GMT</pubDate><description>{escape(text)}</description></item>"
    )


def rss(*items: str) -> str:
    """A feed of these entries, in this order."""
    return (
        '<?xml version="1.0"?><rss version="2.0"><channel><title>Acme Daily</title><language>en-GB</language>'
        f"<link>https://example.org/</link>{''.join(items)}</channel></rss>"
    )
