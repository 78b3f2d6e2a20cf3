#include "runnel/server/admin_document.h"

#include "runnel/server/problem.h"
#include "runnel/server/root_kinds.h"

#include "ycpp/doc/doc.h"
#include "ycpp/encoding/json.h"
#include "ycpp/encoding/struct_reader.h"
#include "ycpp/types/roots.h"
#include "ycpp/update/convert.h"
#include "ycpp/update/format.h"
#include "ycpp/update/inspect.h"

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace runnel::server {

namespace {

net::HttpResponse body_response(std::string_view type, std::string body) {
  return {.status = 200,
          .headers = {{"Content-Type", std::string(type)}},
          .body = std::move(body),
          .shared_body = {}};
}

std::optional<ycpp::Any> root_content(ycpp::Doc& doc, const std::string& root,
                                      std::string_view type) {
  if (type == "text") return doc.get_text(root).to_json();
  if (type == "array") return doc.get_array(root).to_json();
  if (type == "map") return doc.get_map(root).to_json();
  if (type == "xml") return doc.get_xml_fragment(root).to_json();
  return std::nullopt;
}

// A word of the parameter `type`.
std::string likely_type(ycpp::Doc& doc, const std::string& root) {
  switch (likely_kind(doc, root)) {
    case ycpp::TypeKind::Text:
      return "text";
    case ycpp::TypeKind::Array:
      return "array";
    case ycpp::TypeKind::XmlFragment:
      return "xml";
    default:
      return "map";
  }
}

net::HttpResponse render_content(ByteView state, std::string_view format, std::string_view query) {
  ycpp::Doc doc{ycpp::DocOptions{}};
  if (const Result<void> applied = doc.apply_update_v1(state); !applied) {
    return problem(500, "The document cannot be read: " + to_string(applied.error()));
  }
  const auto root = net::query_value(query, "root");
  if (!root) {
    if (format == "json") {
      settle_root_kinds(doc);
      return body_response("application/json", ycpp::to_json(ycpp::to_json(doc)));
    }
    return problem(400, "`root` is needed with this format: the name of one root");
  }
  const std::string implied = format == "json" ? likely_type(doc, *root) : std::string(format);
  const std::string type = net::query_value(query, "type").value_or(implied);
  const std::optional<ycpp::Any> content = root_content(doc, *root, type);
  if (!content) return problem(400, "`type` must be text, array, map or xml");
  if (format == "json") return body_response("application/json", ycpp::to_json(*content));
  const std::string* const text = content->as_string();
  return body_response(format == "xml" ? "application/xml" : "text/plain; charset=utf-8",
                       text != nullptr ? *text : ycpp::to_json(*content));
}

}  // namespace

net::HttpResponse render_document(ByteView state, std::string_view query) {
  const std::string format = net::query_value(query, "format").value_or("v1");
  if (format == "v1") return body_response("application/octet-stream", to_text(state));
  if (format == "v2") {
    const Result<Bytes> second = ycpp::convert_update_format_v1_to_v2(state);
    if (!second) return problem(500, to_string(second.error()));
    return body_response("application/octet-stream", to_text(*second));
  }
  if (format == "structs") {
    const Result<std::string> lines = ycpp::inspect_update(state);
    if (!lines) return problem(500, to_string(lines.error()));
    return body_response("text/plain; charset=utf-8", *lines);
  }
  if (format == "json" || format == "text" || format == "xml") {
    return render_content(state, format, query);
  }
  return problem(400, "`format` must be v1, v2, json, text, xml or structs");
}

Result<Bytes> update_to_apply(ByteView body) {
  const ycpp::UpdateFormat format = RUNNEL_TRY(ycpp::recognise_update_format(body));
  return ycpp::convert_update_format(body, format, ycpp::UpdateFormat::V1);
}

DocumentNumbers count_document(ByteView state) {
  DocumentNumbers numbers;
  ycpp::StructReaderV1 reader{state};
  std::set<ycpp::ClientId> clients;
  ycpp::RawStruct raw;
  while (reader.next(raw)) {
    ++numbers.structs;
    clients.insert(raw.id.client);
  }
  std::vector<ycpp::DeleteSet::Range> deleted;
  if (reader.ok()) reader.read_delete_ranges(deleted);
  if (!reader.ok()) return {};
  for (const ycpp::DeleteSet::Range& each : deleted) numbers.tombstones += each.range.length;
  numbers.clients = clients.size();
  return numbers;
}

}  // namespace runnel::server
