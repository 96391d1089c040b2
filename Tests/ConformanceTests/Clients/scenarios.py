"""Runs one scenario against a relay: scenarios.py URL NAME. Ends with 0, or with 1 and what went wrong.

`scenarios.py --list` names them.
"""

import asyncio
import hashlib
import importlib
import os
import sys
import types
from urllib.parse import urlsplit

import aiohttp

from clients import Ended, GoPublisher, GoSubscriber, PythonSubscriber, arrived, new_session


def segments(count):
    """Segments of different lengths, each in a few pieces."""
    return [[hashlib.sha256(f"{n}.{i}".encode()).digest() * (20 + n) for i in range(1 + n % 4)] for n in range(count)]


async def until(is_so):
    """Waits; the scenario's own time limit ends what never comes."""
    while not is_so():
        await asyncio.sleep(0.01)


async def create(session, url):
    async with session.post(url, headers={"Expect-Content": "video/MP2T"}) as answer:
        assert answer.status == 200, f"the creation is answered with {answer.status}"


async def read_all(read, found=None):
    """All segments up to the end, by number."""
    found = {} if found is None else found
    while True:
        try:
            segment = await read()
        except Ended:
            return found
        if segment is None:
            return found
        number, body = segment
        assert number not in found, f"segment {number} came twice"
        found[number] = body


def compare(found, sent):
    assert sorted(found) == list(range(len(sent))), f"of {len(sent)} segments these came: {sorted(found)}"
    for number, pieces in enumerate(sent):
        assert found[number] == b"".join(pieces), f"segment {number} has other bytes"


async def go_publishes_and_subscribes(url):
    async with new_session() as session:
        await create(session, url)
        sent = segments(12)
        subscriber = GoSubscriber(session, url, start=0)
        reading = asyncio.create_task(read_all(subscriber.read))
        publisher = GoPublisher(session, url)
        for number, pieces in enumerate(sent):
            assert await publisher.write(pieces) == number, "the answer tells another number"
        await publisher.close()
        compare(await asyncio.wait_for(reading, 10), sent)
        assert subscriber.rejoins == 0, "a subscriber at the live edge got 470"


async def go_renews_a_waiting_get(url):
    async with new_session() as session:
        await create(session, url)
        subscriber = GoSubscriber(session, url, start=0, renew=0.3)
        reading = asyncio.create_task(read_all(subscriber.read))
        await until(lambda: subscriber.renewals >= 2)
        sent = segments(3)
        publisher = GoPublisher(session, url)
        for pieces in sent:
            await publisher.write(pieces)
            await asyncio.sleep(0.7)
        await publisher.close()
        compare(await asyncio.wait_for(reading, 10), sent)


async def go_rejoins_after_470(url):
    async with new_session() as session:
        await create(session, url)
        publisher = GoPublisher(session, url)
        await publisher.write([b"zero"])
        subscriber = GoSubscriber(session, url, start=100)
        reading = asyncio.create_task(read_all(subscriber.read))
        await until(lambda: subscriber.rejoins > 0)
        await publisher.write([b"one"])
        await publisher.close()
        assert await asyncio.wait_for(reading, 10) == {1: b"one"}, "the subscriber does not go on at the live edge"


async def go_sends_again_when_nothing_was_sent(url):
    parts = urlsplit(url)
    async with new_session() as session:
        await create(session, url)
        subscriber = GoSubscriber(session, url, start=0)
        reading = asyncio.create_task(read_all(subscriber.read))
        for _ in range(3):
            # A preconnected POST whose connection breaks.
            _, writer = await asyncio.open_connection(parts.hostname, parts.port)
            head = f"POST {parts.path}/0 HTTP/1.1\r\nHost: {parts.netloc}\r\nTransfer-Encoding: chunked\r\n\r\n"
            writer.write(head.encode())
            await writer.drain()
            await asyncio.sleep(0.1)
            writer.transport.abort()
        sent = segments(2)
        publisher = GoPublisher(session, url)
        for pieces in sent:
            await publisher.write(pieces)
        await publisher.close()
        compare(await asyncio.wait_for(reading, 10), sent)


