"""A text as a person sees it, and the entities that format it, settled as Telegram settles them."""

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from .model import Entity

MAX_ENTITIES = 100


def units(text: str) -> int:
    """The length of a text as Telegram counts it: in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass(frozen=True, slots=True)
class Shown:
    """A text as a person sees it, and how it is formatted."""

    text: str
    entities: tuple[Entity, ...] = ()


def trimmed(shown: Shown) -> Shown:
    """The text without the white space around it, which Telegram drops; entities move along."""
    text = shown.text.strip()
    head = units(shown.text[: len(shown.text) - len(shown.text.lstrip())])
    size = units(text)
    kept = []
    for entity in shown.entities:
        start = max(entity.offset - head, 0)
        end = min(entity.offset + entity.length - head, size)
        if end > start:
            kept.append(replace(entity, offset=start, length=end - start))
    return Shown(text, tuple(kept))


def is_link(url: str) -> bool:
    """Whether Telegram keeps the link; it shows the text of a bad one without it."""
    try:
        parts = urlsplit(url if "://" in url or url.startswith(("mailto:", "tel:")) else f"http://{url}")
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme in ("mailto", "tel", "tg"):
        return True
    return parts.scheme in ("http", "https", "ftp") and ("." in host or host == "localhost")


def settled(entities: list[Entity]) -> tuple[Entity, ...]:
    """The entities as a message carries them: sorted, none inside code, `pre` joined with its `code`."""
    spans = {(entity.offset, entity.length): entity.language for entity in entities if entity.kind == "code"}
    joined = []
    for entity in entities:
        span = (entity.offset, entity.length)
        if entity.kind == "pre" and span in spans:
            joined.append(replace(entity, language=spans[span]))
        elif entity.kind == "code":
            joined.append(replace(entity, language=None))
        else:
            joined.append(entity)
    fixed = [entity for entity in joined if entity.kind in ("pre", "code")]
    kept = {entity for entity in joined if not any(_inside(entity, outer) for outer in fixed)}
    order = sorted(kept, key=lambda entity: (entity.offset, -entity.length, entity.kind))
    return tuple(order[:MAX_ENTITIES])


def _inside(entity: Entity, outer: Entity) -> bool:
    """Whether another entity that cannot hold any holds this one; `pre` wins over a `code` of its size."""
    if entity == outer or (entity.kind == "pre" and outer.kind == "code"):
        return False
    if entity.kind == "blockquote" and entity.length >= outer.length:
        return False
    end, outer_end = entity.offset + entity.length, outer.offset + outer.length
    return outer.offset <= entity.offset and end <= outer_end
