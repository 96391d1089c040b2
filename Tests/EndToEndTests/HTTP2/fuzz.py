"""Random frames against a relay: fuzz.py URL SEED ROUNDS|SECONDSs. Ends with 0, or with 1 and what went wrong, with the round's seed.

Half of the rounds keep the rules of RFC 9113: padding, heads in CONTINUATION frames, windows that open and shut, resets, bytes that
are cut anywhere. Each body has to come as it is. The other rounds break the rules. After each, the relay serves others as before.
"""

import random
import sys
import time

import h2.errors
import h2.events
import h2.settings
import h2.windows

from scenarios import Client, frame, is_well

window_consumed = h2.windows.WindowManager.window_consumed
# python-h2 objects to the empty end of a body whose window was taken back, too.
h2.windows.WindowManager.window_consumed = lambda manager, size: window_consumed(manager, size) if size else None

CLOSED = (BrokenPipeError, ConnectionResetError)


def body_of(number, byte_count):
    pattern = bytes((number * 7 + index) % 251 for index in range(251))
    return (pattern * (byte_count // 251 + 1))[:byte_count]


class CutClient(Client):
    """What it sends leaves in pieces of any length."""

    def __init__(self, url, random, settings=None):
        self.random = random
        self.is_greeted = False
        self.changes = 0
        self.reset_streams = set()
        super().__init__(url, settings)
        # python-h2 takes the answer to its first settings for one to any that came later.
        self.until(lambda: self.is_greeted, "its answer to SETTINGS")

    def note(self, event):
        if isinstance(event, h2.events.SettingsAcknowledged):
            self.is_greeted = True
        super().note(event)

    def send(self, more=b""):
        data = self.without_repeated_resets(self.http.data_to_send()) + more
        longest = self.random.choice([1 << 20, 1 << 20, 1000, 10])
        while data and not self.is_closed:
            count = self.random.randint(1, longest) if len(data) < 2000 else len(data)
            try:
                self.socket.sendall(data[:count])
            except CLOSED:
                self.is_closed = True
            data = data[count:]

    def without_repeated_resets(self, data):
        """python-h2 resets a stream anew for each frame that was on its way: too many resets are a flood (docs/limits.md)."""
        kept = b""
        if data.startswith(b"PRI"):
            return data
        while data:
            end = 9 + int.from_bytes(data[:3], "big")
            stream = data[5:9]
            if data[3] != 3 or stream not in self.reset_streams:
                kept += data[:end]
            if data[3] == 3:
                self.reset_streams.add(stream)
            data = data[end:]
        return kept

    def ask_in_parts(self, method, path, ends):
        """A head in HEADERS and up to four CONTINUATION frames."""
        http = self.http
        stream = http.get_next_available_stream_id()
        head = [(":method", method), (":scheme", "http"), (":authority", self.url.netloc), (":path", path)]
        head += [(f"x-{index}", "v" * self.random.randint(0, 200)) for index in range(self.random.randint(0, 5))]
        http.send_headers(stream, head, end_stream=ends)
        data = http.data_to_send()
        # The last frame is the head's: python-h2 makes it one for a head as short as this.
        start = len(data) - 9 - len(self.last_payload(data))
        block = data[start + 9:]
        cuts = sorted(self.random.randint(0, len(block)) for _ in range(self.random.randint(0, 4)))
        parts = [block[a:b] for a, b in zip([0] + cuts, cuts + [len(block)])]
        out = data[:start]
        for index, part in enumerate(parts):
            is_last = 4 if index == len(parts) - 1 else 0
            padding = self.random.randint(0, 30) if index == 0 and self.random.random() < 0.3 else None
            if index > 0:
                out += frame(9, is_last, stream, part)
            elif padding is None:
                out += frame(1, is_last | ends, stream, part)
            else:
                out += frame(1, is_last | ends | 8, stream, bytes([padding]) + part + bytes(padding))
        self.send(out)
        return stream

    @staticmethod
    def last_payload(data):
        while True:
            end = 9 + int.from_bytes(data[:3], "big")
            if len(data) <= end:
                return data[9:end]
            data = data[end:]


def keeps_the_rules(url, random, name):
    window = random.choice([0, 1, 100, 65_535, 1 << 20])
    settings = {h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window}
    if random.random() < 0.3:
        settings[h2.settings.SettingCodes.MAX_FRAME_SIZE] = random.choice([1 << 14, 1 << 15, (1 << 24) - 1])
    writer, reader = CutClient(url, random), CutClient(url, random, settings)
    assert writer.answer("POST", f"/{name}", [("content-length", "0")])[0] == 200
    bodies = [body_of(number, random.choice([0, 1, 100, 5000, 70_000, 300_000])) for number in range(random.randint(1, 4))]
    # Only the first segment can be waited for; the others are read when they are there.
    gets = {reader.ask_in_parts("GET", f"/{name}/0", 1): 0 for _ in range(3)}
    posts = {writer.ask_in_parts("POST", f"/{name}/{number}", 0): number for number in range(len(bodies))}
    left = {stream: bodies[number] for stream, number in posts.items()}
    cancelled = set()
    while left:
        stream = random.choice(list(left))
        body = left[stream]
        room = min(writer.http.local_flow_control_window(stream), 16_000)
        if room < 300 and body:
            assert writer.receive(), "the relay closed before a body's end"
            continue
        count = min(len(body), random.choice([1, 10, 1000, 16_000]), room - 257)
        ends = count == len(body)
        padding = random.randint(0, 255) if random.random() < 0.3 else None
        writer.http.send_data(stream, body[:count], end_stream=ends, pad_length=padding)
        writer.send()
        left[stream] = body[count:]
        if ends:
            del left[stream]
        if random.random() < 0.1:
            grow(reader, random)
    for stream in posts:
        assert writer.status(stream) == 200
    for number in list(range(1, len(bodies))) * 2:
        gets[reader.ask_in_parts("GET", f"/{name}/{number}", 1)] = number
    # A reader that goes in the middle takes nobody with it.
    if random.random() < 0.5:
        gone = random.choice(list(gets))
        if gone not in reader.ends:
            reader.http.reset_stream(gone, h2.errors.ErrorCodes.CANCEL)
            reader.send()
            cancelled.add(gone)
    wanted = set(gets) - cancelled
    while not reader.ends.issuperset(wanted):
        broken = wanted & set(reader.resets)
        assert not broken, f"streams {broken} were reset: {reader.resets}"
        for stream in wanted - reader.ends:
            # Whoever takes nothing gets nothing: open its window a little, or wide.
            while reader.http.remote_flow_control_window(stream) < 1:
                reader.http.increment_flow_control_window(random.choice([1, 1000, 100_000, 100_000]), stream)
        if random.random() < 0.2:
            grow(reader, random)
        reader.send()
        assert reader.receive(), f"the relay closed with {reader.goodbye}"
    for stream in wanted:
        body = bodies[gets[stream]]
        assert reader.bodies.get(stream, b"") == body, (
            f"segment {gets[stream]} of {len(bodies)} comes with {reader.heads.get(stream)} and "
            f"{len(reader.bodies.get(stream, b''))} bytes, not {len(body)}: {reader.bodies.get(stream, b'')[:20]}")
    assert writer.answer("DELETE", f"/{name}")[0] == 200


def grow(client, random):
    """All windows change with the first one's size. Too many changes are a flood (docs/limits.md)."""
    if client.changes == 100:
        return
    client.changes += 1
    assert client.goodbye is None, f"the relay closed with {client.goodbye}"
    size = random.choice([0, 1, 1000, 65_535, 500_000])
    client.http.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: size})
    client.send()


