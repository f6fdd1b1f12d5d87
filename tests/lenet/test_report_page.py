"""report.html in a real browser: wide and narrow, light and dark, and on paper."""

import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_cli_train import SPEC, run

selenium = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="there is no Chromium: apt-get install chromium-driver"
)
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync "
    "--disable-dev-shm-usage"
)
# The colour of what is read and of what it stands on, as numbers.
COLOURS = """
const [element] = arguments;
let ground = element, value;
do {
  value = getComputedStyle(ground).backgroundColor;
  ground = ground.parentElement;
} while (ground && /rgba\\(0, 0, 0, 0\\)/.test(value));
return [getComputedStyle(element).color, value].map(c => c.match(/[0-9.]+/g).map(Number));
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("page")
    (folder / "tiny.lenet").write_text(SPEC)
    run("train", folder / "tiny.lenet", "--engine", "local", "-o", folder / "run")
    return (folder / "run" / "report.html").as_uri()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    options = selenium.ChromeOptions()
    options.binary_location = CHROMIUM
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    for flag in (*FLAGS.split(), f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    driver = selenium.Chrome(options=options, service=selenium.ChromeService(DRIVER))
    yield driver
    driver.quit()


def open_page(browser: Any, address: str, width: int = 1100, scheme: str = "light") -> None:
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    browser.get(address)


def luminance(colour: list[float]) -> float:
    """Of sRGB, as WCAG 2 has it."""
    parts = [v / 255 for v in colour[:3]]
    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_nothing_is_refused_and_nothing_is_fetched(browser: Any, address: str) -> None:
    open_page(browser, address)
    assert browser.title == "run"
    assert browser.get_log("browser") == []
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
        and event["params"]["documentURL"] == address
    ]
    assert address in asked
    assert all(url == address or url.startswith("data:image/") for url in asked)
    broken = "return [...document.images].filter(i => !i.complete || !i.naturalWidth).length"
    assert browser.execute_script(broken) == 0
    count = browser.execute_script("return document.images.length")
    assert count > 20


@pytest.mark.parametrize("width", [360, 1100])
def test_nothing_is_wider_than_the_page(browser: Any, address: str, width: int) -> None:
    open_page(browser, address, width)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    small = (
        "return [...document.querySelectorAll('p,td,th,figcaption,dd,li a')]"
        ".filter(e => parseFloat(getComputedStyle(e).fontSize) < 12).length"
    )
    assert browser.execute_script(small) == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_legible(browser: Any, address: str, scheme: str) -> None:
    """A contrast of 4.5 or more, as WCAG asks of text."""
    open_page(browser, address, scheme=scheme)
    elements = browser.find_elements("css selector", "h1,h2,p,a,th,dd,dt,figcaption,pre,caption")
    assert len(elements) > 50
    for element in elements[:: max(1, len(elements) // 60)]:
        levels = sorted(luminance(c) for c in browser.execute_script(COLOURS, element))
        assert (levels[1] + 0.05) / (levels[0] + 0.05) >= 4.5, element.text
    (ground,) = {browser.execute_script("return getComputedStyle(document.body).backgroundColor")}
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")


def test_the_keyboard_reaches_what_scrolls(browser: Any, address: str) -> None:
    open_page(browser, address, 360)
    body = browser.find_element("tag name", "body")
    wanted = {"Worst mistakes", "confusion matrix", "the file's text"}
    for _ in range(40):
        body.send_keys("\ue004")  # tab
        body = browser.switch_to.active_element
        wanted.discard(body.get_attribute("aria-label") or body.text)
        if not wanted:
            return
    pytest.fail(f"{wanted} were not reached")


def test_it_can_be_printed(browser: Any, address: str, tmp_path: Path) -> None:
    open_page(browser, address, scheme="dark")
    found = browser.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
    data = base64.b64decode(found["data"])
    assert data.startswith(b"%PDF") and len(data) > 20_000
