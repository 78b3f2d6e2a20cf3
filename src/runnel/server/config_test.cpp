#include "runnel/server/config_sources.h"
#include "runnel/server/setting_values.h"
#include "runnel/server/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace runnel::server {
namespace {

using testing::HasSubstr;
using testing::Not;

class ConfigTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "config_" +
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(folder_);
    sources_.folder = folder_;
  }

  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ + "/" + name) << text;
  }

  [[nodiscard]] std::string error() const {
    const Result<LoadedConfig> loaded = load_config(sources_);
    return loaded ? "no error" : loaded.error().detail;
  }

  std::string folder_;
  ConfigSources sources_;
};

TEST_F(ConfigTest, without_anything_the_defaults_of_the_design_hold) {
  const Result<LoadedConfig> loaded = load_config(sources_);
  ASSERT_TRUE(loaded);
  const Config& config = loaded->config;
  EXPECT_EQ(config.server.host, "127.0.0.1");
  EXPECT_EQ(config.server.port, 1999);
  EXPECT_EQ(config.server.data_dir, ".runnel");
  EXPECT_EQ(config.rooms.linger, 30s);
  EXPECT_EQ(config.rooms.yjs_prefix, "/yjs");
  EXPECT_EQ(config.save.disconnect_debounce, 7s);
  EXPECT_EQ(config.backend.kind, BackendKind::Embedded);
  EXPECT_EQ(config.backend.timeout, 2s);
  EXPECT_EQ(config.backend.snapshot_timeout, 10s);
  EXPECT_EQ(config.auth.mode, AuthMode::Backend);
  EXPECT_TRUE(config.auth.fail_open);
}

TEST_F(ConfigTest, the_command_line_wins_over_the_environment_and_that_over_files) {
  write("partykit.json",
        R"({"name": "app", "port": 1001, "vars": {"RUNNEL_SAVE_INTERVAL": "1s"}})");
  EXPECT_EQ(load_config(sources_)->config.server.port, 1001);
  EXPECT_EQ(load_config(sources_)->config.save.interval, 1s);
  EXPECT_EQ(load_config(sources_)->name, "app");
  write("runnel.toml", "[server]\nport = 1002\n[save]\ninterval = \"2s\"\n");
  EXPECT_EQ(load_config(sources_)->config.server.port, 1002);
  EXPECT_EQ(load_config(sources_)->config.save.interval, 2s);
  sources_.environment = {{"RUNNEL_SERVER_PORT", "1003"}};
  EXPECT_EQ(load_config(sources_)->config.server.port, 1003);
  sources_.command_line = {{"server.port", "1004", "--port 1004"}};
  const Result<LoadedConfig> loaded = load_config(sources_);
  EXPECT_EQ(loaded->config.server.port, 1004);
  EXPECT_EQ(loaded->origins.at("server.port"), "--port 1004");
  EXPECT_EQ(loaded->origins.at("save.interval"), folder_ + "/runnel.toml:4");
}

TEST_F(ConfigTest, the_variables_of_the_system_that_is_replaced_are_understood) {
  sources_.environment = {{"CONVEX_SITE_URL", "https://app.example"}, {"PARTYKIT_SECRET", "hush"}};
  const Result<LoadedConfig> loaded = load_config(sources_);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->config.backend.url, "https://app.example");
  EXPECT_EQ(loaded->config.backend.secret.reveal(), "hush");
  EXPECT_EQ(loaded->config.backend.kind, BackendKind::Http);
}

TEST_F(ConfigTest, our_own_variable_wins_over_the_alias) {
  sources_.environment = {{"RUNNEL_BACKEND_URL", "https://b"}, {"CONVEX_SITE_URL", "https://a"}};
  EXPECT_EQ(load_config(sources_)->config.backend.url, "https://b");
}

TEST_F(ConfigTest, partykit_persist_is_a_switch_or_a_folder) {
  write("partykit.json", R"({"persist": false})");
  EXPECT_EQ(load_config(sources_)->config.rooms.persist, PersistMode::None);
  write("partykit.json", R"({"persist": "state"})");
  EXPECT_EQ(load_config(sources_)->config.server.data_dir, "state");
  write("partykit.json", R"({"persist": true, "main": "src/server.ts"})");
  EXPECT_EQ(load_config(sources_)->config.rooms.persist, PersistMode::Snapshot);
}

TEST_F(ConfigTest, partykit_json_may_have_comments_and_trailing_commas_as_partykit_reads_it) {
  write("partykit.json",
        "{\n  // ours\n  \"name\": \"app\", /* and */\n  \"port\": 1003,\n  \"vars\": {\"A\": "
        "\"b\",},\n}\n");
  const Result<LoadedConfig> loaded = load_config(sources_);
  ASSERT_TRUE(loaded) << error();
  EXPECT_EQ(loaded->name, "app");
  EXPECT_EQ(loaded->config.server.port, 1003);
}

