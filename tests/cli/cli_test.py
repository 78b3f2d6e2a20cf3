"""What the command line says: help, errors with a next step, exit codes, settings, tokens."""
import base64
import contextlib
import hashlib
import hmac
import json
import re
import sqlite3
import time
import unittest

from harness import Case, run

# An update of Yjs 13.6.33: client 1 inserted "hi" into the root text "text".
UPDATE = bytes.fromhex("010101000401047465787402686900")


class Help(Case):
    def test_every_command_has_help_with_examples(self):
        commands = re.findall(r"^  (\w+) {2,}", run("--help").stdout.decode().split("Subcommands:")[1], re.M)
        self.assertGreater(len(commands), 5)
        for command in commands:
            text = run(command, "--help").stdout.decode()
            inner = re.findall(r"^  (\w+) {2,}", text.split("Subcommands:")[1], re.M) if "Subcommands:" in text else []
            for name in inner or [""]:
                outcome = run(command, *filter(None, [name]), "--help")
                self.assertEqual(outcome.returncode, 0)
                self.assertIn("Examples:", outcome.stdout.decode(), f"{command} {name}")

    def test_without_a_command_it_says_what_there_is(self):
        self.expect(run(), 2, "next: `runnel --help`")


class Mistakes(Case):
    def test_a_command_that_is_not_there_is_named(self):
        self.expect(run("room", "ls"), 2, "no command 'room'", "did you mean rooms?")
        self.expect(run("doc", "shwo"), 2, "no command 'shwo'", "`runnel doc --help`")
        self.expect(run("--verbose"), 2, "no flag '--verbose'")

    def test_a_misspelt_flag_gets_the_one_that_was_meant(self):
        self.expect(run("serve", "--prot", "1"), 2, "--prot", "did you mean --port?", "next: `runnel serve --help`")

    def test_a_name_that_looks_like_a_flag_is_told_where_to_stand(self):
        self.expect(run("rooms", "show", "-room"), 2, "no flag -room; a name like that stands behind --")

    def test_a_bad_value_of_a_known_flag_gets_no_other_flag(self):
        outcome = run("doc", "show", "a.update", "--root", "content=txt")
        self.expect(outcome, 2, "--root: expected NAME=text", "got 'content=txt'", "next: `runnel doc show --help`")
        self.assertNotIn("did you mean", outcome.stderr.decode())

    def test_a_bad_setting_says_what_was_expected(self):
        self.expect(run("serve", "--set", "save.interval=soon"), 2, "save.interval", "30s", "got 'soon'")

    def test_a_setting_without_value_says_how_to_write_it(self):
        self.expect(run("config", "--set", "save.interval"), 2, "expected key=value")

    def test_an_unknown_setting_gets_the_one_that_was_meant(self):
        self.expect(run("config", "--set", "save.intervall=3s"), 2, "did you mean 'save.interval'?")

    def test_a_missing_configuration_file_is_named(self):
        self.expect(run("serve", "--config", "/nowhere/runnel.toml"), 2, "/nowhere/runnel.toml: cannot be read")

    def test_a_folder_in_place_of_a_file_is_named(self):
        self.expect(run("serve", "--config", self.folder), 2, f"{self.folder}: cannot be read")
        self.expect(run("doc", "inspect", self.folder), 1, f"{self.folder}: cannot be read")
        self.data.mkdir()
        self.expect(run("rooms", "import", "doc-1", self.folder, "--data", self.data), 1, f"{self.folder}: cannot be read")

    def test_a_bad_port_is_named(self):
        self.expect(run("serve", "--port", "70000"), 2, "server.port", "65535")

    def test_a_bad_address_is_named(self):
        self.expect(run("serve", "--data", self.data, "--host", "nonsense"), 1, "'nonsense' is no address")

    def test_a_command_on_data_that_is_not_there_makes_none(self):
        self.expect(run("rooms", "ls", "--data", self.data), 1, "there is no data directory", "--data")
        self.assertFalse(self.data.exists())

    def test_a_directory_that_cannot_be_made_is_named(self):
        (self.folder / "file").write_text("")
        self.expect(run("serve", "--data", self.folder / "file"), 1, "cannot be made", "--data")


