"""Runs one scenario of HTTP/2 against a relay, with each frame in hand: scenarios.py URL NAME [MORE]. Ends with 0, or with 1 and what went
wrong. `scenarios.py --list` names them.
"""

import select
import socket
import sys
import time
import urllib.request
from urllib.parse import urlsplit

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.settings

# Only to end a hang.
PATIENCE = 120


class Client:
    """One connection: frames go out when they are asked for, events are kept by stream."""

    def __init__(self, url, settings=None):
        self.url = urlsplit(url)
        config = h2.config.H2Configuration(
            client_side=True, validate_outbound_headers=False, normalize_outbound_headers=False,
            validate_inbound_headers=True)
        self.http = h2.connection.H2Connection(config)
        if settings:
            # Those that the connection begins with.
            self.http.local_settings = h2.settings.Settings(client=True, initial_values=settings)
        self.socket = socket.create_connection((self.url.hostname, self.url.port), timeout=PATIENCE)
        # Small frames follow each other.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.heads, self.bodies, self.trailers, self.ends, self.resets = {}, {}, {}, set(), {}
        self.interim = {}
        self.goodbye = None
        self.is_closed = False
        self.takes = set()
        self.takes_all = True
        self.http.initiate_connection()
        self.send()

    def send(self, more=b""):
        try:
            self.socket.sendall(self.http.data_to_send() + more)
        except (ConnectionResetError, BrokenPipeError):
            self.is_closed = True

    def ask(self, method, path, fields=(), body=None, ends=True):
        """Begins a request; without `ends` its body goes on."""
        stream = self.http.get_next_available_stream_id()
        head = [(":method", method), (":scheme", "http"), (":authority", self.url.netloc), (":path", path)]
        self.http.send_headers(stream, head + list(fields), end_stream=ends and body is None)
        if body is not None:
            self.give(stream, body, ends)
        self.send()
        return stream

    def give(self, stream, body, ends=False):
        """Sends so much of a body, as the windows let it."""
        while True:
            room = min(self.http.local_flow_control_window(stream), self.http.max_outbound_frame_size)
            if len(body) <= room:
                break
            if room > 0:
                self.http.send_data(stream, body[:room])
                body = body[room:]
                self.send()
            else:
                self.receive()
        self.http.send_data(stream, body, end_stream=ends)
        self.send()

    def receive(self):
        """Takes what comes next; false when the relay has closed."""
        try:
            data = self.socket.recv(1 << 16)
        except ConnectionResetError:
            data = b""
        if not data:
            self.is_closed = True
            return False
        for event in self.http.receive_data(data):
            self.note(event)
        self.send()
        return True

    def note(self, event):
        stream = getattr(event, "stream_id", None)
        if isinstance(event, h2.events.InformationalResponseReceived):
            self.interim[stream] = self.interim.get(stream, 0) + 1
        elif isinstance(event, h2.events.ResponseReceived):
            self.heads[stream] = dict(event.headers)
        elif isinstance(event, h2.events.DataReceived):
            self.bodies[stream] = self.bodies.get(stream, b"") + event.data
            if self.takes_all or stream in self.takes:
                self.http.acknowledge_received_data(event.flow_controlled_length, stream)
            elif event.flow_controlled_length:
                # The connection's window is for all streams: only this one's stays shut.
                self.http.increment_flow_control_window(event.flow_controlled_length)
        elif isinstance(event, h2.events.TrailersReceived):
            self.trailers[stream] = dict(event.headers)
        elif isinstance(event, h2.events.StreamEnded):
            self.ends.add(stream)
        elif isinstance(event, h2.events.StreamReset):
            self.resets[stream] = event.error_code
        elif isinstance(event, h2.events.ConnectionTerminated):
            self.goodbye = event.error_code

    def until(self, is_so, what):
        while not is_so():
            assert self.receive(), f"the relay closed the connection before {what}"

    def status(self, stream):
        self.until(lambda: stream in self.heads or stream in self.resets, f"the answer to stream {stream}")
        assert stream in self.heads, f"stream {stream} was reset with {self.resets[stream]} before its answer"
        return int(self.heads[stream][b":status"])

    def answer(self, method, path, fields=(), body=None):
        stream = self.ask(method, path, fields, body)
        status = self.status(stream)
        self.until(lambda: stream in self.ends or stream in self.resets, f"the end of stream {stream}")
        assert stream in self.ends, f"stream {stream} was reset with {self.resets[stream]}"
        return status, self.bodies.get(stream, b"")

    def expect_end(self, *codes):
        """The relay closes, and says why."""
        while self.receive():
            pass
        assert self.goodbye in codes, f"the relay closed with {self.goodbye}, not one of {codes}"


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def flood(client, piece, count=20_000):
    """Sends until the relay does not take it any more."""
    for _ in range(count // 100):
        client.send(piece * 100)
        if client.is_closed:
            break


CALM = (h2.errors.ErrorCodes.ENHANCE_YOUR_CALM,)


def is_well(url):
    """Others are served as before."""
    name = f"well-{time.monotonic_ns()}"
    post = urllib.request.Request(f"{url}/{name}/0", b"well", method="POST")
    urllib.request.urlopen(post, timeout=PATIENCE).read()
    assert urllib.request.urlopen(f"{url}/{name}/0", timeout=PATIENCE).read() == b"well"


def publishes_and_reads_on_one_connection(url):
    client = Client(url)
    for number in range(60):
        body = f"segment {number}. ".encode() * (1 + number * 100)
        post = client.ask("POST", f"/one/{number}", body=body)
        get = client.ask("GET", f"/one/{number}")
        client.until(lambda: client.ends.issuperset([post, get]), f"the ends of {number}")
        assert client.status(post) == 200
        assert client.bodies[get] == body, f"segment {number} has other bytes: {client.bodies[get][:40]}"


def many_posts_beside_a_body_that_goes_on(url):
    writer, reader = Client(url), Client(url)
    long_post = writer.ask("POST", "/long/0", ends=False)
    long_get, long_body = None, b""
    for number in range(600):
        body = f"segment {number}. ".encode() * (1 + number % 50 * 20)
        get = reader.ask("GET", f"/many/{number}")
        post = writer.ask("POST", f"/many/{number}", ends=False)
        for start in range(0, len(body), 4000):
            writer.give(post, body[start:start + 4000])
            writer.give(long_post, bytes([number % 256]) * 10)
            long_body += bytes([number % 256]) * 10
        writer.give(post, b"", ends=True)
        assert writer.status(post) == 200
        # Who asked before the channel was there was told so.
        if number == 0:
            assert reader.status(get) in (200, 404)
            get = reader.ask("GET", "/many/0")
            long_get = reader.ask("GET", "/long/0")
        reader.until(lambda: get in reader.ends, f"the end of {number}")
        assert reader.bodies.pop(get) == body, f"segment {number} has other bytes"
        reader.until(lambda: reader.bodies.get(long_get) == long_body, "what the other body has got")
    writer.give(long_post, b"", ends=True)
    assert writer.status(long_post) == 200
    reader.until(lambda: long_get in reader.ends, "the end of the other body")
    assert reader.bodies[long_get] == long_body


def bytes_trickle(url):
    writer, reader = Client(url), Client(url)
    post = writer.ask("POST", "/slow/0", ends=False)
    writer.give(post, b"first")
    get = reader.ask("GET", "/slow/0")
    # What was sent comes while the segment goes on.
    reader.until(lambda: reader.bodies.get(get) == b"first", "the first bytes")
    writer.give(post, b", second")
    reader.until(lambda: reader.bodies.get(get) == b"first, second", "the second bytes")
    assert get not in reader.ends
    writer.give(post, b"", ends=True)
    reader.until(lambda: get in reader.ends, "the end")
    assert writer.status(post) == 200


def waits_are_answered_side_by_side(url):
    client = Client(url)
    assert client.answer("POST", "/wait", [("content-length", "0")])[0] == 200
    waits = [client.ask("GET", "/wait/0") for _ in range(90)]
    assert client.answer("GET", "/wait/next")[1] == b"0"
    assert client.answer("POST", "/wait/0", body=b"here")[0] == 200
    client.until(lambda: client.ends.issuperset(waits), "the ends of all that waited")
    assert all(client.bodies[stream] == b"here" for stream in waits)


def a_reset_publish_is_aborted(url):
    writer, reader = Client(url), Client(url)
    post = writer.ask("POST", "/cut/0", body=b"half", ends=False)
    get = reader.ask("GET", "/cut/0")
    reader.until(lambda: reader.bodies.get(get) == b"half", "the first half")
    writer.http.reset_stream(post, h2.errors.ErrorCodes.CANCEL)
    writer.send()
    reader.until(lambda: get in reader.ends or get in reader.resets, "the end")
    assert b"lp-trickle-aborted" in reader.trailers.get(get, {}), f"trailers are {reader.trailers.get(get)}"
    # The connection goes on.
    assert writer.answer("POST", "/cut/1", body=b"whole")[0] == 200


def a_slow_stream_holds_nobody(url):
    client = Client(url, {h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 60_000})
    body = bytes(range(256)) * 4096
    client.takes_all = False
    assert client.answer("POST", "/held/0", body=body)[0] == 200
    slow = client.ask("GET", "/held/0")
    client.until(lambda: len(client.bodies.get(slow, b"")) == 60_000, "as much as the window lets")
    fast = client.http.get_next_available_stream_id()
    client.takes.add(fast)
    assert client.ask("GET", "/held/0") == fast
    client.until(lambda: fast in client.ends, "the other stream's end")
    assert client.bodies[fast] == body
    assert slow not in client.ends and len(client.bodies[slow]) == 60_000
    # And the slow one gets the rest when it takes it.
    client.takes.add(slow)
    client.http.acknowledge_received_data(60_000, slow)
    client.http.increment_flow_control_window(1, slow)
    client.send()
    client.until(lambda: slow in client.ends, "the slow stream's end")
    assert client.bodies[slow] == body


def a_stream_that_takes_nothing_is_cut(url):
    client = Client(url, {h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 0})
    assert client.answer("POST", "/stuck/0", body=b"something")[0] == 200
    stuck = client.ask("GET", "/stuck/0")
    assert client.status(stuck) == 200
    client.until(lambda: stuck in client.resets, "the stream is cut")
    assert client.answer("HEAD", "/stuck/0")[0] == 200


def a_publisher_may_send_far_ahead(url):
    client = Client(url)
    post = client.ask("POST", "/ahead/0", body=bytes(1 << 17), ends=False)
    client.until(lambda: client.http.local_flow_control_window(post) > 7 << 20, "a window of nearly 8 MiB")
    client.give(post, bytes(1 << 24), ends=True)
    assert client.status(post) == 200


def an_early_answer_stops_the_body(url):
    client = Client(url)
    assert client.answer("POST", "/early/0", body=b"x")[0] == 200
    post = client.ask("POST", "/_changes/0", body=b"not allowed", ends=False)
    assert client.status(post) >= 400
    client.until(lambda: post in client.resets, "the request is stopped")
    assert client.resets[post] == h2.errors.ErrorCodes.NO_ERROR
    assert post in client.ends


def only_so_many_streams(url):
    client = Client(url)
    assert client.answer("POST", "/many", [("content-length", "0")])[0] == 200
    limit = client.http.remote_settings.max_concurrent_streams
    assert limit == 100, f"the relay lets {limit} streams"
    waits = [client.ask("GET", "/many/0") for _ in range(limit)]
    client.http.remote_settings.update({h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: 1000})
    client.http.remote_settings.acknowledge()
    one_more = client.ask("GET", "/many/0")
    while client.receive() and one_more not in client.resets and client.goodbye is None:
        pass
    assert not set(waits) & client.ends
    refused = client.resets.get(one_more)
    assert refused == h2.errors.ErrorCodes.REFUSED_STREAM or client.goodbye is not None, f"it got {refused}"


def thousands_of_requests_in_one_go(url):
    client = Client(url)
    assert client.answer("POST", "/busy/0", body=b"b")[0] == 200
    streams = []
    for _ in range(40):
        for _ in range(75):
            stream = client.http.get_next_available_stream_id()
            head = [(":method", "GET"), (":scheme", "http"), (":authority", client.url.netloc), (":path", "/busy/0")]
            client.http.send_headers(stream, head, end_stream=True)
            streams.append(stream)
        client.send()
        client.until(lambda: client.ends.issuperset(streams), "all answers")
    assert all(client.bodies[stream] == b"b" for stream in streams)


def bad_requests_are_told(url):
    def status(fields, path="/bad/0", **change):
        client = Client(url)
        stream = client.http.get_next_available_stream_id()
        head = {":method": "GET", ":scheme": "http", ":authority": client.url.netloc, ":path": path}
        head.update(change)
        client.http.send_headers(stream, [(n, v) for n, v in head.items() if v is not None] + fields, end_stream=True)
        client.send()
        client.until(lambda: client.heads or client.resets or client.goodbye is not None, "an answer")
        return int(client.heads[stream][b":status"]) if stream in client.heads else None

    def expect(wanted, *arguments, **change):
        found = status(*arguments, **change)
        assert found in wanted, f"{arguments} {change} is answered with {found}, not one of {wanted}"

    # None is a stream, or a connection, that is reset.
    expect([400], [], **{":authority": None})
    expect([400], [("host", "elsewhere")])
    expect([400, None], [], path="/bad 0/0")
    expect([400, None], [("x", "a\nb")])
    expect([431], [("x-a", "b")] * 120)
    # RFC 9113, 8.2.2 and 8.3: malformed.
    expect([400, None], [("connection", "close")])
    expect([400, None], [("Upper", "case")])
    expect([400, None], [], **{":path": None})
    expect([405, 501], [], **{":method": "BREW"})
    expect([414], [], path="/" + "a" * 9000 + "/0")


def a_head_without_an_end(url):
    client = Client(url)
    client.ask("GET", "/nothing/next")
    part = client.http.encoder.encode([("x-padding", "p" * 4000)])
    client.send(frame(1, 0, 3, client.http.encoder.encode([(":method", "GET"), (":path", "/a/0"), (":scheme", "http")])))
    flood(client, frame(9, 0, 3, part), 2000)
    client.expect_end(*CALM, h2.errors.ErrorCodes.PROTOCOL_ERROR)


def small_continuations(url):
    client = Client(url)
    client.send(frame(1, 0, 1, b""))
    flood(client, frame(9, 0, 1, b""))
    client.expect_end(*CALM, h2.errors.ErrorCodes.PROTOCOL_ERROR)


def a_head_that_is_too_large(url):
    client = Client(url)
    stream = client.http.get_next_available_stream_id()
    head = [(":method", "GET"), (":scheme", "http"), (":authority", client.url.netloc), (":path", "/a/0")]
    client.http.send_headers(stream, head + [(f"x-{n}", "v" * 1000) for n in range(60)], end_stream=True)
    client.send()
    while client.receive() and stream not in client.heads:
        pass
    if stream in client.heads:
        assert client.status(stream) == 431
    else:
        assert client.goodbye is not None


def resets_in_a_row(url):
    client = Client(url)
    for _ in range(3000):
        if client.is_closed:
            break
        stream = client.ask("GET", "/nothing/next")
        client.send(frame(3, 0, stream, (8).to_bytes(4, "big")))
        client.http.reset_stream(stream)
        client.http.data_to_send()
    client.expect_end(*CALM)


def pings_in_a_row(url):
    client = Client(url)
    flood(client, frame(6, 0, 0, b"12345678"))
    client.expect_end(*CALM)


def settings_in_a_row(url):
    client = Client(url)
    flood(client, frame(4, 0, 0))
    client.expect_end(*CALM)


def empty_data_in_a_row(url):
    client = Client(url)
    client.ask("POST", "/empty/0", ends=False)
    flood(client, frame(0, 0, 1))
    client.expect_end(*CALM)


def window_updates_beyond_all(url):
    client = Client(url)
    client.ask("POST", "/window/0", ends=False)
    client.send(frame(8, 0, 0, (0x7FFFFFFF).to_bytes(4, "big")) * 3)
    client.expect_end(h2.errors.ErrorCodes.FLOW_CONTROL_ERROR)


def a_stream_window_beyond_all(url):
    client = Client(url)
    post = client.ask("POST", "/window/0", ends=False)
    client.send(frame(8, 0, post, (0x7FFFFFFF).to_bytes(4, "big")))
    client.until(lambda: post in client.resets, "the stream's end")
    assert client.resets[post] == h2.errors.ErrorCodes.FLOW_CONTROL_ERROR
    assert client.answer("POST", "/window/1", body=b"x")[0] == 200


def bodies_of_another_length(url):
    client = Client(url)
    for length, body in [(3, b"1234"), (5, b"1234"), (4, b""), ("four", b"1234")]:
        post = client.ask("POST", "/length/0", [("content-length", str(length))], body)
        client.until(lambda: post in client.resets, f"the end of a body of {len(body)} bytes and not {length}")
        assert client.resets[post] == h2.errors.ErrorCodes.PROTOCOL_ERROR
    assert client.answer("POST", "/length/1", [("content-length", "4")], b"1234")[0] == 200


def garbage_behind_the_preface(url):
    client = Client(url)
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 2000)
    while client.receive():
        pass


