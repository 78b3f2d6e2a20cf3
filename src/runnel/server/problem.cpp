#include "runnel/server/problem.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace runnel::server {

namespace {

int status_of(Errc code) {
  switch (code) {
    case Errc::Malformed:
    case Errc::Invalid:
      return 400;
    case Errc::LimitExceeded:
      return 413;
    case Errc::NotFound:
      return 404;
    case Errc::Denied:
      return 403;
    case Errc::Conflict:
      return 409;
    case Errc::Unavailable:
      return 503;
    case Errc::Corrupt:
      return 500;
  }
  return 500;
}

}  // namespace

net::HttpResponse problem(int status, std::string_view detail) {
  return problem_at(status, detail, {});
}

net::HttpResponse problem_at(int status, std::string_view detail, std::string_view pointer) {
  boost::json::object body{{"type", "about:blank"},
                           {"title", net::status_reason(status)},
                           {"status", status},
                           {"detail", detail}};
  if (!pointer.empty()) body["pointer"] = pointer;
  net::HttpResponse response{.status = status,
                             .headers = {{"Content-Type", "application/problem+json"}},
                             .body = boost::json::serialize(body),
                             .shared_body = {}};
  return response;
}

net::HttpResponse problem(const Error& error) {
  return problem(status_of(error.code), to_string(error));
}

}  // namespace runnel::server