class Settings(Case):
    def test_config_prints_every_value_and_where_it_came_from(self):
        (self.folder / "runnel.toml").write_text('[rooms]\nlinger = "5s"\n')
        outcome = run("config", "--port", "2000", cwd=self.folder, env={"RUNNEL_SAVE_INTERVAL": "10s"})
        lines = {line.split()[0]: line.split()[1:] for line in outcome.stdout.decode().splitlines() if line.split()}
        self.assertEqual(lines["server.port"], ["2000", "--port", "2000"])
        self.assertEqual(lines["save.interval"], ["10s", "RUNNEL_SAVE_INTERVAL"])
        self.assertEqual(lines["rooms.linger"], ["5s", "./runnel.toml:2"])
        self.assertEqual(lines["save.disconnect_debounce"], ["7s", "default"])

    def test_config_explains_a_setting_or_a_group(self):
        outcome = run("config", "save.interval", env={"RUNNEL_SAVE_INTERVAL": "10s"})
        self.assertEqual(outcome.stdout.decode(),
                         "save.interval = 10s  (RUNNEL_SAVE_INTERVAL)\n"
                         "    how often a changed room is saved to the backend\n"
                         "    RUNNEL_SAVE_INTERVAL\n")
        group = run("config", "save").stdout.decode()
        self.assertEqual([line.split()[0] for line in group.splitlines() if not line.startswith(" ")],
                         ["save.interval", "save.disconnect_debounce", "save.debounce", "save.max_wait"])
        self.expect(run("config", "save.intervall"), 2, "did you mean 'save.interval'?")
        self.expect(run("config", "sav"), 2, "there is no setting 'sav'")

    def test_config_never_prints_a_secret(self):
        outcome = run("config", env={"PARTYKIT_SECRET": "k3Yk3Y", "CONVEX_SITE_URL": "https://app.example"})
        self.assertNotIn(b"k3Yk3Y", outcome.stdout + outcome.stderr)
        self.assertRegex(outcome.stdout.decode(), r"backend.kind +http +backend.url is set")


class Tokens(Case):
    def test_a_minted_token_is_signed_for_one_room_and_ends(self):
        outcome = run("token", "mint", "--room", "doc-1", "--user", "ada", "--access", "view", "--ttl", "1m",
                      env={"PARTYKIT_SECRET": "secret"})
        first, second = outcome.stdout.decode().strip().split(".")
        claims = json.loads(base64.urlsafe_b64decode(first + "=="))
        self.assertEqual((claims["sub"], claims["room"]), ("ada", "doc-1"))
        self.assertEqual(claims["accessLevel"], "view")
        self.assertLess(abs(claims["exp"] - 1000 * (time.time() + 60)), 10_000)
        expected = hmac.new(b"secret", first.encode(), hashlib.sha256).digest()
        self.assertEqual(base64.urlsafe_b64decode(second + "=="), expected)

    def test_a_token_that_would_open_nothing_is_not_minted(self):
        secret = {"PARTYKIT_SECRET": "s"}
        for arguments, said in (
            (("--room", ""), "--room: a room name may not be empty"),
            (("--room", "a\tb"), "--room: a room name may not contain control bytes"),
            (("--room", "doc-1", "--user", ""), "--user is empty"),
            (("--room", "doc-1", "--access", "owner"), "use edit, view or comment"),
            (("--room", "doc-1", "--ttl", "0"), "more than 0"),
        ):
            outcome = run("token", "mint", *arguments, env=secret)
            self.expect(outcome, 1, said, "next: ")
            self.assertEqual(outcome.stdout, b"")

    def test_without_a_secret_it_says_which_to_set(self):
        self.expect(run("token", "mint", "--room", "doc-1"), 1, "no secret", "auth.secret")