def a_preface_byte_by_byte(url):
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0):
            connection.sendall(bytes([byte]))
        head = connection.recv(1000)
        assert head[3] == 4, f"the relay begins with {head!r}, which is no SETTINGS"
    with socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE) as connection:
        connection.sendall(b"PRI * HTTP/2.1\r\n\r\n")
        assert b"HTTP/1.1 " in connection.recv(100)


def small_data_and_a_neighbour(url):
    client = Client(url)
    client.ask("POST", "/crumbs/0", ends=False)
    client.send(frame(0, 0, 1, b"x") * 20_000)
    client.send(frame(0, 1, 1, b"x"))
    client.until(lambda: 1 in client.heads, "the answer")
    assert client.status(1) == 200
    status, body = client.answer("GET", "/crumbs/0")
    assert status == 200 and body == b"x" * 20_001


def an_idle_connection_is_told_goodbye(url):
    client = Client(url)
    assert client.answer("GET", "/_channels")[0] == 200
    client.expect_end(h2.errors.ErrorCodes.NO_ERROR)


def a_proxy_speaks_for_many(url):
    client = Client(url)
    assert client.answer("POST", "/shared", [("content-length", "0")])[0] == 200
    one, other = [("x-forwarded-for", "192.0.2.1")], [("x-forwarded-for", "192.0.2.2")]
    waits = [client.ask("GET", "/shared/0", one) for _ in range(3)]
    assert client.answer("GET", "/shared/next", one)[0] == 429
    assert client.answer("GET", "/shared/next", other)[0] == 200
    client.http.reset_stream(waits[0], h2.errors.ErrorCodes.CANCEL)
    client.send()
    assert client.answer("GET", "/shared/next", one)[0] == 200


