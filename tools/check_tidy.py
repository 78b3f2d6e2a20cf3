#!/usr/bin/env python3
"""House rules that no compiler checks (docs/STYLE.md): size of files and functions, banned words, README in each
folder, files that nothing uses, things that only exist on one machine.

usage: tools/check_tidy.py [ROOT]      prints one line per problem and ends with 1 if there is any
"""
import ast
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from cpp_functions import functions, without_comments  # noqa: E402

FILE_LINES_MAX = 800
TEST_FILE_LINES_MAX = 1000
FUNCTION_LINES_MAX = 70

CPP = {".h", ".cpp"}
CODE = CPP | {".py", ".mjs", ".js", ".ts", ".tsx", ".sh"}
PURE_LAYERS = ("src/ycpp/", "src/runnel/room/", "src/runnel/collab/", "src/runnel/presence/")

# (pattern, what to do instead); searched in code without comments and strings.
BANNED = [
    (r"\bstd::endl\b", "write '\\n'"),
    (r"(?<![\w.:>])(?:std::)?s?rand\s*\(", "take a RandomSource"),
    (r"\bstd::(?:mt19937|random_device)\b", "take a RandomSource"),
    (r"\busing namespace std;", "name what you use"),
    (r"\bthrow\b(?!\s*\()", "return a Result"),
    (r"\bsystem_clock::now\b", "take a TimeSource"),
    (r"\bstd::this_thread::sleep_\w+|\busleep\s*\(|\bnanosleep\s*\(|(?<![\w.:>])sleep\s*\(", "wait for an event with a deadline"),
    (r"\bstd::(?:cout|cerr)\b", "print with fmt, or write to the log"),
]
BANNED_IN_PURE_LAYERS = [
    (r"\bstd::(?:recursive_|shared_|timed_)?mutex\b|\bstd::(?:lock_guard|scoped_lock|unique_lock|shared_lock)\b",
     "a room lives on one loop: no lock"),
    (r"\bstd::(?:atomic\w*|jthread|thread|condition_variable\w*|async|future|promise)\b", "a room lives on one loop"),
    (r"\b(?:steady_clock|high_resolution_clock|system_clock)\b|\btime\s*\(\s*(?:nullptr|NULL|0)\s*\)", "take a TimeSource"),
    (r"\bco_(?:await|return|yield)\b", "a handler runs to completion"),
]
# The files that implement the sources of time and randomness, and what a program prints for a person.
EXEMPT = {
    "src/base/time_source.cpp": ["system_clock", "steady_clock"],
    "src/base/random_source.cpp": ["random"],
    "src/runnel/cli/doc_flags.cpp": ["cout", "cerr"],  # streams that tests replace
}
LOCAL_PATH = re.compile(r"(?<![\w.])/(?:work|root|home/\w+)/[\w.]")
TODO = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b(?!\(#\d+\): \S)")


def tracked(root: pathlib.Path) -> list[pathlib.Path]:
    """Files under version control; in a scratch copy without git, all files."""
    listed = subprocess.run(["git", "-C", root, "ls-files", "-z"],
                            capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        return [root / name for name in listed.stdout.split("\0") if name and (root / name).is_file()]
    return [path for path in root.rglob("*") if path.is_file()]


def is_test(name: str) -> bool:
    return name.startswith(("tests/", "fuzz/", "bench/", "web/")) or "_test." in name or "/testing/" in name


def size_problems(name: str, text: str) -> list[str]:
    lines = text.count("\n") + (not text.endswith("\n"))
    limit = TEST_FILE_LINES_MAX if is_test(name) else FILE_LINES_MAX
    found = [f"{name}: {lines} lines, at most {limit}; one concept per file"] if lines > limit else []
    if not text.strip():
        found.append(f"{name}: empty file")
    return found


def function_problems(name: str, text: str) -> list[str]:
    if name.endswith(".py"):
        spans = [(node.name, node.end_lineno - node.lineno + 1) for node in ast.walk(ast.parse(text))
                 if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    else:
        spans = [(found.name, found.lines) for found in functions(text)]
    return [f"{name}: {function} has {lines} lines, at most {FUNCTION_LINES_MAX}"
            for function, lines in spans if lines > FUNCTION_LINES_MAX]


def word_problems(name: str, text: str) -> list[str]:
    found = []
    code = without_comments(text)
    rules = [] if name.startswith(("tests/planted/", "bench/")) else list(BANNED)
    if is_test(name):  # a test may stand for code of a library, which throws
        rules = [rule for rule in rules if "throw" not in rule[0]]
    if name.startswith(PURE_LAYERS) and not is_test(name):
        rules += BANNED_IN_PURE_LAYERS
    for pattern, instead in rules:
        for match in re.finditer(pattern, code):
            if not any(word in match.group() for word in EXEMPT.get(name, [])):
                found.append(f"{name}: '{match.group().strip()}' is banned here: {instead}")
    if name.endswith(".h") and "#pragma once" not in text:
        found.append(f"{name}: a header begins with its preamble and #pragma once")
    return found


def folder_problems(root: pathlib.Path, names: list[str]) -> list[str]:
    """Each folder that a newcomer walks into says what it is."""
    wanted = set()
    for name in names:
        parts = name.split("/")[:-1]
        depth = {"src": 2 if parts[1:2] == ["base"] else 3, "tests": 2, "docs": 2, "web": 1, "integrations": 2,
                 "bench": 2, "fuzz": 2, "tools": 1, "cmake": 1, "examples": 2}.get(parts[0] if parts else "", 0)
        if not name.endswith((".png", ".svg")):
            wanted.update("/".join(parts[:level]) for level in range(1, min(depth, len(parts)) + 1))
    return [f"{folder}/: no README.md" for folder in sorted(wanted) if not (root / folder / "README.md").exists()]


def dead_files(root: pathlib.Path, names: list[str]) -> list[str]:
    """Sources that no CMakeLists.txt names, scripts that nothing calls."""
    texts = {name: (root / name).read_text(errors="replace") for name in names
             if name.endswith(("CMakeLists.txt", ".cmake", ".sh", ".py", ".md", ".json", ".yml", ".mjs")) or name in
             ("run", "test", ".ci/run")}
    found = []
    for name in names:
        path = pathlib.PurePosixPath(name)
        if name.startswith(("src/", "tests/", "bench/", "fuzz/")) and path.suffix in CPP:
            lists = [text for file, text in texts.items() if file.endswith("CMakeLists.txt")
                     and path.is_relative_to(pathlib.PurePosixPath(file).parent)]
            included = path.suffix == ".h" and any(f'/{path.name}"' in (root / other).read_text(errors="replace")
                                                   for other in names if other.endswith(".cpp"))
            if not included and not any(path.stem in text for text in lists):
                found.append(f"{name}: no CMakeLists.txt above it names it")
        if name.startswith("tools/") and path.suffix in {".py", ".sh"}:
            if not any(path.name in text or path.stem in text for file, text in texts.items() if file != name):
                found.append(f"{name}: nothing calls or mentions it")
    return found


def text_problems(name: str, text: str) -> list[str]:
    found = [f"{name}: '{match.group()}' exists on one machine only" for match in LOCAL_PATH.finditer(text)
             if name != "tools/check_tidy.py"]
    if name.endswith("package-lock.json") and '"resolved": "http' in text:
        found.append(f"{name}: download addresses; npm config set omit-lockfile-registry-resolved true")
    if pathlib.PurePosixPath(name).suffix in CODE and name != "tools/check_tidy.py":
        found += [f"{name}: '{line.strip()[:80]}' needs an issue: TODO(#12): why"
                  for line in text.splitlines() if TODO.search(line)]
    if name.endswith(".md"):
        headings = [line for line in re.sub(r"```.*?```", "", text, flags=re.S).splitlines() if line.startswith("# ")]
        if len(headings) != 1:
            found.append(f"{name}: {len(headings)} first-level headings, a document has one")
    return found


def main() -> int:
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent).resolve()
    names = sorted(str(path.relative_to(root)) for path in tracked(root))
    found = []
    for name in names:
        suffix = pathlib.PurePosixPath(name).suffix
        if suffix not in CODE | {".md", ".json", ".toml", ".txt", ".cmake", ".yml"} or "/testdata/" in name or "/_generated/" in name:
            continue
        text = (root / name).read_text(errors="replace")
        found += text_problems(name, text)
        if suffix in CODE:
            found += size_problems(name, text)
        if suffix in CPP | {".py"}:
            found += function_problems(name, text)
        if suffix in CPP:
            found += word_problems(name, text)
    found += folder_problems(root, names) + dead_files(root, names)
    print("\n".join(found) if found else f"{len(names)} files are tidy")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
