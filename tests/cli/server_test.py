"""The server as a process: its directory, its signals, what it says when something is in the way."""
import json
import signal
import socket
import stat
import subprocess
import unittest

from harness import Case, run


class Process(Case):
    def test_sigterm_and_sigint_end_it_cleanly_and_soon(self):
        for how in (signal.SIGTERM, signal.SIGINT):
            code, seconds = self.serve().stop(how)
            self.assertEqual(code, 0)
            self.assertLess(seconds, 10)

    def test_a_directory_in_use_names_the_process_that_holds_it(self):
        server = self.serve()
        self.expect(run("serve", "--port", "0", "--data", self.data), 1, f"in use by process {server.child.pid}", "--data")
        self.assertEqual(server.get("/healthz")[0], 200)

    def test_a_port_in_use_is_named_with_a_next_step(self):
        server = self.serve()
        port = server.url.rsplit(":", 1)[1]
        self.expect(run("serve", "--port", port, "--data", self.folder / "other"), 1, f"port {port}", "--port")

    def test_it_starts_after_a_kill_without_a_repair_step(self):
        self.serve().stop(signal.SIGKILL)
        self.assertEqual(self.serve().stop()[0], 0)

    def test_a_very_long_data_directory_works(self):
        self.data = self.folder / ("d" * 120) / ("e" * 120)
        self.serve()
        self.assertEqual(run("rooms", "ls", "--data", self.data).returncode, 0)

    def test_what_it_keeps_is_for_its_owner_alone(self):
        self.serve()
        self.assertEqual(stat.S_IMODE(self.data.stat().st_mode), 0o700)
        for name in ("admin.secret", "runnel.sock", "lock"):
            self.assertEqual(stat.S_IMODE((self.data / name).stat().st_mode), 0o600, name)

    def test_what_it_keeps_in_a_directory_that_all_may_read_is_for_its_owner_alone(self):
        self.data.mkdir(mode=0o755)
        self.serve()
        for path in self.data.iterdir():
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600, path.name)

    def test_a_damaged_directory_is_reported_and_left_as_it_is(self):
        self.data.mkdir()
        (self.data / "rooms.db").write_bytes(b"this is no database" * 1000)
        before = (self.data / "rooms.db").read_bytes()
        outcome = run("serve", "--port", "0", "--data", self.data)
        self.expect(outcome, 1, "rooms.db")
        self.assertEqual((self.data / "rooms.db").read_bytes(), before)