def next_number(playlist):
    """Of the segment behind those that a playlist lists."""
    lines = playlist.decode().splitlines()
    first = [int(line.split(":")[1]) for line in lines if line.startswith("#EXT-X-MEDIA-SEQUENCE:")]
    return first[0] + sum(line.startswith("#EXTINF:") for line in lines)


def playlists_wait_beside_a_viewer(url, folder):
    """The folder has a channel's segments, 2 s each, by their numbers."""
    def segment(number):
        with open(f"{folder}/{number}", "rb") as file:
            return file.read()

    publisher, player = Client(url), Client(url)
    for number in range(3):
        assert publisher.answer("POST", f"/cam/{number}", body=segment(number))[0] == 200
    viewer = player.ask("GET", "/cam.ts")
    player.until(lambda: player.bodies.get(viewer), "the viewer's first bytes")

    def reload(query):
        return player.ask("GET", f"/cam/index.m3u8?{query}")

    def come(waits):
        """Those that were not told in time ask again."""
        for stream, query in list(waits.items()):
            player.until(lambda: stream in player.ends, f"the answer to {query}")
            while player.status(stream) == 503:
                stream = reload(query)
                player.until(lambda: stream in player.ends, f"the answer to {query}")
            assert player.status(stream) == 200, f"{query} is answered with {player.status(stream)}"
            yield player.bodies[stream]

    for number in range(3, 9):
        status, playlist = player.answer("GET", "/cam/index.m3u8")
        wanted = next_number(playlist)
        parts, wholes = f"_HLS_msn={wanted}&_HLS_part=0", f"_HLS_msn={wanted}"
        waits = {reload(query): query for query in [wholes, parts, wholes, parts, wholes]}
        assert player.answer("GET", "/cam/next") == (200, str(number).encode())
        early = [stream for stream in waits if stream in player.ends and player.status(stream) != 503]
        assert not early, f"{waits[early[0]]} is answered with {player.status(early[0])} before it is there"
        seen = len(player.bodies[viewer])
        body = segment(number)
        post = publisher.ask("POST", f"/cam/{number}", body=body[:len(body) * 2 // 3], ends=False)
        for playlist in come({stream: query for stream, query in waits.items() if query == parts}):
            assert next_number(playlist) == wanted and b"#EXT-X-PART:" in playlist, playlist
        publisher.give(post, body[len(body) * 2 // 3:], ends=True)
        assert publisher.status(post) == 200
        for playlist in come({stream: query for stream, query in waits.items() if query == wholes}):
            assert next_number(playlist) > wanted, playlist
        player.until(lambda: len(player.bodies[viewer]) >= seen + len(body), "the segment at the viewer")
    assert viewer not in player.ends and viewer not in player.resets


def the_relay_goes_down(url):
    client = Client(url)
    assert client.answer("POST", "/last", [("content-length", "0")])[0] == 200
    wait = client.ask("GET", "/last/0")
    post = client.ask("POST", "/last/5", body=b"begun", ends=False)
    # Streams are in no order among themselves.
    while client.answer("GET", "/last/next")[1] != b"6":
        pass
    read = client.ask("GET", "/last/5")
    client.until(lambda: client.bodies.get(read) == b"begun", "the first bytes")
    print("ready", flush=True)
    client.expect_end(h2.errors.ErrorCodes.NO_ERROR)
    assert client.status(wait) in (503, 470), f"who waited got {client.status(wait)}"
    assert client.trailers[read][b"lp-trickle-aborted"] == b"relay", f"the reader got {client.trailers}"
    assert post in client.ends or post in client.resets
    sys.exit(0)


def the_last_answer_comes_when_the_relay_goes_down(url):
    client = Client(url)
    assert client.answer("POST", "/only/0", body=b"x" * 3_000_000)[0] == 200
    wait = client.ask("GET", "/only/1")
    # Its answer shows that the relay has seen the one before.
    assert client.answer("GET", "/only/next")[1] == b"1"
    print("ready", flush=True)
    client.until(lambda: wait in client.ends, "the answer of who waited")
    assert client.status(wait) == 503 and client.bodies[wait], f"who waited got {client.status(wait)}"
    client.until(lambda: client.goodbye is not None, "GOAWAY")
    assert client.goodbye == h2.errors.ErrorCodes.NO_ERROR
    client.socket.close()
    sys.exit(0)


def a_stream_begins_as_the_relay_goes_down(url):
    client = Client(url)
    assert client.answer("POST", "/late", [("content-length", "0")])[0] == 200
    wait = client.ask("GET", "/late/0")
    assert client.answer("GET", "/late/next")[1] == b"0"
    print("ready", flush=True)
    # GOAWAY is there, and has not been read.
    select.select([client.socket], [], [])
    post = client.ask("POST", "/late/0", body=b"late")
    # python-h2 takes nothing behind GOAWAY.
    answered, codes, data = set(), [], b""
    while piece := client.socket.recv(1 << 16):
        data += piece
        while len(data) >= 9 and len(data) >= 9 + int.from_bytes(data[:3], "big"):
            end = 9 + int.from_bytes(data[:3], "big")
            kind, flags, stream, payload = data[3], data[4], int.from_bytes(data[5:9], "big"), data[9:end]
            data = data[end:]
            if kind == 1:
                answered.add(stream)
            elif kind == 6 and not flags & 1:
                client.socket.sendall(frame(6, 1, 0, payload))
            elif kind == 7:
                codes.append(int.from_bytes(payload[4:8], "big"))
    assert answered == {wait, post}, f"of {wait} and {post} only {answered} are answered"
    assert codes == [h2.errors.ErrorCodes.NO_ERROR], f"GOAWAY says {codes}"
    sys.exit(0)


FLOODS = [
    a_head_without_an_end, small_continuations, a_head_that_is_too_large, resets_in_a_row, pings_in_a_row, settings_in_a_row,
    empty_data_in_a_row, window_updates_beyond_all, a_stream_window_beyond_all, bodies_of_another_length, garbage_behind_the_preface,
]
SCENARIOS = [
    publishes_and_reads_on_one_connection, many_posts_beside_a_body_that_goes_on, bytes_trickle,
    waits_are_answered_side_by_side, a_reset_publish_is_aborted, a_slow_stream_holds_nobody,
    a_publisher_may_send_far_ahead, an_early_answer_stops_the_body, only_so_many_streams,
    thousands_of_requests_in_one_go, bad_requests_are_told, a_preface_byte_by_byte, small_data_and_a_neighbour,
] + FLOODS
# These want a relay that is set up for them.
SPECIAL = [
    a_stream_that_takes_nothing_is_cut, an_idle_connection_is_told_goodbye, a_proxy_speaks_for_many, the_relay_goes_down,
    the_last_answer_comes_when_the_relay_goes_down, a_stream_begins_as_the_relay_goes_down,
    playlists_wait_beside_a_viewer,
]


def main():
    if sys.argv[1:] == ["--list"]:
        print("\n".join(scenario.__name__ for scenario in SCENARIOS))
        return
    url, name, *more = sys.argv[1:]
    {scenario.__name__: scenario for scenario in SCENARIOS + SPECIAL}[name](url.rstrip("/"), *more)
    is_well(url.rstrip("/"))


if __name__ == "__main__":
    main()