class Rooms(Case):
    def setUp(self):
        super().setUp()
        self.data.mkdir()

    def rooms(self, *arguments, **options):
        return run("rooms", *arguments, "--data", self.data, **options)

    def round_trip(self):
        self.expect(self.rooms("import", "doc-1", "-", stdin=UPDATE), 0, "imported into doc-1")
        self.assertIn("doc-1", self.rooms("ls").stdout.decode())
        self.assertEqual(self.rooms("export", "doc-1").stdout, UPDATE)
        self.assertIn("log.last_seq", self.rooms("show", "doc-1").stdout.decode())
        self.expect(self.rooms("compact", "doc-1"), 0)
        self.assertEqual(self.rooms("export", "doc-1").stdout, UPDATE)
        self.expect(self.rooms("rm", "doc-1"), 0, "removed doc-1")
        self.expect(self.rooms("export", "doc-1"), 1, "deleted")
        self.assertNotIn("doc-1", self.rooms("ls").stdout.decode())
        self.expect(run("rooms", "import", "doc-1", "-", "--data", self.data, stdin=UPDATE), 0)
        self.assertEqual(self.rooms("export", "doc-1").stdout, UPDATE)

    def test_rooms_without_a_server(self):
        self.round_trip()

    def test_rooms_of_a_running_server(self):
        server = self.serve()
        self.round_trip()
        self.assertEqual(server.stop()[0], 0)
        self.assertEqual(self.rooms("export", "doc-1").stdout, UPDATE)

    def test_an_export_to_a_device_writes_to_it_and_a_full_one_is_an_error(self):
        self.expect(self.rooms("import", "doc-1", "-", stdin=UPDATE), 0)
        self.assertEqual(self.rooms("export", "doc-1", "-o", "/dev/stdout").stdout, UPDATE)
        full = self.folder / "full"
        full.symlink_to("/dev/full")  # what would take its place takes the place of the link
        self.expect(self.rooms("export", "doc-1", "-o", full), 1, "full: cannot be written")
        self.assertTrue(full.is_symlink())
        self.expect(self.rooms("export", "doc-1", "-o", self.folder / "no/where"), 1, "cannot be written")

    def test_a_name_that_is_not_utf8_is_refused_and_the_list_stays_readable(self):
        server = self.serve()
        self.expect(self.rooms("import", "doc-1", "-", stdin=UPDATE), 0)
        self.expect(self.rooms("import", b"doc\xff", "-", stdin=UPDATE), 1, "UTF-8", "byte 3")
        self.assertIn("doc-1", self.rooms("ls").stdout.decode())
        self.assertEqual(server.stop()[0], 0)

    def test_a_party_that_is_not_there_is_named(self):
        self.expect(self.rooms("show", "doc-1", "--party", "nowhere"), 1, "party 'nowhere'")

    def test_a_document_cannot_be_put_into_a_room_that_has_none(self):
        self.expect(self.rooms("import", "w1", "-", "--party", "presence", stdin=UPDATE), 1, "no document")

    def test_an_import_of_garbage_is_refused(self):
        self.expect(self.rooms("import", "doc-1", "-", stdin=b"\xff\xff\xff"), 1, "error: standard input:", "at byte 0", "V1 or V2")
        broken = self.folder / "broken.update"
        broken.write_bytes(UPDATE[:-1])
        self.expect(self.rooms("import", "doc-1", broken), 1, f"error: {broken}:", f"at byte {len(UPDATE) - 1}", "V1 or V2")

    def never_was(self):
        for command in ("show", "export", "compact", "rm"):
            self.expect(self.rooms(command, "nobody"), 1, "no room 'nobody'", "next: `runnel rooms ls`")
        self.assertNotIn("nobody", self.rooms("ls", "--deleted").stdout.decode())

    def test_a_room_that_never_was(self):
        self.never_was()

    def test_a_room_that_never_was_on_a_running_server(self):
        server = self.serve()
        self.never_was()
        self.assertEqual(server.stop()[0], 0)

    def test_a_room_that_is_kept_in_memory_only_is_there_while_it_is_open(self):
        server = self.serve("--set", "rooms.persist=none")
        self.expect(self.rooms("import", "doc-1", "-", stdin=UPDATE), 0)
        self.assertIn("doc-1", self.rooms("ls").stdout.decode())
        self.assertEqual(self.rooms("export", "doc-1").stdout, UPDATE)
        self.never_was()
        self.expect(self.rooms("rm", "doc-1"), 0, "removed doc-1")
        self.expect(self.rooms("export", "doc-1"), 1, "deleted")
        self.assertEqual(server.stop()[0], 0)

    def test_a_room_is_removed_twice_and_stays_removed(self):
        self.expect(self.rooms("import", "doc-1", "-", stdin=UPDATE), 0)
        for _ in range(2):
            self.expect(self.rooms("rm", "doc-1"), 0, "removed doc-1")
        self.expect(self.rooms("compact", "doc-1"), 1, "deleted")
        self.expect(self.rooms("import", "doc-1", "-", stdin=b"\xff"), 1)
        self.expect(self.rooms("export", "doc-1"), 1, "deleted")


def sealed(content: bytes) -> bytes:
    """A stored row: the CRC-32C of the content, then the content."""
    crc = 0xffffffff
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return (crc ^ 0xffffffff).to_bytes(4, "little") + content


