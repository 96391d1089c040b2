"""The servers that are compared, and one run of the load tool against one of them."""

import argparse
import contextlib
import fcntl
import json
import os
import platform
import resource
import shlex
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.cases import Case


BENCHMARKS = Path(__file__).resolve().parent.parent
ROOT = BENCHMARKS.parent
PROGRAMS = ROOT / ".build" / "benchmarks"
REFERENCE = "c-relay"


class RunFailed(Exception):
    """A server that did not start, or a load tool that gave no result."""


@dataclass
class Server:
    name: str
    command: str
    """With `{port}` where the port belongs."""
    load: dict[str, object] = field(default_factory=dict)
    """What the load tool does otherwise with this one."""


@dataclass
class Runner:
    load: Path
    is_pinned: bool
    lock: Path | None
    """Held while something is measured, so that whoever else takes it does not disturb."""

    def measure(self, server: Server, case: Case, load: dict[str, object]) -> dict:
        """Starts the server, loads it, ends it.

        Returns what the load tool printed; `errors` in it is above zero where bytes were lost.
        """
        with self._locked(), self._running(server) as (process, port):
            command = [*self._pinned(0), str(self.load), "--port", str(port), "--pid", str(process.pid)]
            for name, value in (load | server.load).items():
                command += [f"--{name}"] if value is True else [f"--{name}", f"{value:.12g}"]
            done = subprocess.run(command, capture_output=True, text=True, preexec_fn=raise_descriptor_limit)
            if not done.stdout:
                raise RunFailed(f"case {case.name}, {server.name}: {done.stderr.strip() or 'no result'}")
            return json.loads(done.stdout)

    def _pinned(self, core: int) -> list[str]:
        return ["taskset", "-c", str(core)] if self.is_pinned else []

    @contextlib.contextmanager
    def _locked(self):
        if not self.lock:
            yield
            return
        with open(self.lock, "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @contextlib.contextmanager
    def _running(self, server: Server):
        port = free_port()
        command = self._pinned(1) + shlex.split(server.command.format(port=port))
        with tempfile.TemporaryFile("w+") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=raise_descriptor_limit
            )
            try:
                if not is_listening(process, port):
                    log.seek(0)
                    raise RunFailed(f"{server.name} does not listen on port {port}: {log.read().strip()[-500:]}")
                yield process, port
            finally:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def add_server_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--against", action="append", default=[], metavar="COMMAND",
        help="compare with your own relay: {port} in the command, or a C source that takes a port",
    )
    parser.add_argument(
        "--server", action="append", default=[], metavar="NAME=COMMAND", help="one more server, with a name of its own"
    )
    parser.add_argument("--relay", metavar="COMMAND", help="how the relay is started (default: the release build)")
    parser.add_argument("--only", metavar="NAMES", help="these servers only, beside the C relay")
    parser.add_argument("--no-build", action="store_true", help="take the release build that is there")
    parser.add_argument("--no-pin", action="store_true", help="let server and load wander between the cores")
    parser.add_argument("--lock", type=Path, help="a file to lock while something is measured")


def compared_servers(asked: argparse.Namespace) -> list[Server]:
    """The C relay, the relay, and what else was asked for; C sources are compiled."""
    compile_c(sorted((BENCHMARKS / "c-relay").glob("*.c")), PROGRAMS / REFERENCE)
    relay = asked.relay
    if not relay:
        if not asked.no_build:
            subprocess.run(["make", "--silent", ".build/release/trickle-server"], cwd=ROOT, check=True)
        relay = f"{ROOT / '.build/release/trickle-server'} --addr 127.0.0.1:{{port}}"
    found = [Server(REFERENCE, f"{PROGRAMS / REFERENCE} {{port}}"), Server("relay", relay)]
    found += [against(command) for command in asked.against]
    for extra in asked.server:
        name, _, command = extra.partition("=")
        if "{port}" not in command:
            raise SystemExit(f"--server {extra}: NAME=COMMAND with {{port}} in it is wanted")
        found.append(Server(name, command))
    if asked.only:
        kept = [REFERENCE, *asked.only.split(",")]
        found = [server for server in found if server.name in kept]
    return found


def against(command: str) -> Server:
    """A server by its command, named after its program."""
    program = Path(shlex.split(command)[0])
    if program.suffix == ".c":
        compile_c([program], PROGRAMS / program.stem)
        return Server(program.stem, f"{PROGRAMS / program.stem} {{port}}")
    if "{port}" not in command:
        raise SystemExit(f"--against '{command}': write {{port}} where the port belongs")
    return Server(program.name, command)


def make_runner(asked: argparse.Namespace) -> Runner:
    compile_c(sorted((BENCHMARKS / "load").glob("*.c")), PROGRAMS / "load")
    return Runner(PROGRAMS / "load", is_pinned=not asked.no_pin and (os.cpu_count() or 1) > 1, lock=asked.lock)


def raise_descriptor_limit() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def make_certificate(folder: Path) -> None:
    """A pair for `localhost`: `cert.pem` and `key.pem`."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem"), "-subj", "/CN=localhost"]
    subprocess.run([*command, *files, "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_listening(process: subprocess.Popen, port: int) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        time.sleep(0.02)
    return False


def compile_c(sources: list[Path], program: Path, flags: Sequence[str] = ()) -> None:
    program.parent.mkdir(parents=True, exist_ok=True)
    compiler = os.environ.get("CC", "cc")
    subprocess.run([compiler, "-O2", "-flto", "-o", str(program), *map(str, sources), *flags], check=True)


def machine() -> str:
    model = next(
        (line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown"
    )
    return f"{os.cpu_count()} × {model}, Linux {platform.release()}"
