"""WebSocket by the clients that people use (websockets), and with each frame in hand (wsproto): what is sent is what viewers get.

The cases follow the chapters of RFC 6455: framing (5.2), fragmentation (5.4), control frames (5.5), closing (7), UTF-8 (8.1).

    scenarios.py --list
    scenarios.py URL SCENARIO [CERTIFICATE]
"""

import asyncio
import json
import random
import socket
import ssl
import sys
from urllib.parse import urlsplit

import httpx
import websockets
from websockets.asyncio.client import connect
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Ping, Pong, Request, TextMessage

SIZES = [0, 1, 125, 126, 127, 128, 65535, 65536, 65537, 1 << 20]
PATIENCE = 120


class Relay:
    def __init__(self, url: str, certificate: str | None = None):
        self.url = url.rstrip("/")
        self.context = ssl.create_default_context(cafile=certificate) if certificate else None

    def address(self, target: str) -> str:
        return self.url.replace("http", "ws", 1) + target

    def client(self, target: str, **options):
        if self.context:
            options["ssl"] = self.context
        return connect(self.address(target), max_size=None, open_timeout=PATIENCE, **options)

    def http(self, **options) -> httpx.AsyncClient:
        return httpx.AsyncClient(verify=self.context or True, timeout=PATIENCE, **options)


class ByHand:
    """A connection by wsproto: events in, events out, whatever the bytes look like in between."""

    def __init__(self, relay: Relay, target: str):
        parts = urlsplit(relay.url)
        self.socket = socket.create_connection((parts.hostname, parts.port), PATIENCE)
        if relay.context:
            self.socket = relay.context.wrap_socket(self.socket, server_hostname=parts.hostname)
        self.connection = WSConnection(ConnectionType.CLIENT)
        self.events = []
        self.send(Request(host=parts.netloc, target=target))
        assert isinstance(self.next(), AcceptConnection)

    def send(self, event, chop: int | None = None) -> None:
        data = self.connection.send(event)
        for place in range(0, len(data), chop or max(1, len(data))):
            self.socket.sendall(data[place : place + (chop or len(data))])

    def next(self):
        while not self.events:
            data = self.socket.recv(1 << 16)
            self.connection.receive_data(data or None)
            self.events += self.connection.events()
        return self.events.pop(0)

    def message(self):
        """The next whole message."""
        whole = None
        while True:
            event = self.next()
            assert isinstance(event, (TextMessage, BytesMessage)), event
            whole = event.data if whole is None else whole + event.data
            if event.message_finished:
                return whole


async def within(awaitable):
    return await asyncio.wait_for(awaitable, PATIENCE)


# What is sent arrives.


async def messages_of_all_sizes(relay: Relay) -> None:
    async with relay.client("/sizes/ws?publish=1&ack=1&type=application/octet-stream") as publisher, relay.client("/sizes/ws?mode=all&from=0") as viewer:
        for number, size in enumerate(SIZES):
            data = random.randbytes(size)
            await publisher.send(data)
            assert json.loads(await within(publisher.recv())) == {"seq": number, "size": size}
            assert await within(viewer.recv()) == data


async def text_of_all_scripts(relay: Relay) -> None:
    texts = ["", "plain", "Grüße", "κόσμε", "日本語", "🎥🎬", "\x00\x7f", "\ufeff\uffff", "a" * 70000, "ß€𝄞" * 30000]
    async with relay.client("/texts/ws?publish=1") as publisher, relay.client("/texts/ws") as viewer:
        for text in texts:
            await publisher.send(text)
            assert await within(viewer.recv()) == text


async def fragments_of_all_sizes(relay: Relay) -> None:
    async with relay.client("/parts/ws?publish=1&type=image/webp") as publisher, relay.client("/parts/ws?mode=all&from=0") as viewer:
        for size in [1, 125, 126, 5000]:
            data = random.randbytes(20000)
            await publisher.send([data[place : place + size] for place in range(0, len(data), size)])
            assert await within(viewer.recv()) == data
        await publisher.send([b"", b"a", b"", b"b", b""])
        assert await within(viewer.recv()) == b"ab"


async def bytes_in_pieces(relay: Relay) -> None:
    """However the stream is cut, also within a frame's header and within a character."""
    viewer = ByHand(relay, "/chopped/ws?mode=all&from=0")
    publisher = ByHand(relay, "/chopped/ws?publish=1&ack=1")
    for number, chop in enumerate([1, 2, 3, 7, 997]):
        text = "€" * 300 + str(number)
        publisher.send(TextMessage(text), chop)
        assert json.loads(publisher.message())["seq"] == number
        assert viewer.message() == text
    publisher.send(TextMessage("half a "), 1)


async def fragments_with_pings_between(relay: Relay) -> None:
    viewer = ByHand(relay, "/mixed/ws?mode=all&from=0")
    publisher = ByHand(relay, "/mixed/ws?publish=1")
    for number in range(20):
        publisher.send(TextMessage(f"{number} ", message_finished=False))
        publisher.send(Ping(bytes([number] * number)))
        answer = publisher.next()
        assert isinstance(answer, Pong) and bytes(answer.payload) == bytes([number] * number)
        publisher.send(TextMessage("ends"))
        assert viewer.message() == f"{number} ends"


