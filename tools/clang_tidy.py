#!/usr/bin/env python3
"""Runs clang-tidy 19 on every source of a build tree, in parallel, and remembers which were clean: a source is looked at
again only when it, a project header that it includes, or .clang-tidy changed.

usage: tools/clang_tidy.py BUILD_DIR [FILE...]      BUILD_DIR was built with clang, so that its dependencies are known
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOOL = "clang-tidy-19"


def headers_by_object(build: pathlib.Path) -> dict[str, list[pathlib.Path]]:
    """What ninja learnt about the includes of each object file, project files only."""
    listed = subprocess.run(["ninja", "-C", build, "-t", "deps"], capture_output=True, text=True, check=True).stdout
    found: dict[str, list[pathlib.Path]] = {}
    for line in listed.splitlines():
        if line and not line.startswith(" "):
            current = found.setdefault(line.split(":")[0], [])
        elif line.strip():
            path = (build / line.strip()).resolve()
            if path.is_relative_to(ROOT) and not path.is_relative_to(build):
                current.append(path)
    return found


def fingerprint(source: pathlib.Path, headers: list[pathlib.Path], command: str) -> str:
    digest = hashlib.sha256(command.encode())
    for path in sorted({source, ROOT / ".clang-tidy", *headers}):
        if path.exists():
            digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def check(build: pathlib.Path, source: pathlib.Path) -> tuple[pathlib.Path, int, str, float]:
    begin = time.monotonic()
    run = subprocess.run([TOOL, "-p", build, "--quiet", source], capture_output=True, text=True, check=False, cwd=ROOT)
    return source, run.returncode, run.stdout, time.monotonic() - begin


def main() -> int:
    build = pathlib.Path(sys.argv[1]).resolve()
    only = {pathlib.Path(name).resolve() for name in sys.argv[2:]}
    cache_file = build / "clang-tidy-clean.json"
    clean = json.loads(cache_file.read_text()) if cache_file.exists() else {}
    headers = headers_by_object(build)
    wanted: dict[pathlib.Path, str] = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        source = pathlib.Path(entry["file"]).resolve()
        ours = source.is_relative_to(ROOT) and not source.is_relative_to(ROOT / "build")
        if not ours or source.name.endswith("_test.cpp") or (only and source not in only):
            continue
        key = fingerprint(source, headers.get(entry.get("output", ""), []), entry["command"])
        if clean.get(str(source.relative_to(ROOT))) != key:
            wanted[source] = key
    print(f"clang-tidy: {len(wanted)} sources to look at", flush=True)
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(check, build, source) for source in sorted(wanted)]
        for count, job in enumerate(concurrent.futures.as_completed(jobs), 1):
            source, status, output, seconds = job.result()
            name = str(source.relative_to(ROOT))
            print(f"[{count}/{len(jobs)}] {name} {'ok' if status == 0 else 'FAILED'} {seconds:.0f} s", flush=True)
            if status == 0:
                clean[name] = wanted[source]
            else:
                bad += 1
                print(output, flush=True)
    cache_file.write_text(json.dumps(clean, indent=0, sort_keys=True))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
