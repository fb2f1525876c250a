"""What a first visit transfers, counted by the browser: compressed bytes with their headers, nothing cached."""

import pytest

from app import assets
from tests.browser.serving import settle

MOST_BYTES = 700_000 if assets.CARTESIAN.exists() else 1_400_000


@pytest.mark.browser
def test_a_first_visit_is_small(browser, address):
    assets.compressor.compress(assets.plotly_script()[1])  # seconds, the first time ever; the server does it meanwhile
    context = browser.new_context()
    try:
        page, urls, bytes_of = context.new_page(), {}, {}
        network = context.new_cdp_session(page)
        network.send("Network.enable")
        network.on("Network.responseReceived", lambda seen: urls.update({seen["requestId"]: seen["response"]["url"]}))
        network.on("Network.loadingFinished", lambda seen: bytes_of.update({seen["requestId"]: seen["encodedDataLength"]}))  # fmt: skip
        page.goto(address)
        settle(page)
        assert len([url for url in urls.values() if "plotly" in url]) == 1  # ours, and none of Dash's besides
        assert len(bytes_of) > 20
        assert sum(bytes_of.values()) <= MOST_BYTES
    finally:
        context.close()