class Backups(Case):
    """Settings of a backend survive as its file; rooms are covered by tests/e2e and tests/crash."""

    def test_a_backup_of_a_running_server_is_restored_elsewhere(self):
        server = self.serve()
        copy = self.folder / "copy"
        self.expect(run("backup", copy, "--data", self.data), 0, "backed up into")
        self.assertEqual(sorted(path.name for path in copy.iterdir()), ["backend.db", "rooms.db"])
        self.expect(run("backup", copy, "--data", self.data), 1, "exists; name a folder that does not")
        self.expect(run("restore", copy, "--data", self.data), 1, f"in use by process {server.child.pid}")
        other = self.folder / "other"
        self.expect(run("restore", copy, "--data", other), 0, "restored")
        self.expect(run("restore", copy, "--data", other), 1, "holds data already", "--replace")
        self.expect(run("restore", copy, "--replace", "--data", other), 0, "restored")
        self.expect(run("verify", "--data", other), 0, "is whole")
        self.expect(run("verify", "--data", self.data), 0, "is whole")

    def test_a_backup_that_fails_leaves_nothing_that_looks_like_one(self):
        server = self.serve()
        kept, copy = self.data / "backend.db", self.folder / "copy"
        kept.rename(self.folder / "aside")
        kept.mkdir()  # rooms.db is copied first, and this cannot be
        self.expect(run("backup", copy, "--data", self.data), 1, "backend.db")
        self.assertEqual([path.name for path in self.folder.glob("copy*")], [])
        kept.rmdir()
        (self.folder / "aside").rename(kept)
        part = self.folder / "copy.part"
        part.mkdir()
        self.expect(run("backup", copy, "--data", self.data), 1, "copy.part exists", "remove it")
        part.rmdir()
        self.expect(run("backup", copy, "--data", self.data), 0, "backed up into")
        self.assertEqual(server.stop()[0], 0)

    def plant(self, damage) -> str:
        """Changes the one stored record of room doc-1 while nobody has the data; says which it was."""
        with contextlib.closing(sqlite3.connect(self.data / "rooms.db")) as database:
            for table in ("snapshot", "chunk"):
                for row, body in database.execute(f"SELECT rowid, body FROM {table}").fetchall():
                    database.execute(f"UPDATE {table} SET body = ? WHERE rowid = ?", (damage(body), row))
                    database.commit()
                    return "the snapshot" if table == "snapshot" else "log entr"
        raise AssertionError("nothing is stored")

    def test_verify_decodes_every_record_and_names_the_damaged_one(self):
        server = self.serve()
        self.expect(run("rooms", "import", "doc-1", "-", "--data", self.data, stdin=UPDATE), 0)
        self.expect(run("verify", "--data", self.data), 0, "is whole: 1 rooms")
        self.assertEqual(server.stop()[0], 0)
        self.expect(run("verify", "--data", self.data), 0, "is whole: 1 rooms")
        record = self.plant(lambda body: sealed(body[4:-len(UPDATE)] + b"\xff" * len(UPDATE)))
        named = ("rooms.db: room doc-1 (party main)", record, "runnel restore", "rooms rm")
        self.expect(run("verify", "--data", self.data), 1, "cannot be decoded", *named)
        server = self.serve()
        self.expect(run("verify", "--data", self.data), 1, "cannot be decoded", *named)
        self.assertEqual(server.stop()[0], 0)
        self.plant(lambda body: body[:-1] + b"\0")
        self.expect(run("verify", "--data", self.data), 1, "checksum", *named)

    def test_verify_misses_a_database_that_was_there(self):
        self.expect(run("verify", "--data", self.folder), 1, "holds no data")
        self.assertEqual(self.serve().stop()[0], 0)
        (self.data / "rooms.db").unlink()
        self.expect(run("verify", "--data", self.data), 1, "rooms.db is missing", "runnel restore")
        for path in self.data.glob("rooms.db*"):
            path.unlink()
        self.expect(run("verify", "--data", self.data), 1, "rooms.db is missing", "runnel restore")
        self.expect(run("restore", self.data, "--data", self.folder / "other"), 1, "holds no backup")

    def test_a_folder_without_backup_is_named(self):
        self.expect(run("restore", self.folder, "--data", self.data), 1, "holds no backup")


class UpdateFiles(Case):
    def test_doc_shows_converts_and_inspects(self):
        shown = run("doc", "show", "-", "--root", "text=text", stdin=UPDATE)
        self.assertEqual((shown.returncode, shown.stdout.decode().strip()), (0, "hi"))
        second = run("doc", "convert", "-", "--to", "v2", stdin=UPDATE).stdout
        self.assertEqual(run("doc", "convert", "-", "--to", "v1", stdin=second).stdout, UPDATE)
        self.assertEqual(run("doc", "inspect", "-", stdin=UPDATE).returncode, 0)

    def test_doc_names_what_is_wrong_and_at_which_byte(self):
        outcome = run("doc", "inspect", "-", stdin=UPDATE[:-4])
        self.expect(outcome, 1, "byte")
        second = run("doc", "convert", "-", "--to", "v2", stdin=UPDATE).stdout
        self.expect(run("doc", "inspect", "-", stdin=second[:-4]), 1, "V2", f"at byte {len(second) - 4}")
        self.expect(run("doc", "show", "-", "--root", "text", stdin=UPDATE), 2, "NAME=text")
        self.expect(run("doc", "sv", "-", "--to", "v2", stdin=UPDATE), 2, "no flag --to")
        lacking = run("doc", "show", "-", "--root", "text=text", stdin=bytes.fromhex("01010102840101016300"))
        self.expect(lacking, 0, "waits for updates that are not among the files")
        twice = ("--root", "text=text", "--root", "text=map")
        self.expect(run("doc", "show", "-", *twice, stdin=UPDATE), 1, "--root text is given twice")


if __name__ == "__main__":
    unittest.main()
