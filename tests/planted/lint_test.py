"""Plants faults in a scratch copy of the sources and expects each check to name them."""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Lint(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.copy = pathlib.Path(folder.name) / "project"
        for name in ("src", "tools", "cmake"):
            shutil.copytree(ROOT / name, self.copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("CMakeLists.txt", "CMakePresets.json"):
            shutil.copy(ROOT / name, self.copy / name)

    def plant(self, name: str, text: str):
        path = self.copy / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run_check(self, script: str) -> tuple[int, str]:
        run = subprocess.run([sys.executable, self.copy / "tools" / script], capture_output=True, text=True, check=False)
        return run.returncode, run.stdout + run.stderr

    def expect_tidy(self, name: str, text: str, problem: str):
        self.plant(name, text)
        status, said = self.run_check("check_tidy.py")
        self.assertEqual(status, 1)
        self.assertIn(problem, said)

    def test_layers_are_clean_without_a_planted_fault(self):
        status, said = self.run_check("check_layers.py")
        self.assertEqual((status, said.strip()), (0, ""))

    def test_an_include_against_the_layers_is_named(self):
        self.plant("src/base/wrong.h", '#pragma once\n#include "runnel/storage/room_store.h"\n')
        status, said = self.run_check("check_layers.py")
        self.assertEqual(status, 1)
        self.assertIn("base/ may not include storage/", said)

    def test_an_include_against_the_layers_stops_the_build(self):
        self.plant("src/base/check.h", (self.copy / "src/base/check.h").read_text()
                   + '#include "runnel/storage/room_store.h"\n')
        build = self.copy / "build/scratch"
        configured = subprocess.run(["cmake", "-S", self.copy, "-B", build, "-G", "Ninja", "-DRUNNEL_TESTS=OFF"],
                                    capture_output=True, text=True, check=False)
        self.assertEqual(configured.returncode, 0, configured.stdout + configured.stderr)
        built = subprocess.run(["cmake", "--build", build, "--target", "runnel_base"], capture_output=True, text=True, check=False)
        self.assertNotEqual(built.returncode, 0)
        self.assertIn("base/ may not include storage/", built.stdout)

    def test_an_edge_against_the_layers_stops_the_configuration(self):
        lists = self.copy / "src/base/CMakeLists.txt"
        lists.write_text(lists.read_text().replace("  SRCS ", "  DEPS storage\n  SRCS ", 1))
        run = subprocess.run(["cmake", "-S", self.copy, "-B", self.copy / "build/scratch", "-G", "Ninja"],
                             capture_output=True, text=True, check=False)
        self.assertNotEqual(run.returncode, 0)
        self.assertIn("base may not depend on storage", run.stderr)

    def test_a_third_party_header_stays_with_its_owner(self):
        self.plant("src/base/wrong.h", "#pragma once\n#include <sqlite3.h>\n")
        status, said = self.run_check("check_layers.py")
        self.assertEqual(status, 1)
        self.assertIn("<sqlite3.h> belongs to storage/ only", said)

    def test_a_long_file_is_named(self):
        self.expect_tidy("src/base/long.cpp", "// line\n" * 801, "src/base/long.cpp: 801 lines, at most 800")

    def test_a_long_function_is_named(self):
        body = "".join(f"  work({number});\n" for number in range(70))
        self.expect_tidy("src/base/long.cpp", f"namespace runnel {{\nvoid long_one(int x) {{\n{body}}}\n}}\n",
                         "long_one has 72 lines, at most 70")

    def test_banned_words_are_named(self):
        self.expect_tidy("src/base/banned.cpp", "void f() { std::this_thread::sleep_for(1s); }\n", "is banned here")
        self.expect_tidy("src/runnel/room/banned.cpp", "std::mutex lock_;\n", "a room lives on one loop")

    def test_a_banned_word_in_a_comment_is_no_problem(self):
        self.plant("src/base/fine.cpp", "// We never throw an exception.\n")
        self.assertNotIn("is banned here", self.run_check("check_tidy.py")[1])

    def test_work_left_over_needs_an_issue(self):
        self.expect_tidy("src/base/todo.cpp", "// TO" "DO: later\n", "needs an issue")

    def test_a_folder_without_readme_is_named(self):
        self.expect_tidy("src/runnel/newcomer/a.h", "#pragma once\n", "src/runnel/newcomer/: no README.md")

    def test_a_source_that_nothing_builds_is_named(self):
        self.expect_tidy("src/base/orphan.cpp", "int orphan();\n", "src/base/orphan.cpp: no CMakeLists.txt above it names it")


if __name__ == "__main__":
    unittest.main()
