// Does one thing wrong, as asked on the command line, so that the sanitizer presets can be seen to
// notice. Without a sanitizer it ends with 0.
#include <climits>
#include <cstdio>
#include <string_view>
#include <thread>
#include <vector>

namespace {

int overflow(int argc) {
  std::vector<int> values(static_cast<std::size_t>(argc), 1);
  const int* const first = values.data();
  return first[argc];  // one past the end
}

int undefined(int argc) {
  int value = INT_MAX;
  value += argc;
  return value;
}

int race(int argc) {
  int shared = 0;
  std::thread other([&shared, argc] { shared += argc; });
  shared += argc;
  other.join();
  return shared;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view fault = argc > 1 ? argv[1] : "";
  int result = 0;
  if (fault == "overflow") {
    result = overflow(argc);
  } else if (fault == "undefined") {
    result = undefined(argc);
  } else if (fault == "race") {
    result = race(argc);
  }
  std::printf("%d\n", result);  // so that the compiler may not drop the work
  return 0;
}
