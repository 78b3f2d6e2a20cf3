"""usage: expect_report.py TEXT PROGRAM [ARGUMENT...]: the program must fail, and TEXT must be in what it says."""
import subprocess
import sys

expected, *command = sys.argv[1:]
run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
print(run.stdout + run.stderr)
if run.returncode == 0:
    sys.exit(f"{command[0]} ended with 0: the planted fault was not noticed")
if expected not in run.stderr:
    sys.exit(f"it failed, but not with '{expected}'")
