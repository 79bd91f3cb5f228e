"""What the tests ask, what the shipped announcement answers, and the articles that come after it."""

from dataclasses import dataclass

ORDERS_IT = "La Xiaomi YU7 ha raccolto 200.000 ordini confermati nei primi tre minuti dall'apertura dei preordini."
ANNOUNCED_IT = "Xiaomi venderà le proprie auto elettriche fuori dalla Cina a partire dal 2027."


@dataclass(frozen=True, slots=True)
class Orders:
    """How many orders the YU7 received, as one language asks and answers it."""

    question: str
    value: str
    sentence: str
    original: str
    """The line over the original; empty where the sentence is the original."""
    source: str


ORDERS = {
    "en": Orders(
        "How many orders did the YU7 receive?",
        "200,000",
        "The Xiaomi YU7 collected 200,000 confirmed orders in the first three minutes after pre-orders opened.",
        "In the original (Italian):",
        "Source: Xiaomi will take its electric cars outside China from 2027. Xiaomi keynote, 24 September 2025",
    ),
    "it": Orders(
        "Quanti ordini ha ricevuto la YU7?",
        "200.000",
        ORDERS_IT,
        "",
        "Fonte: Xiaomi porterà le sue auto elettriche fuori dalla Cina dal 2027. Keynote Xiaomi, 24 settembre 2025",
    ),
    "es": Orders(
        "¿Cuántos pedidos recibió el YU7?",
        "200.000",
        "El Xiaomi YU7 reunió 200.000 pedidos confirmados en los primeros tres minutos desde la apertura de las "
        "reservas.",
        "En el original (italiano):",
        "Fuente: Xiaomi llevará sus coches eléctricos fuera de China a partir de 2027. Keynote de Xiaomi, "
        "24 de septiembre de 2025",
    ),
    "de": Orders(
        "Wie viele Bestellungen gab es für den YU7?",
        "200.000",
        "Der Xiaomi YU7 erhielt 200.000 bestätigte Bestellungen in den ersten drei Minuten nach Öffnung der "
        "Vorbestellungen.",
        "Im Original (Italienisch):",
        "Quelle: Xiaomi bringt seine Elektroautos ab 2027 auch außerhalb Chinas auf den Markt. Xiaomi-Keynote, "
        "24. September 2025",
    ),
    "fr": Orders(
        "Combien de commandes la YU7 a-t-elle reçues ?",
        "200\u202f000",
        "La Xiaomi YU7 a enregistré 200\u202f000 commandes confirmées dans les trois premières minutes après "
        "l'ouverture des précommandes.",
        "Dans l'original (italien)\u202f:",
        "Source\u202f: Xiaomi vendra ses voitures électriques hors de Chine à partir de 2027. Keynote Xiaomi, "
        "24 septembre 2025",
    ),
    "zh": Orders(
        "YU7收到了多少订单？",
        "20万份",
        "小米YU7（Xiaomi YU7）在开放预订后的最初三分钟内收到20万份确认订单。",
        "原文（意大利语）：",
        "来源：小米将从2027年起在中国以外销售电动汽车。小米主题演讲，2025年9月24日",
    ),
}

ABROAD = {
    "en": "From when will Xiaomi sell its electric cars outside China?",
    "it": "Da quando Xiaomi venderà le sue auto elettriche fuori dalla Cina?",
    "es": "¿A partir de cuándo venderá Xiaomi sus coches eléctricos fuera de China?",
    "de": "Ab wann wird Xiaomi seine Elektroautos außerhalb Chinas verkaufen?",
    "fr": "À partir de quand Xiaomi vendra-t-elle ses voitures électriques hors de Chine ?",
    "zh": "小米从什么时候起在中国以外销售电动汽车？",
}
"""Answered with the year 2027."""

EUROPE = {
    "en": "When do Xiaomi cars reach Europe?",
    "it": "Quando arrivano le auto Xiaomi in Europa?",
    "es": "¿Cuándo llegan los coches de Xiaomi a Europa?",
    "de": "Wann kommen die Autos von Xiaomi nach Europa?",
    "fr": "Quand les voitures Xiaomi arrivent-elles en Europe ?",
    "zh": "小米汽车什么时候进入欧洲？",
}
"""The first question of everybody: answered with the year 2027."""

NOT_STATED = {
    "en": ("What is the price of the SU7 in Italy?", "The announcement does not state this."),
    "it": ("Quanto costa la SU7 in Italia?", "L'annuncio non lo dice"),
    "de": ("Was kostet der SU7 in Deutschland?", "Das steht nicht in der Ankündigung."),
}

TRAM = """\
---
title: The city of Linden opens a night tram
language: en
original: en
published: 2026-03-02
source: Linden town hall
topics: [news]
questions: ["How much does a single ticket for the night tram cost?", "How many stops does the night tram have?"]
---
The city of Linden will run a night tram from 4 May 2026.
A single ticket for the night tram costs 2.40 euros.

The night tram has 14 stops.
Mayor Ada Brandt announced the night tram at the town hall of Linden.
"""
"""An edition with its own questions: its title, the first of them, and what answers it."""
TRAM_TITLE = "The city of Linden opens a night tram"
TRAM_SUMMARY = (
    "The city of Linden will run a night tram from 4 May 2026. A single ticket for the night tram costs 2.40 euros."
)
TRAM_QUESTION = "How much does a single ticket for the night tram cost?"
TRAM_ANSWER = "A single ticket for the night tram costs 2.40 euros."

FERRY = """\
The harbour of Linden gets an electric ferry

The harbour of Linden will receive an electric ferry for 120 passengers. The electric ferry crosses the river in \
seven minutes, and it needs no oil.

The electric ferry was built in the shipyard of Ostheim. The harbour of Linden paid 3 million euros for the ferry.
"""
"""Plain text, with a headline and without a date."""
FERRY_TITLE = "The harbour of Linden gets an electric ferry"

BRIDGE = """\
<!doctype html><html lang="en"><head><title>The old bridge of Linden opens again</title></head><body><article>
<h1>The old bridge of Linden opens again</h1>
<p>The old bridge of Linden opens again for walkers and bicycles after two years of work on its pillars.</p>
<p>The work on the old bridge of Linden cost 5 million euros, and 40 people took part in it every day.</p>
</article></body></html>
"""
"""A page."""
BRIDGE_TITLE = "The old bridge of Linden opens again"

RAW_IT = """\
 date 2025-09-24 Se ne parlava da mesi, e ora c'è la conferma ufficiale: Xiaomi venderà le sue auto elettriche \
anche al di fuori della Cina a partire dal 2027, con un piano di espansione commerciale senza precedenti.

L’annuncio è stato dato nel corso del keynote odierno da Xu Fei, vicepresidente e Chief Marketing Officer.

Segui Xiaomi Italia su Telegram, ricevi news e offerte per primo

Dalla Cina al mondo, le auto elettriche di Xiaomi pronte al grande salto

La berlina sportiva Xiaomi SU7 ha già superato quota 300.000 consegne in appena 15 mesi, un traguardo notevole. \
Numeri impressionanti anche per la Xiaomi YU7, che ha registrato 200.000 ordini confermati nei primi tre minuti.

Xiaomi ha annunciato un piano di 10.000 negozi ufficiali aperti in tutto il mondo entro il 2030.
"""
"""Raw text of the shapes that the source article has: a lead with its date, an appeal, a headline in the middle."""
