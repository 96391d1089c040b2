"""A transport stream without an end over HTTP, in real time: one file again and again.

ts-server.py FILE PORT: everybody who comes gets the file from its beginning.
"""

import http.server
import subprocess
import sys

path, port = sys.argv[1:]
command = f"ffmpeg -v error -nostdin -re -stream_loop -1 -i {path} -c copy -f mpegts -flush_packets 1 pipe:1".split()


class Stream(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "video/mp2t")
        self.end_headers()
        subprocess.run(command, stdout=self.connection, stderr=subprocess.DEVNULL)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Stream).serve_forever()
