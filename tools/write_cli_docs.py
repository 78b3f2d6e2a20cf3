#!/usr/bin/env python3
"""Writes docs/command-line.md and docs/configuration.md from what the binary says; a test compares them.

usage: tools/write_cli_docs.py BINARY        writes the documents
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

DOCS = pathlib.Path(__file__).resolve().parent.parent / "docs"
COMMANDS = """# Command line

Written by `tools/write_cli_docs.py` from what `runnel --help` says, so that both are the same. Exit codes: 0 success, 1 a
failure with its reason and the next step, 2 a command line that cannot be meant.
"""
SETTINGS = """# Configuration

Written by `tools/write_cli_docs.py` from what `runnel config --explain` says, so that both are the same.

A setting comes from, the strongest first: the command line (`--set save.interval=30s`; `--port`, `--host` and `--data` are
short forms), the environment (the name in capitals behind `RUNNEL_`: `RUNNEL_SAVE_INTERVAL`), `runnel.toml` here or the file
of `--config`, a `partykit.json` here, the default. `CONVEX_SITE_URL` and `PARTYKIT_SECRET` are other names of `backend.url`
and `backend.secret`. `runnel config` prints what holds and where it came from. In TOML the part before the dot is a table:

```toml
[save]
interval = "30s"
```

Times are `250ms`, `30s`, `5m`, `2h`, `1d`, or `off`; sizes `4096`, `64KB` or `10MB` (of 1000), `64KiB` or `10MiB` (of 1024).
A value that cannot be meant stops the start, with file, line and what was expected there.
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


def command_line(binary: str) -> str:
    return COMMANDS + "".join(f"\n## {name}\n\n```text\n{text.strip()}\n```\n" for name, text in pages(binary, []))


def explained(binary: str) -> list[tuple[str, str, str]]:
    """Key, default and meaning of each setting, away from this machine's own settings."""
    environment = {name: value for name, value in os.environ.items() if name == "PATH"}
    with tempfile.TemporaryDirectory() as empty:
        text = subprocess.run([str(pathlib.Path(binary).resolve()), "config", "--explain"], cwd=empty, env=environment,
                              capture_output=True, text=True, check=True).stdout
    return re.findall(r"^(\S+) = (.*)  \(default\)\n    (.*)\n    RUNNEL_\w+$", text, re.M)


def configuration(binary: str) -> str:
    text, group = SETTINGS, ""
    for key, default, meaning in explained(binary):
        if key.split(".")[0] != group:
            group = key.split(".")[0]
            text += f"\n## {group}\n\n| setting | default | meaning |\n|---|---|---|\n"
        shown = f"`{default}`" if default and default != "(not set)" else "not set"
        text += f"| `{key}` | {shown} | {meaning} |\n"
    return text


DOCUMENTS = {DOCS / "command-line.md": command_line, DOCS / "configuration.md": configuration}

if __name__ == "__main__":
    for path, written in DOCUMENTS.items():
        path.write_text(written(sys.argv[1]))
