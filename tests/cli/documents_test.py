"""docs/command-line.md and docs/configuration.md are what the binary says of itself."""
import sys
import unittest

from harness import BINARY, ROOT, run

sys.path.insert(0, str(ROOT / "tools"))
from write_cli_docs import DOCUMENTS, explained  # noqa: E402


class Documents(unittest.TestCase):
    maxDiff = None

    def test_the_documents_are_what_the_binary_says(self):
        for path, written in DOCUMENTS.items():
            with self.subTest(path.name):
                self.assertEqual(path.read_text(), written(BINARY), "run tools/write_cli_docs.py BINARY")

    def test_no_setting_is_left_out(self):
        listed = [line.split()[0] for line in run("config").stdout.decode().splitlines() if line.strip()]
        self.assertEqual([key for key, _, _ in explained(BINARY)], listed)


if __name__ == "__main__":
    unittest.main()