TEST_F(ConfigTest, a_broken_partykit_json_is_named_with_its_line) {
  for (const char* const text :
       {"{\n\"port\": 1,\n oops\n}", "{\n\"port\": 1\n}}", "{\n\n\"port\": 1"}) {
    write("partykit.json", text);
    EXPECT_THAT(error(), HasSubstr("partykit.json:3: expected a JSON object")) << text;
  }
  write("partykit.json", "[1]");
  EXPECT_THAT(error(), HasSubstr("partykit.json: expected a JSON object"));
}

TEST_F(ConfigTest, a_bad_value_is_named_with_file_line_and_what_was_expected) {
  write("runnel.toml", "[server]\nport = 2000\n\n[save]\ninterval = \"soon\"\n");
  EXPECT_EQ(error(), folder_ +
                         "/runnel.toml:5: save.interval: expected a duration such as 250ms, "
                         "30s, 5m or 2h, got 'soon'");
}

TEST_F(ConfigTest, a_bad_value_on_the_command_line_is_named_as_it_was_written) {
  sources_.command_line = {{"auth.mode", "open", "--set auth.mode=open"}};
  EXPECT_EQ(error(),
            "--set auth.mode=open: auth.mode: expected backend, hmac, jwt, none, got 'open'");
}

TEST_F(ConfigTest, an_unknown_key_gets_the_one_that_was_meant) {
  write("runnel.toml", "[save]\nintervall = \"3s\"\n");
  EXPECT_THAT(error(),
              HasSubstr("runnel.toml:2: there is no setting 'save.intervall'; did you mean "
                        "'save.interval'?"));
}

TEST_F(ConfigTest, broken_toml_is_named_with_its_line) {
  write("runnel.toml", "[server]\nport = \n");
  EXPECT_THAT(error(), HasSubstr("runnel.toml:2: "));
}

TEST_F(ConfigTest, a_named_file_must_exist) {
  sources_.file = folder_ + "/other.toml";
  EXPECT_THAT(error(), HasSubstr("other.toml: cannot be read"));
}

TEST_F(ConfigTest, half_of_a_certificate_is_refused) {
  sources_.command_line = {{"server.tls_cert", "a.pem", "--set server.tls_cert=a.pem"}};
  EXPECT_THAT(error(), HasSubstr("belong together"));
}

TEST_F(ConfigTest, a_backend_call_always_has_a_limit) {
  for (const char* const key : {"backend.timeout", "backend.snapshot_timeout"}) {
    sources_.command_line = {{key, "90s", "--set"}};
    EXPECT_EQ(error(), "no error") << key;
    sources_.command_line = {{key, "off", "--set"}};
    EXPECT_THAT(error(), HasSubstr("expected a time")) << key;
  }
}

TEST_F(ConfigTest,
       a_value_that_nothing_can_work_with_is_named_with_file_line_and_what_was_expected) {
  const std::vector<std::pair<std::string, std::string>> refused{
      {"backend.url", "app.example"},
      {"backend.url", "ftp://app.example"},
      {"backend.url", "https://"},
      {"backend.url", "https:///path"},
      {"backend.url", "https://app.example/?a=b"},
      {"backend.url", "https://app example"},
      {"backend.verify_path", "verify"},
      {"backend.snapshot_path", ""},
      {"backend.check_access_path", "/check?x=1"},
      {"rooms.yjs_prefix", "yjs"},
      {"rooms.yjs_prefix", "/v1"},
      {"rooms.yjs_prefix", "/party/main"},
      {"rooms.yjs_prefix", "/collaboration/"},
      {"server.allowed_origins", "https://app.example/"},
      {"server.allowed_origins", "app.example"},
      {"server.allowed_origins", "https://App.example"},
      {"server.allowed_origins", "https://app.example:443"},
      {"server.allowed_origins", "https://good.example, *"},
      {"server.trusted_proxies", "10.0.0.0/99"},
      {"server.trusted_proxies", "10.0.0.1, proxy"},
      {"server.loops", "257"},
      {"save.interval", "0"},
      {"limits.message_bytes", "0"},
      {"limits.connections", "0"},
      {"limits.handshakes_per_second", "0"},
  };
  for (const auto& [key, value] : refused) {
    const std::size_t dot = key.find('.');
    write("runnel.toml",
          "[" + key.substr(0, dot) + "]\n" + key.substr(dot + 1) + " = \"" + value + "\"\n");
    EXPECT_THAT(error(), HasSubstr("runnel.toml:2: " + key + ": ")) << value;
    EXPECT_THAT(error(), HasSubstr(", got '" + value + "'")) << key;
  }
}

