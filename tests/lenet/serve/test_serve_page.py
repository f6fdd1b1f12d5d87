"""The page in a browser: a digit that a script draws is read right, by mouse and by keyboard."""

import json
import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from served import NUMBERS, Running, model_of, served

import lenet

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is missing")
CHROMIUM, DRIVER = (shutil.which(name) for name in ("chromium", "chromedriver"))
if CHROMIUM is None or DRIVER is None:
    pytest.skip("there is no Chromium", allow_module_level=True)
FLAGS = [
    "headless",
    "no-sandbox",
    "disable-gpu",
    "disable-quic",
    "no-first-run",
    "disable-background-networking",
    "disable-component-update",
    "disable-sync",
    "disable-dev-shm-usage",
    "window-size=1000,1300",
]
SPEC = """\
input 1x8x8
conv 8x3x3
relu
reshape 8*6*6
linear 10
logsoftmax
data digits
train
  loss nll
  rate 0.2
  batch 32
  stop after 8 epochs
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("page")
    lenet.train(SPEC, engine="local", progress=False).save(folder / "digits.safetensors")
    model_of(NUMBERS).save(folder / "flats.safetensors")
    paths = [f"digits={folder}/digits.safetensors", f"flats={folder}/flats.safetensors"]
    with served([Path(path) for path in paths], token="a-token-for-the-page") as running:
        yield running


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in FLAGS:
        options.add_argument(f"--{flag}")
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('profile')}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


def wait(browser: Any, script: str) -> Any:
    """What a script returns once that is true."""
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(browser, 40, 0.05).until(lambda b: b.execute_script(f"return {script}"))


def said(browser: Any) -> str:
    return str(browser.execute_script("return find('said').textContent"))


def test_a_visitor(server: Running, browser: Any) -> None:
    """Asked for the token; draws; sees the answer, the layers and what decides; then by keys."""
    from selenium.webdriver import ActionChains, Keys

    here = f"http://127.0.0.1:{server.port}/"
    browser.get(here)
    wait(browser, "!find('login').hidden")
    browser.execute_script("find('token').value = 'a-token-for-the-page'")
    browser.execute_script("find('login').requestSubmit()")
    wait(browser, "models.length == 2 && find('login').hidden")

    pad = browser.find_element("id", "pad")
    side = pad.size["width"]
    ring = [(0.26 * math.cos(k / 4), 0.4 * math.sin(k / 4)) for k in range(27)]
    pen = ActionChains(browser, duration=10)
    pen.move_to_element_with_offset(pad, *(round(side * x) for x in ring[0])).click_and_hold()
    for place in ring[1:]:
        pen.move_to_element_with_offset(pad, *(round(side * x) for x in place))
    pen.release().perform()
    wait(browser, "!find('seen').hidden && find('layers').children.length == 4")
    wait(browser, "find('said').textContent.startsWith('0, ')")
    assert not browser.execute_script("return find('why').hidden || find('problem').textContent")
    assert browser.execute_script("return find('heat').width") == 8

    # By keyboard alone: to the button that clears, back to the paper, and another one.
    browser.execute_script("find('models').focus()")
    keys = ActionChains(browser)
    keys.send_keys(Keys.TAB, Keys.TAB, Keys.ENTER).key_down(Keys.SHIFT).send_keys(Keys.TAB)
    keys.key_up(Keys.SHIFT).perform()
    assert said(browser) == "Nothing yet."
    assert browser.execute_script("return document.activeElement.id") == "pad"
    up, down, left, right = Keys.ARROW_UP, Keys.ARROW_DOWN, Keys.ARROW_LEFT, Keys.ARROW_RIGHT
    start, around = left * 7 + up * 10, right * 14 + down * 20 + left * 14 + up * 20
    ActionChains(browser).send_keys(start, " ", around, " ").perform()
    wait(browser, "find('said').textContent.startsWith('0, ') && !find('seen').hidden")
    assert "The pen is up" in browser.execute_script("return find('pen-state').textContent")

    # Another model has a form.
    browser.execute_script("find('models').selectedIndex = 1")
    browser.execute_script("find('models').dispatchEvent(new Event('change'))")
    wait(browser, "find('row').querySelectorAll('input').length == 5")
    wait(browser, "find('said').textContent.startsWith('price ')")
    wait(browser, "find('falls').children.length == 5 && !find('falls').hidden")
    before = said(browser)
    field = browser.find_element("css selector", "#row input")
    field.clear()
    field.send_keys("30")
    wait(browser, f"find('said').textContent != {before!r}")

    log = browser.get_log("browser")
    problems = [line["message"] for line in log if line["level"] in ("WARNING", "SEVERE")]
    # A visitor without a token, and a stroke of which there is only its first dot.
    assert all(" 401 " in text or " 400 " in text for text in problems), problems
    asked = [json.loads(line["message"])["message"] for line in browser.get_log("performance")]
    sent = [m["params"] for m in asked if m["method"] == "Network.requestWillBeSent"]
    urls = {p["request"]["url"] for p in sent if p["documentURL"].startswith(here)}
    assert f"{here}v1/models" in urls
    assert not {url for url in urls if not url.startswith((here, "data:", "blob:"))}
