// The example of docs/writing-rooms.md does what the document says.
#include "runnel/room/testing/room_fixture.h"

#include "guest_book.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace runnel::room {
namespace {

using ::testing::ElementsAre;

struct Books : RoomFixture {
  Books() {
    add_party("guestbook", guest_books());
    directory->start_alarms([](const RoomId&) { return true; });
  }

  std::shared_ptr<FakeClient> join(const std::string& name, AccessLevel access) {
    auto client = connect(book, {.identity = {.user_name = name, .access = access}});
    settle();
    return client;
  }

  const RoomId book{"guestbook", "hall"};
};

TEST(WritingRooms, TheGuestBookShowsNewLinesToAllAndOldLinesToWhoComesLater) {
  Books books;
  const auto ann = books.join("Ann", AccessLevel::Edit);
  const auto eve = books.join("Eve", AccessLevel::View);
  books.say(*ann, "hello");
  books.say(*eve, "may I?");
  books.settle();
  EXPECT_THAT(eve->texts(), ElementsAre("", "Ann: hello\n"));
  EXPECT_THAT(books.join("Bob", AccessLevel::Edit)->texts(), ElementsAre("Ann: hello\n"));
}

TEST(WritingRooms, TheGuestBookSurvivesARestartAndIsEmptiedByItsAlarm) {
  Books books;
  books.say(*books.join("Ann", AccessLevel::Edit), "hello");
  books.settle();
  books.restart();
  books.directory->start_alarms([](const RoomId&) { return true; });
  const auto bob = books.join("Bob", AccessLevel::Edit);
  EXPECT_THAT(bob->texts(), ElementsAre("Ann: hello\n"));
  books.advance(std::chrono::minutes(61));
  EXPECT_THAT(bob->texts(), ElementsAre("Ann: hello\n", "(the book is empty)\n"));

  int status = 0;
  std::string body;
  books.directory->request(books.book, {.method = "GET"}, [&](const RoomResponse& response) {
    status = response.status;
    body = to_text(response.body);
  });
  EXPECT_EQ(status, 200);
  EXPECT_EQ(body, "");
}

}  // namespace
}  // namespace runnel::room
