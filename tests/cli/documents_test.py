"""docs/command-line.md is what the binary says of itself."""
import sys
import unittest

from harness import BINARY, ROOT

sys.path.insert(0, str(ROOT / "tools"))
from write_cli_docs import DOCUMENT, document  # noqa: E402


class Documents(unittest.TestCase):
    maxDiff = None

    def test_the_document_is_the_help(self):
        self.assertEqual(DOCUMENT.read_text(), document(BINARY), "run tools/write_cli_docs.py BINARY")


if __name__ == "__main__":
    unittest.main()
