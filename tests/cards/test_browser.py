"""The page in a real browser, where there is one: Playwright with a Chromium that is installed already."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from cards.sessions import card_with, record_all

from origin.cards import card_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

NAMES = ("chromium", "chromium-browser", "google-chrome")
PHONE, DESK, PAPER = (360, 740), (1280, 900), (690, 1000)
WIDE_NAMES = ["W" * 400, "日本語" * 100, "a" * 30 + " " + "b" * 300, "<b>&\u202e|`" * 40, "plain"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    executable = os.environ.get("ORIGIN_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if executable is None:
        pytest.skip(f"no Chromium is installed ({', '.join(NAMES)}, or ORIGIN_CHROMIUM)")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield opened
        opened.close()


class Seen:
    """A page that was opened, with all that it asked for and complained of."""

    def __init__(self, browser: Any, file: Path, size: tuple[int, int], scheme: str = "light") -> None:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
        self.page = context.new_page()
        self.asked: list[str] = []
        self.said: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.loaded: list[str] = []
        self.page.on("requestfinished", lambda request: self.loaded.append(request.url))
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.goto(file.as_uri())

    def overflow(self) -> int:
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.fixture
def file(path: Path, tmp_path: Path) -> Path:
    record_all(path)
    written = tmp_path / "card.html"
    written.write_text(card_of(path, policy="commercial").html, encoding="utf-8")
    return written


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_nothing_is_asked_for_nothing_is_complained_of_and_nothing_runs_over(
    browser: Any, file: Path, size: tuple[int, int], scheme: str
) -> None:
    seen = Seen(browser, file, size, scheme)
    assert seen.page.locator("h1").inner_text().startswith("Session ")
    assert (seen.asked, seen.said, seen.overflow()) == ([file.as_uri()], [], 0)
    colour = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert colour == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(18, 23, 30)")


@pytest.mark.parametrize("text", WIDE_NAMES, ids=lambda text: text[:5])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_no_recorded_string_is_too_wide(browser: Any, path: Path, tmp_path: Path, size: Any, text: str) -> None:
    written = tmp_path / "card.html"
    written.write_text(card_with(path, text).html, encoding="utf-8")
    seen = Seen(browser, written, size)
    assert (seen.said, seen.overflow()) == ([], 0)
    outside = """
        [...document.querySelectorAll('svg text')].filter(text => {
            const box = text.getBBox();
            return box.x < -1 || box.x + box.width > 341;
        }).map(text => text.textContent)
    """
    assert seen.page.evaluate(outside) == []


def test_a_phone_is_shown_rows_with_their_headers(browser: Any, file: Path) -> None:
    seen = Seen(browser, file, PHONE)
    label = "getComputedStyle(document.querySelector('.stack td:nth-child(2)'), '::before').content"
    assert seen.page.evaluate(label) == '"source"'
    assert seen.page.get_by_role("row").count() > 30
    assert seen.page.get_by_role("columnheader", name="licence concluded").count() == 2


def test_paper_has_all_of_it(browser: Any, file: Path) -> None:
    seen = Seen(browser, file, PAPER, "dark")
    printed = seen.page.pdf(format="A4")
    assert printed.startswith(b"%PDF")
    seen.page.emulate_media(media="print")
    assert seen.overflow() == 0
    assert not seen.page.locator("nav").is_visible()
    assert seen.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_the_policy_holds_a_browser_back_from_what_somebody_adds(browser: Any, file: Path) -> None:
    added = "<script>document.title = 'owned'</script><img src='https://example.org/x.png'><style>h1{color:red}</style>"
    changed = file.with_name("changed.html")
    changed.write_text(file.read_text(encoding="utf-8").replace("</main>", f"{added}</main>"), encoding="utf-8")
    seen = Seen(browser, changed, DESK)
    assert seen.page.title().startswith("Provenance card: session ")
    assert seen.loaded == [changed.as_uri()]
    assert len([said for said in seen.said if "Content Security Policy" in said]) == 3
    assert seen.page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(27, 36, 48)"


def test_a_notebook_cell_shows_it(browser: Any, path: Path, tmp_path: Path) -> None:
    record_all(path)
    notebook = tmp_path / "notebook.html"
    notebook.write_text(f"<!DOCTYPE html><h1>Notebook</h1>{card_of(path)._repr_html_()}", encoding="utf-8")
    seen = Seen(browser, notebook, DESK)
    framed = seen.page.frame_locator("iframe")
    assert framed.locator("h1").inner_text().startswith("Session ")
    assert seen.page.evaluate("getComputedStyle(document.querySelector('h1')).fontSize") == "32px"
    assert framed.get_by_role("link").count() == 0
    assert seen.said == []