async def pings_of_all_sizes(relay: Relay) -> None:
    for target in ["/pinged/ws", "/pinged/ws?publish=1"]:
        connection = ByHand(relay, target)
        for size in range(126):
            connection.send(Ping(bytes([size] * size)), 1 if size % 7 == 0 else None)
            answer = connection.next()
            assert isinstance(answer, Pong) and bytes(answer.payload) == bytes([size] * size), size
        # A pong that nobody asked for is heard, and not answered.
        connection.send(Pong(b"unasked"))
        connection.send(Ping(b"asked"))
        assert bytes(connection.next().payload) == b"asked"


async def closes_with_all_codes(relay: Relay) -> None:
    for code in [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 3000, 3999, 4000, 4999]:
        connection = ByHand(relay, "/closing/ws")
        connection.send(CloseConnection(code=code, reason="why not" if code % 2 else ""))
        answer = connection.next()
        assert isinstance(answer, CloseConnection) and answer.code == code, (code, answer)
        assert connection.socket.recv(1) == b""


async def compression_is_declined(relay: Relay) -> None:
    async with relay.client("/plain/ws?publish=1", compression="deflate") as publisher, relay.client("/plain/ws", compression="deflate") as viewer:
        assert not publisher.protocol.extensions and not viewer.protocol.extensions
        await publisher.send("a" * 1000)
        assert await within(viewer.recv()) == "a" * 1000


async def many_small_messages(relay: Relay) -> None:
    async with relay.client("/many/ws?publish=1") as publisher, relay.client("/many/ws", max_queue=None) as viewer:
        async def send():
            for number in range(10000):
                await publisher.send(str(number))
        sending = asyncio.create_task(send())
        for number in range(10000):
            assert await within(viewer.recv()) == str(number)
        await sending


async def pictures_over_http2(relay: Relay) -> None:
    """The producer that the broker was made for: one picture after the other on one connection."""
    jpeg = b"\xff\xd8\xff\xe0" + bytes(50000)
    async with relay.client("/ws/pictures?meta=1&from=0") as viewer, relay.http(http2=True, http1=relay.context is not None) as producer:
        for number in range(100):
            picture = jpeg + str(number).encode() + b"\xff\xd9"
            answer = await producer.post(relay.url + "/ingest/pictures", content=picture, headers={"Content-Type": "image/jpeg"})
            assert answer.status_code == 200 and answer.http_version == "HTTP/2", answer
            meta = json.loads(await within(viewer.recv()))
            assert meta["seq"] == number and meta["skipped"] == 0 and await within(viewer.recv()) == picture


def random_frame(numbers: random.Random) -> bytes:
    """A frame of which anything may be wrong, its length above all."""
    size = numbers.choice([0, 1, 5, 125, 126, 200, 65535, 70000])
    said = numbers.choice([size, size, size, size + 1, 1 << 20, 1 << 40, (1 << 63) + 5, (1 << 64) - 1])
    first = numbers.choice([0x81, 0x82, 0x01, 0x00, 0x80, 0x88, 0x89, 0x8A, numbers.randrange(256)])
    mask = numbers.choice([0x80, 0x80, 0x80, 0])
    if said < 126:
        head = bytes([first, mask | said])
    elif said < 65536 and numbers.random() < 0.9:
        head = bytes([first, mask | 126]) + said.to_bytes(2, "big")
    else:
        head = bytes([first, mask | 127]) + said.to_bytes(8, "big")
    return head + (numbers.randbytes(4) if mask else b"") + numbers.randbytes(size)


async def random_frames(relay: Relay) -> None:
    """Whatever comes: the connection ends, or goes on, and nobody else notices."""
    for seed in range(300):
        numbers = random.Random(seed)
        connection = ByHand(relay, numbers.choice(["/random/ws", f"/random{seed}/ws?publish=1&ack=1"])).socket
        try:
            for _ in range(numbers.randrange(1, 12)):
                connection.sendall(numbers.randbytes(300) if numbers.random() < 0.05 else random_frame(numbers))
            if numbers.random() < 0.5:
                connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        connection.close()
    await many_small_messages(relay)


async def a_token_lets_publishers_in(relay: Relay) -> None:
    """The relay has access rules: the token may publish, anybody may read."""
    for target in ["/cam/ws?publish=1", "/cam/ws?publish=1&token=wrong"]:
        try:
            async with relay.client(target):
                raise AssertionError(target)
        except websockets.exceptions.InvalidStatus as refusal:
            assert refusal.response.status_code == 401, refusal
    async with relay.client("/cam/ws") as viewer:
        async with relay.client("/cam/ws?publish=1&token=5f0c2e7ab1d94c38") as publisher:
            await publisher.send("in")
            assert await within(viewer.recv()) == "in"
        async with relay.client("/cam/ws?publish=1", additional_headers={"Authorization": "Bearer 5f0c2e7ab1d94c38"}):
            pass


SCENARIOS = [
    messages_of_all_sizes, text_of_all_scripts, fragments_of_all_sizes, bytes_in_pieces, fragments_with_pings_between,
    pings_of_all_sizes, closes_with_all_codes, compression_is_declined, many_small_messages, pictures_over_http2,
    random_frames,
]
# These want a relay that is set up for them.
SPECIAL = [a_token_lets_publishers_in]


def main() -> None:
    if sys.argv[1:] == ["--list"]:
        print("\n".join(scenario.__name__ for scenario in SCENARIOS))
        return
    url, name, *certificate = sys.argv[1:]
    asyncio.run({scenario.__name__: scenario for scenario in SCENARIOS + SPECIAL}[name](Relay(url, *certificate)))


if __name__ == "__main__":
    main()
