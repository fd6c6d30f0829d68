"""python-kraken-sdk on a Kraken websocket. Argument: its URL without the version."""

import asyncio
import sys
from types import SimpleNamespace

from kraken.spot import SpotOrderBookClient, SpotWSClient
from verdicts import tell

URL = sys.argv[1]
PAIR = "BTC/EUR"
UPDATES = 50
LIMIT_S = 20

# Kraken's REST API says these of the pair; only its websocket is simulated.
DIGITS = {PAIR: {"pair_decimals": 1, "lot_decimals": 8, "wsname": PAIR}}


async def until(ready):
    """Whether it became ready in time."""
    for _ in range(LIMIT_S * 20):
        if ready():
            return True
        await asyncio.sleep(0.05)
    return False


async def judge_channels():
    messages = []

    async def take(message):
        messages.append(message)

    def of(**fields):
        return [each for each in messages if all(each.get(key) == value for key, value in fields.items())]

    client = SpotWSClient(callback=take, ws_url=URL)
    await client.start()
    await client.subscribe(params={"channel": "ticker", "symbol": [PAIR]}, req_id=7)
    seen = await until(lambda: of(channel="ticker", type="update") and of(channel="status"))
    tell("status and ticker arrive", None if seen else f"seen: {messages[:5]}")
    acknowledged = of(method="subscribe", success=True, req_id=7)
    tell("a subscription is acknowledged under its id", None if acknowledged else f"seen: {messages[:5]}")
    snapshot = of(channel="ticker", type="snapshot")
    wanted = {"symbol", "bid", "bid_qty", "ask", "ask_qty", "last", "volume", "vwap", "low", "high", "change", "change_pct"}
    missing = wanted - set(snapshot[0]["data"][0]) if snapshot else wanted
    tell("a ticker has the fields of Kraken's", f"missing: {sorted(missing)}" if missing else None)
    await client.unsubscribe(params={"channel": "ticker", "symbol": [PAIR]}, req_id=8)
    ended = await until(lambda: of(method="unsubscribe", success=True, req_id=8))
    tell("a subscription ends when it is asked to", None if ended else f"seen: {messages[-3:]}")
    await client.subscribe(params={"channel": "ticker", "symbol": ["NO/PAIR"]}, req_id=9)
    refused = await until(lambda: of(success=False, req_id=9))
    tell("an unknown pair is refused under its id", None if refused else f"seen: {messages[-3:]}")
    await client.close()


async def judge_book(depth):
    counted = {"valid": 0, "again": 0}

    class Client(SpotOrderBookClient):
        WS_URL = URL

        async def on_book_update(self, pair, message):
            counted["valid"] += 1

        async def remove_book(self, pairs):
            # What the client does about a checksum that it cannot confirm.
            counted["again"] += 1
            await super().remove_book(pairs=pairs)

    client = Client(depth=depth)
    client._SpotOrderBookClient__market = SimpleNamespace(get_asset_pairs=lambda pair, **_: {PAIR: DIGITS[PAIR]})
    await client.start()
    await client.add_book(pairs=[PAIR])
    moved = await until(lambda: counted["valid"] >= UPDATES or counted["again"] > 0)
    book = client.get(pair=PAIR) or {"bid": {}, "ask": {}}
    sizes = (len(book["bid"]), len(book["ask"]))
    valid = counted["again"] == 0 and bool(book["valid"] if "valid" in book else True)
    fault = None if moved and valid and sizes == (depth, depth) else f"{counted}, {sizes} levels"
    tell(f"a book of depth {depth} follows the market with checksums that it confirms", fault)
    await client.close()


async def main():
    await judge_channels()
    for depth in (10, 25, 100):
        await judge_book(depth)


asyncio.run(main())