class Answers(Case):
    def test_readiness_has_reasons(self):
        server = self.serve("--set", "auth.mode=none", "--set", "backend.kind=http")
        status, body = server.get("/readyz")
        self.assertEqual(status, 200)
        names = [reason["name"] for reason in json.loads(body)["reasons"]]
        self.assertEqual(sorted(set(names)), ["auth", "backend"])
        server.says("backend.url is not set")

    def test_metrics_are_in_the_text_format(self):
        status, body = self.serve().get("/metrics")
        self.assertEqual(status, 200)
        for line in body.splitlines():
            self.assertRegex(line, r"^(# (HELP|TYPE) (runnel|process)_\w+ .+|(runnel|process)_\w+(\{.*\})? [-+0-9.e]+|)$")

    def test_the_admin_api_wants_its_secret(self):
        server = self.serve()
        self.assertEqual(server.get("/v1/stats")[0], 401)
        self.assertEqual(server.get("/v1/stats", {"Authorization": "Bearer wrong"})[0], 401)
        secret = (self.data / "admin.secret").read_text().strip()
        self.assertEqual(server.get("/v1/stats", {"Authorization": f"Bearer {secret}"})[0], 200)
        self.assertNotIn(secret, server.said)

    def test_serve_lets_nobody_in_who_has_no_token(self):
        self.assertEqual(self.serve().get("/parties/main/room")[0], 401)

    def test_dev_lets_everybody_in_and_says_where_it_is(self):
        server = self.serve(command="dev")
        server.says("Runnel is running")
        self.assertNotIn(server.get("/parties/main/room")[0], (401, 403))

    def test_a_room_of_another_type_is_refused_with_a_sentence(self):
        server = self.serve("--set", "rooms.types=doc,task", "--set", "auth.mode=none")
        status, body = server.get("/parties/main/other-1")
        self.assertEqual(status, 404)
        self.assertIn("rooms.types", body)

    def test_rooms_at_the_root_take_nothing_from_what_is_served_there(self):
        server = self.serve("--set", "rooms.yjs_prefix=/", command="dev")
        self.assertEqual(server.get("/healthz"), (200, "ok\n"))
        self.assertEqual(server.get("/readyz")[0], 200)
        self.assertIn("runnel_", server.get("/metrics")[1])
        self.assertEqual(server.get("/v1/stats")[0], 401)
        self.assertEqual(server.get("/_/")[0], 200)
        self.assertEqual(server.get("/my/room")[0], 426)
        self.expect(run("rooms", "ls", "--data", self.data), 0)

    def test_a_key_set_that_cannot_be_used_is_named(self):
        for text, why in ((None, "cannot be read"), ("{}", "keys")):
            path = self.folder / "keys.json"
            if text is not None:
                path.write_text(text)
            self.expect(run("serve", "--port", "0", "--data", self.data, "--set", "auth.mode=jwt", "--set", f"auth.jwks={path}"),
                        1, "auth.jwks: expected a JSON Web Key Set", str(path), why)

    def test_strangers_have_no_large_bodies_kept(self):
        server = self.serve("--set", "admin.secret=s", env={"PARTYKIT_SECRET": "p"})
        host, port = server.url.removeprefix("http://").split(":")
        for path, secret in (("/v1/rooms/doc-1/import", "s"), ("/collaboration/snapshot?roomId=doc-1", "p"), ("/api/users", "p")):
            for bearer, status in (("", b"401"), ("Authorization: Bearer wrong\r\n", b"401"), (f"Authorization: Bearer {secret}\r\n", b"100")):
                with socket.create_connection((host, int(port)), timeout=20) as client:
                    client.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n{bearer}Content-Length: 1000000\r\n\r\n".encode())
                    self.assertEqual(client.recv(1000).split()[1], status, (path, bearer))
        large = bytes([1, 1, 1, 0, 4, 1, 4]) + b"text" + bytes([0xa0, 0x8d, 0x06]) + b"x" * 100_000 + b"\0"
        self.expect(run("rooms", "import", "doc-1", "-", "--data", self.data, stdin=large), 0, "imported into doc-1")

    def test_the_log_says_why_a_token_was_refused_and_nothing_of_it(self):
        for mode, token, why in (("jwt", "to.ke.n", "it is no JSON Web Token"), ("hmac", "abcXYZ", "it is no token in two parts")):
            server = self.serve("--set", f"auth.mode={mode}", "--set", "auth.secret=s", "--set", "log.level=debug")
            self.assertEqual(server.get(f"/party/doc-1?token={token}")[0], 401)
            server.says(f'a token was refused room=doc-1 why="{why}')
            self.assertEqual(server.stop()[0], 0)
            self.assertNotIn(token, server.said)

    def test_json_log_lines_are_json(self):
        server = self.serve("--set", "log.format=json")
        server.stop()
        for line in server.said.splitlines():
            self.assertIn("message", json.loads(line))


class Certificates(Case):
    def make(self, name):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                        "2", "-subj", f"/CN={name}", "-keyout", self.folder / "key.pem", "-out", self.folder / "cert.pem"],
                       check=True, capture_output=True)

    def subject(self, server) -> str:
        address = server.url.removeprefix("https://")
        shown = subprocess.run(["openssl", "s_client", "-connect", address], input=b"", capture_output=True, check=False)
        return shown.stdout.decode()

    def test_sighup_reads_the_certificate_again(self):
        self.make("first")
        server = self.serve("--set", f"server.tls_cert={self.folder}/cert.pem", "--set",
                            f"server.tls_key={self.folder}/key.pem")
        self.assertIn("CN = first", self.subject(server))
        self.make("second")
        server.child.send_signal(signal.SIGHUP)
        server.says("certificate was read again")
        self.assertIn("CN = second", self.subject(server))
        (self.folder / "key.pem").write_text("nonsense")
        server.child.send_signal(signal.SIGHUP)
        server.says("the old one goes on serving")
        self.assertIn("CN = second", self.subject(server))
        self.assertEqual(server.stop()[0], 0)


if __name__ == "__main__":
    unittest.main()