async def go_endures_100_continue(url):
    parts = urlsplit(url)
    async with new_session() as session:
        await create(session, url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        head = f"POST {parts.path}/0 HTTP/1.1\r\nHost: {parts.netloc}\r\nTransfer-Encoding: chunked\r\n\r\n"
        writer.write(head.encode())
        await asyncio.sleep(6 * float(os.environ.get("TRICKLE_CONTINUE_SECONDS", "10")))
        writer.write(b"2\r\nhi\r\n0\r\n\r\n")
        text = b""
        while b"HTTP/1.1 200" not in text:
            piece = await asyncio.wait_for(reader.read(4096), 10)
            assert piece, "the relay closed a preconnected POST"
            text += piece
        count = text.count(b"HTTP/1.1 100")
        assert 0 < count < 6, f"{count} times 100 Continue: at six a Go client gives up"
        writer.close()


async def go_learns_that_the_channel_is_over(url):
    async with new_session() as session:
        await create(session, url)
        publisher = GoPublisher(session, url)
        await publisher.write([b"zero"])
        await arrived(url)
        async with session.delete(url) as answer:
            assert answer.status == 200
        try:
            await asyncio.wait_for(publisher.write([b"one"]), 10)
        except (Ended, aiohttp.ClientError):
            return
        raise AssertionError("the publisher goes on into a closed channel")


async def python_subscribes(url):
    async with new_session() as session:
        await create(session, url)
        subscriber = PythonSubscriber(session, url)
        found = {}
        reading = asyncio.create_task(read_all(subscriber.read, found))
        # It waits for a second, and takes silence for no answer.
        await asyncio.sleep(1)
        sent = segments(8)
        publisher = GoPublisher(session, url)
        for pieces in sent:
            await publisher.write(pieces)
            # Where -2 is depends on when it asks.
            await until(lambda: 0 in found)
        await publisher.close()
        compare(await asyncio.wait_for(reading, 10), sent)
        assert subscriber.strange == 0, "a waiting GET was answered with something else than 200, 404 or 470"


def pytrickle_modules():
    """PyPI's pytrickle, its publisher and its subscriber only: the whole package wants torch and a video decoder."""
    import importlib.util

    found = importlib.util.find_spec("pytrickle") if "pytrickle" not in sys.modules else None
    assert found and found.submodule_search_locations, "pytrickle is not installed"
    package = types.ModuleType("pytrickle")
    package.__path__ = list(found.submodule_search_locations)
    sys.modules["pytrickle"] = package
    return importlib.import_module("pytrickle.publisher"), importlib.import_module("pytrickle.subscriber")


async def pytrickle_publishes_and_subscribes(url):
    publisher_module, subscriber_module = pytrickle_modules()
    async with new_session() as session:
        await create(session, url)
        subscriber = subscriber_module.TrickleSubscriber(url)
        publisher = publisher_module.TricklePublisher(url, mime_type="video/MP2T")
        await subscriber.start()
        await publisher.start()
        found = {}

        async def read():
            while (segment := await subscriber.next()) is not None:
                body = b""
                while piece := await segment.read():
                    body += piece
                # What the publisher preconnected for nothing may be an empty segment at the end.
                if body:
                    found[segment.seq()] = body

        reading = asyncio.create_task(read())
        sent = segments(8)
        for number, pieces in enumerate(sent):
            async with await publisher.next() as writer:
                for piece in pieces:
                    await writer.write(piece)
            # Where -2 is depends on when it asks; and it cuts off what it has not sent when it is closed.
            await until(lambda: number in found)
        await publisher.close()
        async with session.delete(url) as answer:
            assert answer.status == 200
        await asyncio.wait_for(reading, 15)
        compare(found, sent)
        await subscriber.close()


SCENARIOS = {
    function.__name__: function
    for function in [
        go_publishes_and_subscribes,
        go_renews_a_waiting_get,
        go_rejoins_after_470,
        go_sends_again_when_nothing_was_sent,
        go_endures_100_continue,
        go_learns_that_the_channel_is_over,
        python_subscribes,
        pytrickle_publishes_and_subscribes,
    ]
}


def main():
    if sys.argv[1:] == ["--list"]:
        print("\n".join(SCENARIOS))
        return
    url, name = sys.argv[1:]
    channel = f"{url.rstrip('/')}/clients-{os.getpid()}-{name}"
    try:
        asyncio.run(asyncio.wait_for(SCENARIOS[name](channel), 90))
    except AssertionError as error:
        sys.exit(f"{name}: {error}")


if __name__ == "__main__":
    main()
