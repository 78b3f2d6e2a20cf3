"""`runnel bench`: short runs, of which only counts are looked at, never speed."""
import json
import os
import select
import signal
import subprocess
import unittest

from harness import BINARY, Case, run


class Bench(Case):
    def test_it_measures_a_server_of_its_own(self):
        done = run("bench", "--rooms", 2, "--clients", 3, "--writers", 1, "--rate", 20, "--seconds", 0.5, "--json",
                   cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads(done.stdout)
        self.assertGreater(report["written"], 0)
        self.assertEqual(report["delivered"], 2 * report["written"])
        self.assertGreater(report["cpu_seconds"], 0)
        self.assertEqual(list(self.folder.iterdir()), [], "it leaves nothing behind")

    def test_interrupted_it_leaves_nothing_behind(self):
        for how in (signal.SIGINT, signal.SIGTERM):
            child = subprocess.Popen([BINARY, "bench", "--seconds", "60"], stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL, env=dict(os.environ, TMPDIR=str(self.folder)))
            ended = os.pidfd_open(child.pid)
            self.addCleanup(os.close, ended)
            while not list(self.folder.glob("runnel-bench-*/data/*")):
                self.assertFalse(select.select([ended], [], [], 0.05)[0], "it ended by itself")
            child.send_signal(how)
            self.assertEqual(child.wait(30), -how)
            self.assertEqual(list(self.folder.iterdir()), [])

    def test_it_measures_a_server_that_runs(self):
        server = self.serve(command="dev")
        url = server.url.replace("http://", "ws://") + "/yjs/"
        done = run("bench", "--url", url, "--pid", server.child.pid, "--rooms", 1, "--clients", 2, "--writers", 2,
                   "--rate", 20, "--seconds", 0.5, "--awareness")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"us for each delivered", done.stdout)
        idle = run("bench", "--url", url, "--idle", 20, "--rooms", 2)
        self.assertEqual(idle.returncode, 0, idle.stderr)
        self.assertIn(b"20 of 20", idle.stdout)
        self.assertIn(b"unknown without --pid", idle.stdout)

    def test_a_server_that_lets_nobody_in_is_an_error_with_its_reason(self):
        server = self.serve()
        done = run("bench", "--url", server.url.replace("http://", "ws://") + "/yjs/", "--rooms", 1)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr.decode(), r"error: not all of 10 clients were let in; .*(401|4401)")

    def test_what_cannot_be_meant_is_refused_with_a_sentence(self):
        for arguments, said in [(("--writers", 11), b"--writers 11 are more than --clients 10"),
                                (("--url", "http://127.0.0.1:1999"), b"only ws:// is spoken"),
                                (("--url", "ws://example.org/"), b"has to be an address"),
                                (("--rate", 0), b"--rate and --seconds have to be above 0")]:
            done = run("bench", *arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertIn(said, done.stderr)

    def test_help_has_examples(self):
        done = run("bench", "--help")
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"runnel bench --idle 10000", done.stdout)


if __name__ == "__main__":
    unittest.main()
