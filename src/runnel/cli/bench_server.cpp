#include "runnel/cli/bench_server.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace runnel::cli {

namespace {

constexpr int kStartLimitMs = 10'000;

// A setting of the caller's would change what is measured.
bool is_setting(std::string_view variable) {
  return variable.starts_with("RUNNEL_") || variable.starts_with("CONVEX_SITE_URL=") ||
         variable.starts_with("PARTYKIT_SECRET=");
}

std::vector<char*> environment_without_settings() {
  std::vector<char*> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    if (!is_setting(*entry)) variables.push_back(*entry);
  }
  variables.push_back(nullptr);
  return variables;
}

// What ends the command, and with SIGUSR1 what ends the thread that waits for it.
sigset_t watched_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) sigaddset(&signals, signal);
  return signals;
}

std::unexpected<Error> system_error(const std::string& what, int error_number = errno) {
  return fail(Errc::Unavailable, what + ": " + std::generic_category().message(error_number));
}

}  // namespace

Result<std::unique_ptr<BenchServer>> BenchServer::start() {
  std::unique_ptr<BenchServer> server(new BenchServer());
  std::error_code error;
  const auto temporary = std::filesystem::temp_directory_path(error);
  std::string folder = (temporary / "runnel-bench-XXXXXX").string();
  if (error || mkdtemp(folder.data()) == nullptr) {
    return system_error("no folder for the server's data could be made at " + folder);
  }
  server->folder_ = std::move(folder);
  // Blocked from here on, taken once there is a process to end.
  const sigset_t watched = watched_signals();
  pthread_sigmask(SIG_BLOCK, &watched, &server->unblocked_);
  const Result<void> spawned = server->spawn();
  server->watch_signals();
  RUNNEL_TRY_VOID(spawned);
  RUNNEL_TRY_VOID(server->wait_until_it_listens());
  return server;
}

BenchServer::~BenchServer() {
  if (watcher_.joinable()) {
    pthread_kill(watcher_.native_handle(), SIGUSR1);
    watcher_.join();
    pthread_sigmask(SIG_SETMASK, &unblocked_, nullptr);
  }
  clean_up();
  if (output_ >= 0) close(output_);
}

void BenchServer::clean_up() const {
  if (pid_ > 0) {
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void BenchServer::watch_signals() {
  watcher_ = std::thread([this] {
    const sigset_t watched = watched_signals();
    int signal = 0;
    sigwait(&watched, &signal);
    if (signal == SIGUSR1) return;
    clean_up();
    // And now what the signal would have done at once.
    sigset_t taken;
    sigemptyset(&taken);
    sigaddset(&taken, signal);
    ::signal(signal, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &taken, nullptr);
    raise(signal);
  });
}

Result<void> BenchServer::spawn() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return system_error("pipe");
  output_ = ends[0];
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  // Not where the caller stands: there may be a configuration.
  posix_spawn_file_actions_addchdir_np(&actions, folder_.c_str());
  std::vector<std::string> words{"runnel",          "dev",   "--port",           "0", "--data",
                                 folder_ + "/data", "--set", "log.level=warning"};
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::vector<char*> environment = environment_without_settings();
  // The server takes the signals that are blocked here.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setsigmask(&attributes, &unblocked_);
  const int failed = posix_spawn(&pid_, "/proc/self/exe", &actions, &attributes, arguments.data(),
                                 environment.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (failed != 0) {
    pid_ = 0;
    return system_error("the server could not be started", failed);
  }
  return {};
}

// It says its address once it is there: "http://127.0.0.1:PORT/".
Result<void> BenchServer::wait_until_it_listens() {
  constexpr std::string_view kBefore = "http://127.0.0.1:";
  std::string said;
  while (true) {
    const std::size_t at = said.find(kBefore);
    if (at != std::string::npos && said.find('/', at + kBefore.size()) != std::string::npos) {
      const char* const digits = said.data() + at + kBefore.size();
      std::from_chars(digits, said.data() + said.size(), port_);
      if (port_ != 0) return {};
    }
    pollfd readable{.fd = output_, .events = POLLIN, .revents = 0};
    std::array<char, 4096> chunk{};
    const ssize_t size =
        poll(&readable, 1, kStartLimitMs) > 0 ? read(output_, chunk.data(), chunk.size()) : 0;
    if (size <= 0) return fail(Errc::Unavailable, "the server did not start; it said: " + said);
    said.append(chunk.data(), static_cast<std::size_t>(size));
  }
}

}  // namespace runnel::cli
