// HTTP requests and the readings of their targets: however the bytes are cut, the outcome is the
// same, and what a request holds came from the bytes. Byte 0 chooses the size of the cuts.
#include "runnel/net/http_types.h"
#include "runnel/net/request_parser.h"

#include "base/check.h"
#include "fuzz_target.h"

#include <algorithm>
#include <string>

namespace {

using runnel::ByteView;
using runnel::net::BodyRule;
using runnel::net::HttpRequest;
using runnel::net::RequestParser;

constexpr std::size_t kHeadBytesMax = 512;
constexpr std::size_t kBodyBytesMax = 256;

struct Outcome {
  RequestParser::Status status{RequestParser::Status::NeedMore};
  int refused_with{0};
  std::string method;
  std::string target;
  runnel::Bytes body;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome parse(ByteView bytes, std::size_t piece) {
  RequestParser parser(kHeadBytesMax,
                       [](const HttpRequest&) { return BodyRule{.bytes_max = kBodyBytesMax}; });
  Outcome outcome;
  while (!bytes.empty() && outcome.status == RequestParser::Status::NeedMore) {
    ByteView input = bytes.first(std::min(piece, bytes.size()));
    const std::size_t offered = input.size();
    outcome.status = parser.feed(input);
    RUNNEL_CHECK(input.size() <= offered);
    RUNNEL_CHECK(outcome.status != RequestParser::Status::NeedMore || input.empty());
    bytes = bytes.subspan(offered - input.size());
  }
  if (outcome.status == RequestParser::Status::Failed) {
    outcome.refused_with = parser.failure_status();
    RUNNEL_CHECK(outcome.refused_with >= 400 && outcome.refused_with <= 505);
  }
  if (outcome.status == RequestParser::Status::Complete) {
    HttpRequest request = parser.take_request();
    outcome.method = request.method;
    outcome.target = request.target;
    outcome.body = std::move(request.body);
    RUNNEL_CHECK(outcome.body.size() <= kBodyBytesMax);
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const ByteView bytes = runnel::fuzz::input(data + 1, size - 1);
  const Outcome whole = parse(bytes, bytes.size() + 1);
  const Outcome cut = parse(bytes, 1U + data[0]);
  // A head that is wrong and has no end may be refused at once or waited for, depending on the
  // cuts; but nothing is a request in one cutting and not in another.
  const bool is_request = whole.status == RequestParser::Status::Complete;
  RUNNEL_CHECK((cut.status == RequestParser::Status::Complete) == is_request);
  if (is_request) RUNNEL_CHECK(cut == whole);

  const std::string_view text = runnel::as_text(bytes);
  const runnel::net::Target target = runnel::net::split_target(text);
  RUNNEL_CHECK(target.path.size() + target.query.size() <= text.size() + 1);
  for (const auto& [name, value] : runnel::net::query_values(target.query)) {
    RUNNEL_CHECK(name.size() + value.size() <= target.query.size());
    RUNNEL_CHECK(runnel::net::query_value(target.query, name).has_value());
  }
  const auto decoded = runnel::net::percent_decode(text);
  if (decoded) {
    RUNNEL_CHECK(runnel::net::percent_decode(runnel::net::percent_encode(*decoded)) == decoded);
  }
  return 0;
}