TEST_F(ConfigTest, what_was_expected_is_said_of_that_setting) {
  sources_.command_line = {{"server.loops", "1000", "--set"}};
  EXPECT_THAT(error(), HasSubstr("from 0 (one per core) to 256"));
  sources_.command_line = {{"server.allowed_origins", "https://a.example/", "--set"}};
  EXPECT_THAT(error(), HasSubstr("expected origins as browsers write them"));
  sources_.command_line = {{"rooms.yjs_prefix", "/v1/rooms", "--set"}};
  EXPECT_THAT(error(), HasSubstr("not under /v1, where something else is served"));
}

TEST_F(ConfigTest, what_may_be_meant_is_taken) {
  const std::vector<std::pair<std::string, std::string>> taken{
      {"backend.url", ""},
      {"backend.url", "http://127.0.0.1:3210"},
      {"backend.url", "https://[::1]:8080/base/"},
      {"backend.verify_path", "/api/actions/collaboration/verifyAccess"},
      {"rooms.yjs_prefix", "/"},
      {"rooms.yjs_prefix", "/partying/"},
      {"server.allowed_origins", ""},
      {"server.allowed_origins", "https://app.example, http://localhost:3000, app://desktop"},
      {"server.trusted_proxies", "10.0.0.0/8, ::1"},
      {"server.loops", "256"},
      {"save.debounce", "off"},
      {"rooms.max_updates", "0"},
  };
  for (const auto& [key, value] : taken) {
    sources_.command_line = {{key, value, "--set"}};
    EXPECT_EQ(error(), "no error") << key << " = " << value;
  }
}

TEST_F(ConfigTest, a_secret_is_never_shown) {
  sources_.environment = {{"PARTYKIT_SECRET", "c4ZqV9"}, {"RUNNEL_ADMIN_SECRET", "x81Kp2"}};
  const std::string text = describe_config(*load_config(sources_));
  EXPECT_THAT(text, Not(HasSubstr("c4ZqV9")));
  EXPECT_THAT(text, Not(HasSubstr("x81Kp2")));
  EXPECT_THAT(text, HasSubstr("PARTYKIT_SECRET"));
  EXPECT_THAT(text, HasSubstr("(set)"));
}

TEST_F(ConfigTest, a_misspelt_variable_is_warned_of) {
  sources_.environment = {{"RUNNEL_SAVE_INTERVALL", "3s"}, {"RUNNEL_SEED", "7"}};
  const Result<LoadedConfig> loaded = load_config(sources_);
  ASSERT_EQ(loaded->warnings.size(), 1U);
  EXPECT_THAT(loaded->warnings[0], HasSubstr("RUNNEL_SAVE_INTERVALL"));
}

TEST_F(ConfigTest, every_setting_reads_what_it_shows) {
  Config config;
  for (const Setting& setting : settings()) {
    if (setting.key.ends_with("secret")) continue;
    const std::string shown = setting.show(config);
    EXPECT_TRUE(setting.set(config, shown)) << setting.key << " = " << shown;
    EXPECT_EQ(setting.show(config), shown) << setting.key;
  }
}

TEST(SettingValuesTest, durations_have_units) {
  EXPECT_EQ(parse_duration("250ms"), Duration{250});
  EXPECT_EQ(parse_duration("7s"), Duration{7'000});
  EXPECT_EQ(parse_duration(" 5m "), Duration{300'000});
  EXPECT_EQ(parse_duration("off"), Duration{0});
  for (const char* const bad : {"", "s", "5", "-1s", "1.5s", "5 minutes", "99999999999999h"}) {
    EXPECT_FALSE(parse_duration(bad)) << bad;
  }
  EXPECT_EQ(format_duration(Duration{90'000}), "90s");
  EXPECT_EQ(format_duration(Duration{120'000}), "2m");
}

TEST(SettingValuesTest, sizes_have_units) {
  EXPECT_EQ(parse_bytes("4096"), 4096U);
  EXPECT_EQ(parse_bytes("10MB"), 10'000'000U);
  EXPECT_EQ(parse_bytes("1GiB"), 1'073'741'824U);
  for (const char* const bad : {"", "MB", "-1", "10 apples", "99999999999999GB"}) {
    EXPECT_FALSE(parse_bytes(bad)) << bad;
  }
}

TEST(SettingValuesTest, the_environment_name_follows_from_the_key) {
  EXPECT_EQ(environment_name("save.disconnect_debounce"), "RUNNEL_SAVE_DISCONNECT_DEBOUNCE");
}

}  // namespace
}  // namespace runnel::server
