#!/usr/bin/env python3
"""Writes docs/command-line.md from the binary's own help; a test compares the two.

usage: tools/write_cli_docs.py BINARY        writes the document
"""
import pathlib
import re
import subprocess
import sys

DOCUMENT = pathlib.Path(__file__).resolve().parent.parent / "docs/command-line.md"
HEAD = """# Command line

Written by `tools/write_cli_docs.py` from what `runnel --help` says, so that both are the same. Exit codes: 0 success, 1 a
failure with its reason and the next step, 2 a command line that cannot be meant.
"""


def help_of(binary: str, words: list[str]) -> str:
    return subprocess.run([binary, *words, "--help"], capture_output=True, text=True, check=True).stdout


def pages(binary: str, words: list[str]) -> list[tuple[str, str]]:
    """The command and those below it, depth first."""
    text = help_of(binary, words)
    found = [(" ".join(["runnel", *words]), text)]
    if "Subcommands:" in text:
        for name in re.findall(r"^  ([\w-]+) {2,}", text.split("Subcommands:")[1], re.M):
            found += pages(binary, [*words, name])
    return found


def document(binary: str) -> str:
    return HEAD + "".join(f"\n## {name}\n\n```text\n{text.strip()}\n```\n" for name, text in pages(binary, []))


if __name__ == "__main__":
    DOCUMENT.write_text(document(sys.argv[1]))
