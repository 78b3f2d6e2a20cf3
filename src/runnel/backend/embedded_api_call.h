// One request to the embedded JSON API, taken apart. Used by embedded_api*.cpp only.
#pragma once

#include "runnel/auth/json.h"
#include "runnel/backend/embedded_api.h"
#include "runnel/backend/embedded_collaboration.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace runnel::backend {

struct EmbeddedApi::Call {
  const net::HttpRequest& request;
  std::vector<std::string> path;  // segments behind "/api", percent-decoded once
  auth::json::Object body;        // empty without one
  bool is_server{false};          // presents the secret
  std::string user_id;            // signed in; empty: nobody
  // What it changes unless it only asks or fails; the parts that know fill it in.
  EmbeddedChange change;

  [[nodiscard]] bool is(std::string_view method) const { return request.method == method; }

  [[nodiscard]] std::string text(std::string_view key) const {
    return auth::json::text_or_empty(body, key);
  }

  // Who may not ask at all.
  [[nodiscard]] bool is_nobody() const { return !is_server && user_id.empty(); }
};

[[nodiscard]] inline net::HttpResponse api_answer(const auth::json::Object& object,
                                                  int status = 200) {
  return net::json_response(status, auth::json::to_string(object));
}

[[nodiscard]] net::HttpResponse api_list(const boost::json::array& list);

[[nodiscard]] inline net::HttpResponse api_done() {
  return {.status = 204, .headers = {}, .body = {}, .shared_body = {}};
}

[[nodiscard]] inline net::HttpResponse api_not_found() { return error_response(404, "Not found"); }

[[nodiscard]] inline net::HttpResponse api_forbidden() {
  return error_response(403, "Access denied");
}

[[nodiscard]] inline net::HttpResponse api_wrong_method() {
  return error_response(405, "Method not allowed");
}

[[nodiscard]] inline std::string room_of(const Resource& resource) {
  return std::string(resource_type_name(resource.type)) + "-" + resource.id;
}

}  // namespace runnel::backend
