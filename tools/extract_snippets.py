#!/usr/bin/env python3
"""Prints the ```cpp blocks of a Markdown file, so that what a document shows is what a test compiles."""
import pathlib
import re
import sys

text = pathlib.Path(sys.argv[1]).read_text()
blocks = re.findall(r"^```cpp\n(.*?)^```$", text, re.M | re.S)
if not blocks:
    sys.exit(f"{sys.argv[1]}: no ```cpp block")
pathlib.Path(sys.argv[2]).write_text("#pragma once\n\n" + "\n".join(blocks))
