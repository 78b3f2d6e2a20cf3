#!/usr/bin/env python3
"""Prints "PASSED FAILED NAMES..." of a JUnit report that ctest wrote; a test that did not run has failed.

usage: tools/count_tests.py REPORT WHY      the last lines that each failed test said are added to the file WHY
"""
import sys
import xml.etree.ElementTree as ElementTree

cases = list(ElementTree.parse(sys.argv[1]).getroot().iter("testcase"))
bad = [case for case in cases if case.get("status") != "run"]
with open(sys.argv[2], "a", encoding="utf-8") as why:
    for case in bad:
        said = (case.findtext("system-out") or "").splitlines()[-25:]
        print(f"---- {case.get('name', '?')}", *said, sep="\n", file=why)
print(len(cases) - len(bad), len(bad), *(case.get("name", "?").replace(" ", "_") for case in bad))
