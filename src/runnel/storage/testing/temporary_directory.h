// A directory of its own for a test that needs real files; gone with the object.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace runnel::storage {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "runnel_test_XXXXXX").string();
    // mkdtemp fills in the pattern; an empty path makes the test that uses it fail visibly.
    path_ = ::mkdtemp(pattern.data()) == nullptr ? std::string() : pattern;
  }

  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  TemporaryDirectory(TemporaryDirectory&&) = delete;
  TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;

  ~TemporaryDirectory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace runnel::storage