def a_frame(random, data):
    kind = random.choice([0, 0, 1, 1, 3, 4, 5, 6, 7, 8, 8, 9, 9, 10, 255])
    flags = random.choice([0, 1, 4, 5, 8, 32, 0x2D, random.randint(0, 255)])
    stream = random.choice([0, 1, 1, 3, 5, 7, 2, 0x7FFFFFFF, 0x80000001])
    payload = random.choice([
        b"", bytes(4), b"\x00\x00\x00\x01", b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff", b"\x00\x04\x7f\xff\xff\xff",
        b"\x00\x04\xff\xff\xff\xff", b"\x00\x05\x00\x00\x40\x00", b"\x00\x01\x00\x00\x00\x00", bytes(8), bytes(6), bytes(5),
        data, data[:random.randint(0, len(data))], bytes([random.randint(0, 255)]) + data, random.randbytes(random.randint(0, 300)),
        random.randbytes(16_384), random.randbytes(16_385),
    ])
    whole = frame(kind, flags, stream, payload)
    if random.random() < 0.1:
        # A length that is not that of the payload.
        whole = random.randint(0, 20_000).to_bytes(3, "big") + whole[3:]
    return whole


def breaks_the_rules(url, random, name):
    client = CutClient(url, random)
    encoder = client.http.encoder
    head = [(":scheme", "http"), (":authority", client.url.netloc)]
    ways = [("POST", f"/{name}/0"), ("GET", f"/{name}/0"), ("GET", f"/{name}/next"), ("POST", f"/{name}/live.ts")]
    blocks = [encoder.encode([(":method", method), (":path", path)] + head) for method, path in ways]
    client.send(b"".join(frame(1, random.choice([4, 5]), 1 + 2 * index, block) for index, block in enumerate(blocks)))
    for _ in range(random.randint(1, 60)):
        if client.is_closed:
            return
        client.send(a_frame(random, random.choice(blocks)))
    client.socket.close()


def round(url, seed):
    numbers = random.Random(seed)
    name = f"fuzz-{seed}-{time.monotonic_ns()}"
    try:
        (keeps_the_rules if seed % 2 else breaks_the_rules)(url, numbers, name)
    except BaseException:
        print(f"the round with the seed {seed}", file=sys.stderr)
        raise
    if seed % 10 == 0:
        is_well(url)


def main():
    url, seed, much = sys.argv[1:]
    url, seed = url.rstrip("/"), int(seed)
    end = time.monotonic() + float(much[:-1]) if much.endswith("s") else None
    count = 0
    while time.monotonic() < end if end else count < int(much):
        round(url, seed + count)
        count += 1
    is_well(url)
    print(f"{count} rounds")


if __name__ == "__main__":
    main()
