// One HTTP/1.1 request out of bytes, over Beast's parser, which stays in the .cpp: it takes ten
// seconds to compile and needs memory only while a request is on its way.
#pragma once

#include "runnel/net/body_rule.h"
#include "runnel/net/http_types.h"

#include "base/bytes.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace runnel::net {

struct RequestParserImpl;

class RequestParser {
 public:
  // Asked once the head of a request with a body is complete.
  using AskBodyRule = std::function<BodyRule(HttpRequest head)>;

  enum class Status : std::uint8_t { NeedMore, Complete, Failed };

  RequestParser(std::size_t head_bytes_max, AskBodyRule ask_body_rule);
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;
  RequestParser(RequestParser&&) = delete;
  RequestParser& operator=(RequestParser&&) = delete;
  ~RequestParser();

  // Takes bytes off the front of `input`; what follows a complete request stays.
  Status feed(ByteView& input);

  // Whether the head is complete, so that what is missing is the body.
  [[nodiscard]] bool has_head() const;

  // The peer waits for "100 Continue" before it sends the body. True once.
  [[nodiscard]] bool take_expects_continue();

  // After Failed: the status to refuse with, and why.
  [[nodiscard]] int failure_status() const;
  [[nodiscard]] const std::string& failure() const;

  // After Complete.
  [[nodiscard]] HttpRequest take_request();
  [[nodiscard]] bool is_keep_alive() const;
  [[nodiscard]] bool is_http11() const;

 private:
  std::unique_ptr<RequestParserImpl> impl_;
};

}  // namespace runnel::net
