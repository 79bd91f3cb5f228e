"""Documents made by hand for the tests: small PDFs, pages, and a server that hands them out on the loopback."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

PAGE = """<!doctype html>
<html lang="en-GB"><head><title>Acme opens a depot - Acme Daily</title>
<meta property="og:site_name" content="Acme Daily">
<meta property="article:published_time" content="2025-03-04T10:00:00Z"></head>
<body><nav><a href="/">Home</a> <a href="/jobs">Jobs</a></nav>
<article><h1>Acme opens a depot</h1>
<p>Acme will open its first depot in <b>Turin</b> in May, it <a href="/x">said</a>. It will hold 1,200 lorries.</p>
<p>From May on</p>
<h2>Prices</h2>
<p>Nobody named a price. The company will do so in April.</p>
<ul><li>One lorry costs nothing to look at</li><li>Two cost the same</li></ul>
</article><footer>Copyright 2019 Acme</footer></body></html>
"""


def pdf(pages: Sequence[Sequence[str]], *, title: str | None = None, created: str | None = None) -> bytes:
    """A PDF with a line of text for every line; `created` as PDF writes dates, such as D:20250304100000Z."""
    objects: list[bytes] = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
    kids = []
    for lines in pages:
        shown = b"".join(b"(" + _escaped(line) + b") Tj 0 -14 Td\n" for line in lines)
        stream = b"BT /F1 11 Tf 50 780 Td\n" + shown + b"ET"
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R"
            b" /Resources << /Font << /F1 3 0 R >> >> >>" % len(objects)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids), len(kids))
    info = b"".join(
        b" /%s (%s)" % (key, _escaped(value)) for key, value in ((b"Title", title), (b"CreationDate", created)) if value
    )
    objects.append(b"<<%s >>" % info)
    data = b"%PDF-1.4\n"
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = b"<< /Size %d /Root 1 0 R /Info %d 0 R >>" % (len(objects) + 1, len(objects))
    start = len(data)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    return data + head + table + b"trailer\n" + trailer + b"\nstartxref\n%d\n%%%%EOF\n" % start


def _escaped(text: str) -> bytes:
    for character in "\\()":
        text = text.replace(character, f"\\{character}")
    return text.encode("cp1252")


@dataclass(frozen=True, slots=True)
class Page:
    """What the server answers at one path."""

    body: bytes = b""
    type: str = "text/html"
    status: int = 200
    location: str | None = None
    stalls: bool = False
    """Whether the answer stops after its headers until the server is closed."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Sent besides; who names the ETag or the Last-Modified among them is answered 304."""


@dataclass(slots=True)
class Site:
    """A server on the loopback, and what it was asked."""

    address: str
    hosts: list[str] = field(default_factory=list)
    """The Host header of every request, in order."""
    asked: list[tuple[str, int]] = field(default_factory=list)
    """The path of every request, and the status that it was answered with."""
    pages: dict[str, Page] = field(default_factory=dict)

    def at(self, path: str) -> str:
        """The URL of a path."""
        return f"http://{self.address}{path}"


@contextmanager
def serving(pages: Mapping[str, Page]) -> Iterator[Site]:
    """A site with `pages`, until the end of the block."""
    closing = Event()
    site = Site("", pages=dict(pages))
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(lambda: site, closing))
    server.daemon_threads = True
    site.address = f"127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield site
    finally:
        closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(site: Callable[[], Site], closing: Event) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site().hosts.append(self.headers["Host"])
            page = site().pages.get(self.path, Page(status=404))
            for known, named in (("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified")):
                if self.headers[known] is not None and self.headers[known] == page.headers.get(named):
                    page = replace(page, status=304, body=b"")
            site().asked.append((self.path, page.status))
            self.send_response(page.status)
            for name, value in page.headers.items():
                self.send_header(name, value)
            if page.type:
                self.send_header("Content-Type", page.type)
            if page.location is not None:
                self.send_header("Location", page.location)
            self.send_header("Content-Length", str(len(page.body) + page.stalls))
            self.end_headers()
            if page.stalls:
                closing.wait(30)
            try:
                self.wfile.write(page.body)
            except ConnectionError:
                return  # the client gave the answer up, which is what its test is about

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (its name in http.server)
            """Say nothing."""

    return Handler
