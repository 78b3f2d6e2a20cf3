#!/usr/bin/env python3
"""Prints "PASSED FAILED NAMES..." of a JUnit report that ctest wrote; a test that did not run has failed."""
import sys
import xml.etree.ElementTree as ElementTree

cases = list(ElementTree.parse(sys.argv[1]).getroot().iter("testcase"))
bad = [case.get("name", "?") for case in cases if case.get("status") != "run"]
print(len(cases) - len(bad), len(bad), *(name.replace(" ", "_") for name in bad))
