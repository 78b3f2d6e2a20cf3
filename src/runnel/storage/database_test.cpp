#include "runnel/storage/database.h"

#include "runnel/storage/testing/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace runnel::storage {
namespace {

using testing::HasSubstr;

class DatabaseTest : public testing::Test {
 protected:
  [[nodiscard]] std::string file(const std::string& name) const {
    return directory_.path() + "/" + name;
  }

  TemporaryDirectory directory_;
};

TEST_F(DatabaseTest, keeps_integers_text_bytes_and_null) {
  auto db = Database::open({.path = file("a.db")});
  ASSERT_TRUE(db) << to_string(db.error());
  ASSERT_TRUE(db->execute("CREATE TABLE t(a, b, c, d)"));
  auto insert = db->prepare("INSERT INTO t VALUES (?, ?, ?, ?)");
  ASSERT_TRUE(insert);
  const Bytes blob{1, 0, 2};
  ASSERT_TRUE(insert->run(-5, "h\xc3\xa9", blob, std::optional<std::string>()));
  ASSERT_TRUE(insert->run(1U, std::string(), Bytes(), std::optional<int>(7)));
  auto all = db->prepare("SELECT a, b, c, d FROM t WHERE a < ? ORDER BY a");
  ASSERT_TRUE(all);
  all->bind_all(10);
  ASSERT_TRUE(*all->step());
  EXPECT_EQ(all->integer(0), -5);
  EXPECT_EQ(all->text(1), "h\xc3\xa9");
  EXPECT_EQ(to_bytes(all->blob(2)), blob);
  EXPECT_TRUE(all->is_null(3));
  ASSERT_TRUE(*all->step());
  EXPECT_FALSE(all->is_null(1)) << "an empty text is not NULL";
  EXPECT_FALSE(all->is_null(2)) << "empty bytes are not NULL";
  EXPECT_EQ(all->integer(3), 7);
  EXPECT_FALSE(*all->step());
}

TEST_F(DatabaseTest, a_transaction_that_is_not_committed_leaves_nothing) {
  auto db = Database::open({.path = file("a.db")});
  ASSERT_TRUE(db);
  ASSERT_TRUE(db->execute("CREATE TABLE t(a)"));
  {
    auto transaction = Transaction::begin(*db);
    ASSERT_TRUE(transaction);
    ASSERT_TRUE(db->execute("INSERT INTO t VALUES (1)"));
  }
  EXPECT_EQ(*db->integer("SELECT count(*) FROM t"), 0);
  {
    auto transaction = Transaction::begin(*db);
    ASSERT_TRUE(transaction);
    ASSERT_TRUE(db->execute("INSERT INTO t VALUES (1)"));
    ASSERT_TRUE(transaction->commit());
  }
  EXPECT_EQ(*db->integer("SELECT count(*) FROM t"), 1);
}

TEST_F(DatabaseTest, says_which_file_is_no_database) {
  std::ofstream(file("a.db")) << std::string(4096, 'x');
  auto db = Database::open({.path = file("a.db")});
  ASSERT_FALSE(db);
  EXPECT_EQ(db.error().code, Errc::Corrupt);
  EXPECT_THAT(db.error().detail, HasSubstr("a.db"));
}

TEST_F(DatabaseTest, a_broken_constraint_is_a_conflict_and_the_connection_goes_on) {
  auto db = Database::open({.path = file("a.db")});
  ASSERT_TRUE(db);
  ASSERT_TRUE(db->execute("CREATE TABLE t(a PRIMARY KEY)"));
  auto insert = db->prepare("INSERT INTO t VALUES (?)");
  ASSERT_TRUE(insert);
  ASSERT_TRUE(insert->run("x"));
  const auto twice = insert->run("x");
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code, Errc::Conflict);
  EXPECT_TRUE(insert->run("y"));
}

TEST_F(DatabaseTest, opening_what_must_exist_makes_no_file) {
  EXPECT_FALSE(Database::open({.path = file("none.db"), .must_exist = true}));
  EXPECT_FALSE(std::ifstream(file("none.db")).good());
}

}  // namespace
}  // namespace runnel::storage
