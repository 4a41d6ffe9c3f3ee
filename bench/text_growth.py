"""How the cost of cleaning, rendering and counting a text grows with it: CPU at ten times the size, as a ratio."""

import time

from parley.kit.html import plain_text, sanitise
from parley.kit.text import clean_text, excerpt
from parley.publishing.text import count_length, render_status
from tests.publishing.test_text import HOSTILE

_SIZE = 10_000


def measure(act, text: str) -> float:
    """CPU milliseconds, the best of three."""
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        act(text)
        best = min(best, time.process_time() - start)
    return best * 1000


def work(text: str) -> None:
    cleaned = clean_text(text)
    render_status(cleaned, {}, str, "social.test")
    count_length(cleaned)
    excerpt(cleaned, 100)


def main() -> None:
    print(f"{'text of':<28}{'ms at ' + str(_SIZE):>14}{'ms at ' + str(_SIZE * 10):>14}{'ratio':>8}")
    for piece in ["plain words ", *HOSTILE]:
        small, large = (
            measure(work, (piece * (size // len(piece) + 1))[:size]) for size in (_SIZE, _SIZE * 10)
        )
        print(f"{piece[:24]!r:<28}{small:>14.2f}{large:>14.2f}{large / max(small, 0.01):>8.1f}")
    for piece in ("<b class=a{}>", "<blockquote>", "<b><p>", "<a href=https://a.b>"):
        html = "".join(piece.format(number) for number in range(4_000 // piece.count("<")))
        print(f"the most HTML allowed: {piece:<22} sanitise {measure(sanitise, html):>8.1f} ms")
        print(f"{'':<46}plain_text {measure(plain_text, html):>6.1f} ms")


if __name__ == "__main__":
    main()
