"""The binary as a child process, with deadlines."""
import os
import pathlib
import re
import select
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("RUNNEL_BIN", str(ROOT / "build/release/runnel"))
DEADLINE_S = 20


def run(*arguments, env=None, cwd=None, stdin=None) -> subprocess.CompletedProcess:
    """The command's outcome; its environment has no setting of ours but those in `env`."""
    clean = {key: value for key, value in os.environ.items()
             if not key.startswith("RUNNEL_") and key not in ("CONVEX_SITE_URL", "PARTYKIT_SECRET")}
    words = [word if isinstance(word, bytes) else str(word) for word in arguments]
    return subprocess.run([BINARY, *words], capture_output=True, check=False, timeout=DEADLINE_S,
                          env=clean | (env or {}), cwd=cwd, input=stdin)


class Server:
    def __init__(self, data, *arguments, command="serve", env=None):
        self.data = data
        self.child = subprocess.Popen([BINARY, command, "--port", "0", "--data", str(data), *arguments],
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=os.environ | (env or {}))
        self.said = ""
        self.url = self._read_until(r"listening on (https?://\S+)").group(1)

    def _read_until(self, pattern: str) -> re.Match:
        end = time.monotonic() + DEADLINE_S
        while not (found := re.search(pattern, self.said)):
            ready, _, _ = select.select([self.child.stdout], [], [], max(0, end - time.monotonic()))
            chunk = os.read(self.child.stdout.fileno(), 65536) if ready else b""
            if not chunk:
                self.child.kill()
                raise AssertionError(f"the server never said '{pattern}'; it said:\n{self.said}")
            self.said += chunk.decode()
        return found

    def says(self, pattern: str) -> re.Match:
        return self._read_until(pattern)

    def get(self, path: str, headers=None) -> tuple[int, str]:
        request = urllib.request.Request(self.url + path, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE_S) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def stop(self, how=signal.SIGTERM) -> tuple[int, float]:
        """Exit code and seconds until the end."""
        begin = time.monotonic()
        self.child.send_signal(how)
        rest, _ = self.child.communicate(timeout=DEADLINE_S)
        self.said += rest.decode()
        return self.child.returncode, time.monotonic() - begin

    def end(self):
        """Whatever the test left of it."""
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait(timeout=DEADLINE_S)
        self.child.stdout.close()


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="runnel-cli-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.data = self.folder / "data"

    def serve(self, *arguments, **options) -> Server:
        server = Server(self.data, *arguments, **options)
        self.addCleanup(server.end)
        return server

    def expect(self, outcome, code: int, *sentences: str):
        said = outcome.stderr.decode()
        self.assertEqual(outcome.returncode, code, said)
        for sentence in sentences:
            self.assertIn(sentence, said)
