"""Stand-ins for deployed trickle clients: what they do on the wire, written for the tests.

The Go client preconnects the next segment while it writes or reads one, renews a GET that has waited for 20 s, sends a POST
again only while no body byte has left it, and gives up a preconnected POST at its sixth 100 Continue. The Python clients close
each connection, begin at -2, take Lp-Trickle-Latest for their next number after a 470, and end after five other answers.
"""

import asyncio

import aiohttp


class Ended(Exception):
    """The channel is over."""


class Missing(Exception):
    """There is no such channel."""


async def arrived(url):
    """Returns when what was sent before has come to the relay, as far as answers on later connections can tell."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session:
        for _ in range(12):
            async with session.get(f"{url}/next") as answer:
                await answer.read()


class GoPublisher:
    def __init__(self, session, url):
        self.session = session
        self.url = url
        self.number = 0
        self.pending = None

    def preconnect(self):
        pieces = asyncio.Queue()
        sent = []

        async def body():
            while (piece := await pieces.get()) is not None:
                sent.append(len(piece))
                yield piece

        task = asyncio.create_task(self.session.post(f"{self.url}/{self.number}", data=body()))
        self.number += 1
        return pieces, sent, task

    async def write(self, pieces):
        """Publishes one segment; the next is preconnected before the first byte leaves."""
        queue, sent, task = self.pending or self.preconnect()
        self.pending = self.preconnect()
        first = True
        for piece in pieces:
            if first and task.done() and task.exception() and not sent:
                # Nothing has left: the same number again, on a new connection.
                self.number -= 2
                queue, sent, task = self.preconnect()
                self.number += 1
            first = False
            await queue.put(piece)
            await asyncio.sleep(0.005)
        await queue.put(None)
        async with await task as answer:
            if answer.headers.get("Lp-Trickle-Closed"):
                raise Ended
            if answer.status == 404:
                raise Missing
            assert answer.status == 200, f"POST is answered with {answer.status}"
            return int(answer.headers["Lp-Trickle-Seq"])

    async def close(self):
        """Deletes the channel; the preconnected POST learns of it."""
        await arrived(self.url)
        async with self.session.delete(self.url) as answer:
            assert answer.status == 200, f"DELETE is answered with {answer.status}"
        if self.pending:
            async with await self.pending[2] as answer:
                assert answer.headers.get("Lp-Trickle-Closed") == "terminated", "the preconnected POST is not told"


class GoSubscriber:
    def __init__(self, session, url, start=-1, renew=20.0):
        self.session = session
        self.url = url
        self.number = start
        self.renew = renew
        self.renewals = 0
        self.rejoins = 0
        self.pending = None

    async def get(self):
        while True:
            try:
                answer = await asyncio.wait_for(self.session.get(f"{self.url}/{self.number}"), self.renew)
            except asyncio.TimeoutError:
                self.renewals += 1
                continue
            if answer.status == 470:
                self.rejoins += 1
                self.number = int(answer.headers["Lp-Trickle-Latest"])
                answer.release()
                continue
            if answer.status == 404:
                raise Missing
            assert answer.status == 200, f"GET is answered with {answer.status}"
            if answer.headers.get("Lp-Trickle-Closed"):
                raise Ended
            return answer

    async def read(self):
        """The next segment: its number and its bytes. The one after it is asked for before the body is read."""
        answer = await (self.pending or asyncio.create_task(self.get()))
        number = int(answer.headers["Lp-Trickle-Seq"])
        self.number = number + 1
        self.pending = asyncio.create_task(self.get())
        return number, await answer.read()


class PythonSubscriber:
    def __init__(self, session, url, start=-2):
        self.session = session
        self.url = url
        self.number = start
        self.strange = 0

    async def read(self):
        """The next segment; None at the end of the channel."""
        target = str(self.number)
        for _ in range(5):
            async with self.session.get(f"{self.url}/{target}", headers={"Connection": "close"}) as answer:
                if answer.status == 200:
                    if answer.headers.get("Lp-Trickle-Closed") is not None:
                        return None
                    self.number = int(answer.headers["Lp-Trickle-Seq"]) + 1
                    return self.number - 1, await answer.read()
                if answer.status == 404:
                    raise Missing
                if answer.status == 470:
                    target = answer.headers.get("Lp-Trickle-Latest") or "-1"
                    continue
                self.strange += 1
        raise AssertionError("five answers that a Python client does not know")


def new_session(**options):
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=None), **options
    )
