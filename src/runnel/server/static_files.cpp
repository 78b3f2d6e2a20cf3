#include "runnel/server/static_files.h"

#include <algorithm>
#include <utility>

namespace runnel::server {

namespace {

// Built files carry their hash in their name, so what has been fetched once is right for ever.
std::string_view cache_policy(std::string_view path) {
  return path.starts_with("assets/") ? "public, max-age=31536000, immutable" : "no-cache";
}

net::HttpResponse response_with(const EmbeddedFile& file, const net::HttpRequest& request) {
  net::HttpResponse response{.status = 200,
                             .headers = {{"Content-Type", std::string(file.content_type)},
                                         {"ETag", std::string(file.etag)},
                                         {"Cache-Control", std::string(cache_policy(file.path))},
                                         {"X-Content-Type-Options", "nosniff"}},
                             .body = {},
                             .shared_body = {}};
  if (request.headers.joined("if-none-match").contains(file.etag)) {
    response.status = 304;
    return response;
  }
  const bool compressed =
      !file.gzip.empty() && request.headers.has_token("accept-encoding", "gzip");
  if (compressed) response.headers.add("Content-Encoding", "gzip");
  if (!file.gzip.empty()) response.headers.add("Vary", "Accept-Encoding");
  response.body = to_text(compressed ? file.gzip : file.content);
  return response;
}

}  // namespace

StaticFiles::StaticFiles(std::string prefix, std::span<const EmbeddedFile> files,
                         std::string missing_page)
    : prefix_(std::move(prefix)), files_(files), missing_page_(std::move(missing_page)) {}

bool StaticFiles::wants(std::string_view path) const {
  return path.starts_with(prefix_) ||
         path == std::string_view(prefix_).substr(0, prefix_.size() - 1);
}

void StaticFiles::handle(net::HttpRequest request, net::Responder responder) {
  if (request.method != "GET" && request.method != "HEAD") {
    responder.send(net::text_response(405, "These are files: only GET and HEAD are possible\n"));
    return;
  }
  const std::string_view path = net::split_target(request.target).path;
  if (!path.starts_with(prefix_)) {
    net::HttpResponse moved = net::text_response(308, "");
    moved.headers.add("Location", prefix_);
    responder.send(std::move(moved));
    return;
  }
  std::string_view name = path.substr(prefix_.size());
  if (name.empty()) name = "index.html";
  if (const EmbeddedFile* file = find(name)) {
    responder.send(response_with(*file, request));
  } else if (name == "index.html" && !missing_page_.empty()) {
    net::HttpResponse page = net::text_response(200, missing_page_);
    page.headers = {{"Content-Type", "text/html; charset=utf-8"}};
    responder.send(std::move(page));
  } else {
    responder.send(net::text_response(404, "Nothing is served at this path\n"));
  }
}

const EmbeddedFile* StaticFiles::find(std::string_view path) const {
  const auto found = std::ranges::lower_bound(files_, path, {}, &EmbeddedFile::path);
  return found != files_.end() && found->path == path ? &*found : nullptr;
}

}  // namespace runnel::server
