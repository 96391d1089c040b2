"""Publishers that come, go and die, and readers of every kind. All bytes of a segment follow from its channel and number."""

import asyncio
import contextlib
import random
import socket
import struct
import time
from dataclasses import dataclass, field

PIECE = 8 << 10
PIECES_PER_SECOND = 15


def piece(channel: str, number: int, index: int) -> bytes:
    mark = f"{channel}/{number}/{index};".encode()
    return (mark * (PIECE // len(mark) + 1))[:PIECE]


@dataclass
class Tally:
    """What has happened so far."""

    segments: int = 0
    channels: int = 0
    publishers_died: int = 0
    delivered_bytes: int = 0
    whole: int = 0
    aborted: int = 0
    cut: int = 0
    refused: int = 0
    left: int = 0
    failures: list[str] = field(default_factory=list)

    def failed(self, what: str) -> None:
        self.failures.append(what)
        print(f"soak: {what}", flush=True)

    def __str__(self) -> str:
        return (
            f"{self.channels} channels, {self.segments} segments ({self.publishers_died} publishers died), "
            f"{self.delivered_bytes / 1e6:,.0f} MB read: {self.whole} segments whole, {self.aborted} aborted, {self.cut} cut, "
            f"{self.left} left while waiting or stopped, {len(self.failures)} failures"
        )


class Publisher:
    def __init__(self, port: int, channel: str, numbers: random.Random, tally: Tally):
        self.port, self.channel, self.numbers, self.tally = port, channel, numbers, tally

    async def ask(self, method: str, path: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"{method} {path} HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        if not answer.startswith(b"HTTP/1.1 200 "):
            self.tally.failed(f"{method} {path}: {answer[:60]!r}")

    async def create(self) -> None:
        self.tally.channels += 1
        await self.ask("POST", f"/{self.channel}")

    async def run(self, seconds: float) -> None:
        """Segments of about a second each; now and then the publisher dies in the middle of one and comes back."""
        end = time.monotonic() + seconds
        number = 0
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        while time.monotonic() < end:
            dies = self.numbers.random() < 0.1
            writer.write(
                f"POST /{self.channel}/{number} HTTP/1.1\r\nHost: relay\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
            )
            for index in range(PIECES_PER_SECOND):
                payload = piece(self.channel, number, index)
                writer.write(b"%x\r\n%s\r\n" % (len(payload), payload))
                await writer.drain()
                await asyncio.sleep(1 / PIECES_PER_SECOND)
                if dies and index == PIECES_PER_SECOND // 2:
                    break
            self.tally.segments += 1
            number += 1
            if dies:
                self.tally.publishers_died += 1
                reset(writer)
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                continue
            writer.write(b"0\r\n\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200 "):
                self.tally.failed(f"POST /{self.channel}/{number - 1}: {head[:60]!r}")
        if self.numbers.random() < 0.3:
            # Gone without a word: the relay closes the channel when it has been idle.
            reset(writer)
            await self.ask("DELETE", f"/{self.channel}")
        else:
            writer.close()
            await self.ask("DELETE", f"/{self.channel}")


def reset(writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Reader:
    """`prompt` reads all and compares it, `slow` reads a tenth of it, `stopped` nothing, `leaver` goes while it waits."""

    def __init__(self, port: int, channel: str, kind: str, numbers: random.Random, tally: Tally):
        self.port, self.channel, self.kind, self.tally = port, channel, kind, tally
        self.numbers = numbers

    async def run(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        number: int | None = 0
        while number is not None and time.monotonic() < end:
            limit = 4096 if self.kind in ("slow", "stopped") else 1 << 16
            reader, writer = await self.connect(limit)
            try:
                number = await self.read_from(number, reader, writer, end)
            except (ConnectionError, asyncio.IncompleteReadError):
                self.tally.cut += 1
                if self.kind == "prompt":
                    self.tally.failed(f"{self.channel}/{number}: a prompt reader was cut")
                number += 1
            finally:
                writer.close()
                with contextlib.suppress(ConnectionError):
                    await writer.wait_closed()

    async def connect(self, limit: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        connection = socket.socket()
        if limit < 1 << 16:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", self.port))
        return await asyncio.open_connection(sock=connection, limit=limit)

    async def read_from(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, end: float
    ) -> int | None:
        """Reads segments on one connection. Returns the number to go on with on another one; None at the end."""
        while time.monotonic() < end:
            writer.write(f"GET /{self.channel}/{number} HTTP/1.1\r\nHost: relay\r\n\r\n".encode())
            if self.kind == "leaver":
                await asyncio.sleep(self.numbers.uniform(0, 0.5))
                self.tally.left += 1
                return number + 1
            if self.kind == "stopped":
                # Takes what the kernel takes for it, and nothing more, until the relay lets it go.
                await asyncio.sleep(self.numbers.uniform(5, 12))
                self.tally.left += 1
                return number + 3
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            status = int(head.split(" ")[1])
            if status == 404 or has_field(head, "lp-trickle-closed"):
                return None
            if status != 200:
                self.tally.refused += 1
                await self.skip_body(head, reader)
                number += 1
                if status == 470:
                    await asyncio.sleep(0.2)
                continue
            await self.read_segment(number, head, reader)
            number += 1
        return None

    async def skip_body(self, head: str, reader: asyncio.StreamReader) -> None:
        await reader.readexactly(content_length(head))

    async def read_segment(self, number: int, head: str, reader: asyncio.StreamReader) -> None:
        body = bytearray()
        is_aborted = has_field(head, "lp-trickle-aborted")
        if "transfer-encoding" in head:
            while size := int(await reader.readline(), 16):
                body += await self.take(reader, size)
                await reader.readexactly(2)
            while (line := await reader.readline()) not in (b"\r\n", b""):
                is_aborted = is_aborted or line.lower().startswith(b"lp-trickle-aborted")
        else:
            body += await self.take(reader, content_length(head))
        self.tally.delivered_bytes += len(body)
        if is_aborted:
            self.tally.aborted += 1
        else:
            self.tally.whole += 1
        expected = b"".join(piece(self.channel, number, index) for index in range(PIECES_PER_SECOND))
        if is_aborted or not body:
            # A number that ended before its first byte came is an empty segment.
            expected = expected[: len(body)]
        if bytes(body) != expected:
            self.tally.failed(f"{self.channel}/{number}: {len(body)} bytes are not the segment's {len(expected)}")

    async def take(self, reader: asyncio.StreamReader, count: int) -> bytes:
        if self.kind != "slow":
            return await reader.readexactly(count)
        taken = bytearray()
        while len(taken) < count:
            part = await reader.readexactly(min(1024, count - len(taken)))
            taken += part
            await asyncio.sleep(len(part) / (PIECE * PIECES_PER_SECOND / 10))
        return bytes(taken)


def has_field(head: str, name: str) -> bool:
    return any(line.startswith(f"{name}:") for line in head.splitlines())


def content_length(head: str) -> int:
    return next((int(line[15:]) for line in head.splitlines() if line.startswith("content-length:")), 0)
