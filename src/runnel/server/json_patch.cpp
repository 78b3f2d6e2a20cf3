#include "runnel/server/json_patch.h"

#include "runnel/server/json_pointer.h"

#include "base/result.h"
#include "ycpp/encoding/json.h"
#include "ycpp/encoding/utf.h"
#include "ycpp/types/roots.h"

#include <algorithm>
#include <span>
#include <utility>
#include <variant>
#include <vector>

namespace runnel::server {

namespace {

using ycpp::Any;
using ycpp::AnyArray;
using ycpp::AnyObject;
using ycpp::SharedType;
using Tokens = std::vector<std::string>;
using Rest = std::span<const std::string>;

enum class Mode : std::uint8_t { Add, Remove, Replace };

struct Change {
  Mode mode{Mode::Add};
  Any value;  // not for Remove
};

std::unexpected<Error> misfit(std::string detail) {
  return fail(Errc::Conflict, std::move(detail));
}

std::unexpected<Error> nothing_at(const std::string& token) {
  return misfit("there is nothing at '" + token + "'");
}

// --- Plain values

const Any* plain_child(const Any& parent, const std::string& token) {
  if (const AnyObject* object = parent.as_object()) return object->find(token);
  const AnyArray* array = parent.as_array();
  const auto index = array_index(token);
  return array != nullptr && index && *index < array->size() ? &(*array)[*index] : nullptr;
}

Result<void> change_member(AnyObject& object, const std::string& token, const Change& change) {
  if (change.mode != Mode::Add && object.find(token) == nullptr) return nothing_at(token);
  if (change.mode != Mode::Remove) {
    object.set(token, change.value);
    return {};
  }
  std::vector<AnyObject::Member> members = object.members();
  std::erase_if(members, [&](const AnyObject::Member& member) { return member.first == token; });
  object = AnyObject(std::move(members));
  return {};
}

// Where an operation on an array of this length applies; `-` is the end.
Result<std::size_t> place_in_array(const std::string& token, std::size_t length, Mode mode) {
  if (token == "-" && mode == Mode::Add) return length;
  const auto index = array_index(token);
  if (!index) return misfit("'" + token + "' is no index of an array");
  if (*index > length || (*index == length && mode != Mode::Add)) {
    return misfit("index " + token + " is beyond the array's " + std::to_string(length) +
                  " elements");
  }
  return *index;
}

Result<void> change_element(AnyArray& array, const std::string& token, const Change& change) {
  const std::size_t index = RUNNEL_TRY(place_in_array(token, array.size(), change.mode));
  const auto at = array.begin() + static_cast<std::ptrdiff_t>(index);
  if (change.mode == Mode::Remove) {
    array.erase(at);
  } else if (change.mode == Mode::Replace) {
    *at = change.value;
  } else {
    array.insert(at, change.value);
  }
  return {};
}

Result<void> change_plain(Any& holder, Rest tokens, const Change& change) {
  const std::string& token = tokens.front();
  if (tokens.size() == 1) {
    if (AnyObject* object = holder.as_object()) return change_member(*object, token, change);
    if (AnyArray* array = holder.as_array()) return change_element(*array, token, change);
    return misfit("'" + token + "' is inside a value that is neither object nor array");
  }
  const Any* child = plain_child(holder, token);
  if (child == nullptr) return nothing_at(token);
  Any changed = *child;
  RUNNEL_TRY_VOID(change_plain(changed, tokens.subspan(1), change));
  if (AnyObject* object = holder.as_object()) {
    object->set(token, std::move(changed));
    return {};
  }
  return change_element(*holder.as_array(), token, {Mode::Replace, std::move(changed)});
}

// --- Shared types

// Keeps what both have in common at the beginning and the end.
Result<void> edit_text(const ycpp::Text& text, std::string_view wanted) {
  const std::string present = text.to_string();
  if (ycpp::utf16_length(present) != text.length()) {
    return misfit("the text holds embeds, which a string cannot say");
  }
  const auto is_inside = [](std::string_view of, std::size_t at) {
    return at < of.size() && (static_cast<unsigned char>(of[at]) & 0xC0U) == 0x80U;
  };
  const auto common = std::ranges::mismatch(present, wanted);
  auto prefix = static_cast<std::size_t>(common.in1 - present.begin());
  while (prefix > 0 && (is_inside(present, prefix) || is_inside(wanted, prefix))) --prefix;
  std::size_t suffix = 0;
  const std::size_t most = std::min(present.size(), wanted.size()) - prefix;
  while (suffix < most &&
         present[present.size() - suffix - 1] == wanted[wanted.size() - suffix - 1]) {
    ++suffix;
  }
  while (suffix > 0 && (is_inside(present, present.size() - suffix) ||
                        is_inside(wanted, wanted.size() - suffix))) {
    --suffix;
  }
  const std::string_view before(present);
  const std::uint64_t at = ycpp::utf16_length(before.substr(0, prefix));
  const std::string_view gone = before.substr(prefix, before.size() - prefix - suffix);
  const std::string_view come = wanted.substr(prefix, wanted.size() - prefix - suffix);
  if (!gone.empty()) text.delete_text(at, ycpp::utf16_length(gone));
  if (!come.empty()) text.insert(at, come);
  return {};
}

class Patch {
 public:
  Patch(ycpp::Doc& doc, const PatchOptions& options)
      : root_(root_type(doc, options)), shared_values_(options.shared_values) {}

  Result<void> run(const AnyObject& operation) {
    const std::string op = RUNNEL_TRY(text_member(operation, "op"));
    const Tokens path = RUNNEL_TRY(pointer_member(operation, "path"));
    if (op == "remove") return change(path, {Mode::Remove, {}});
    if (op == "move" || op == "copy") return transfer(operation, path, op == "move");
    const Any* value = operation.find("value");
    if (op != "add" && op != "replace" && op != "test") {
      return fail(Errc::Invalid, "`op` must be add, remove, replace, move, copy or test");
    }
    if (value == nullptr) return fail(Errc::Invalid, "`value` is missing");
    if (op == "test") return test(path, *value);
    return change(path, {op == "add" ? Mode::Add : Mode::Replace, *value});
  }

 private:
  struct Place {
    SharedType holder;
    std::string token;
    Tokens rest;  // into the plain value that stands there
  };

  static SharedType root_type(ycpp::Doc& doc, const PatchOptions& options) {
    switch (options.kind) {
      case PatchRoot::Array:
        return doc.get_array(options.root);
      case PatchRoot::Text:
        return doc.get_text(options.root);
      case PatchRoot::Map:
        break;
    }
    return doc.get_map(options.root);
  }

  static Result<std::string> text_member(const AnyObject& operation, std::string_view name) {
    const Any* member = operation.find(name);
    const std::string* text = member == nullptr ? nullptr : member->as_string();
    if (text == nullptr) return fail(Errc::Invalid, "`" + std::string(name) + "` must be a string");
    return *text;
  }

  static Result<Tokens> pointer_member(const AnyObject& operation, std::string_view name) {
    return parse_pointer(RUNNEL_TRY(text_member(operation, name)));
  }

  static std::optional<ycpp::Value> child_of(const SharedType& type, const std::string& token) {
    if (const auto map = type.as_map()) return map->get(token);
    const auto array = type.as_array();
    const auto index = array_index(token);
    if (!array || !index) return std::nullopt;
    return array->get(*index);
  }

  // `path` is not empty.
  [[nodiscard]] Result<Place> find(const Tokens& path) const {
    SharedType holder = root_;
    for (std::size_t i = 0; i + 1 < path.size(); ++i) {
      const auto child = child_of(holder, path[i]);
      if (!child) return nothing_at(path[i]);
      if (const SharedType* type = child->as_type()) {
        holder = *type;
      } else if (child->as_any() != nullptr) {
        const auto rest = path.begin() + static_cast<std::ptrdiff_t>(i) + 1;
        return Place{holder, path[i], Tokens(rest, path.end())};
      } else {
        return misfit("'" + path[i] + "' is a document inside the document");
      }
    }
    return Place{holder, path.back(), {}};
  }

  struct Found {
    Any value;
    bool is_shared{false};
  };

  [[nodiscard]] Result<Found> read(const Tokens& path) const {
    if (path.empty()) return Found{root_.to_json(), true};
    const Place place = RUNNEL_TRY(find(path));
    const auto child = child_of(place.holder, place.token);
    if (!child) return nothing_at(place.token);
    if (const SharedType* type = child->as_type()) return Found{type->to_json(), true};
    if (child->as_any() == nullptr) return misfit("a document inside the document is no value");
    const Any* value = child->as_any();
    for (const std::string& token : place.rest) {
      value = plain_child(*value, token);
      if (value == nullptr) return nothing_at(token);
    }
    return Found{*value, false};
  }

  [[nodiscard]] Result<void> test(const Tokens& path, const Any& wanted) const {
    const Found found = RUNNEL_TRY(read(path));
    if (found.value == wanted) return {};
    return misfit("the value is " + ycpp::to_json(found.value).substr(0, 200));
  }

  Result<void> transfer(const AnyObject& operation, const Tokens& path, bool takes_away) {
    const Tokens from = RUNNEL_TRY(pointer_member(operation, "from"));
    const Found found = RUNNEL_TRY(read(from));
    if (takes_away && from.size() < path.size() &&
        std::equal(from.begin(), from.end(), path.begin())) {
      return fail(Errc::Invalid, "a value cannot be moved into itself");
    }
    if (found.is_shared) {
      return misfit("a shared type cannot be moved or copied: those who edit it would lose it");
    }
    if (takes_away && from == path) return {};
    if (takes_away) RUNNEL_TRY_VOID(change(from, {Mode::Remove, {}}));
    return change(path, {Mode::Add, found.value});
  }

  Result<void> change(const Tokens& path, const Change& wanted) {
    if (path.empty()) return change_root(wanted);
    const Place place = RUNNEL_TRY(find(path));
    if (place.rest.empty()) return change_shared(place.holder, place.token, wanted);
    const auto child = child_of(place.holder, place.token);
    if (!child || child->as_any() == nullptr) return nothing_at(place.token);
    Any value = *child->as_any();
    RUNNEL_TRY_VOID(change_plain(value, place.rest, wanted));
    return put(place.holder, place.token, ycpp::Content(std::move(value)));
  }

  Result<void> change_root(const Change& wanted) {
    if (wanted.mode == Mode::Remove) return misfit("a root cannot be removed");
    if (const auto text = root_.as_text()) {
      const std::string* string = wanted.value.as_string();
      if (string == nullptr) return misfit("this root takes a string");
      return edit_text(*text, *string);
    }
    if (const auto map = root_.as_map()) {
      const AnyObject* object = wanted.value.as_object();
      if (object == nullptr) return misfit("this root takes an object");
      for (const std::string& key : map->keys()) {
        if (object->find(key) == nullptr) map->remove(key);
      }
      for (const auto& [key, value] : object->members()) {
        const auto present = map->get(key);
        if (present && present->as_any() != nullptr && *present->as_any() == value) continue;
        map->set(key, content_of(value));
      }
      return {};
    }
    const AnyArray* wanted_items = wanted.value.as_array();
    const auto array = root_.as_array();
    if (wanted_items == nullptr || !array) return misfit("this root takes an array");
    if (array->length() > 0) RUNNEL_TRY_VOID(array->remove(0, array->length()));
    return array->insert(0, contents_of(*wanted_items));
  }

  static std::optional<ycpp::Text> text_at(const SharedType& holder, const std::string& token) {
    const auto child = child_of(holder, token);
    if (!child || child->as_type() == nullptr) return std::nullopt;
    if (child->as_type()->kind() != ycpp::TypeKind::Text) return std::nullopt;
    return child->as_type()->as_text();
  }

  Result<void> change_shared(const SharedType& holder, const std::string& token,
                             const Change& wanted) {
    const std::string* string = wanted.value.as_string();
    if (wanted.mode == Mode::Replace && string != nullptr) {
      const auto text = text_at(holder, token);
      if (text) return edit_text(*text, *string);
    }
    if (const auto map = holder.as_map()) {
      if (wanted.mode != Mode::Add && !map->has(token)) return nothing_at(token);
      if (wanted.mode == Mode::Remove) {
        map->remove(token);
      } else {
        map->set(token, content_of(wanted.value));
      }
      return {};
    }
    const auto array = holder.as_array();
    if (!array) return misfit("'" + token + "' is inside text or XML");
    const std::size_t at = RUNNEL_TRY(place_in_array(token, array->length(), wanted.mode));
    if (wanted.mode != Mode::Add) RUNNEL_TRY_VOID(array->remove(at));
    if (wanted.mode == Mode::Remove) return {};
    return array->insert(at, {content_of(wanted.value)});
  }

  // Sets a value that was there before.
  static Result<void> put(const SharedType& holder, const std::string& token,
                          const ycpp::Content& content) {
    if (const auto map = holder.as_map()) {
      map->set(token, content);
      return {};
    }
    const auto array = holder.as_array();
    if (!array) return nothing_at(token);
    const std::size_t at = RUNNEL_TRY(place_in_array(token, array->length(), Mode::Replace));
    RUNNEL_TRY_VOID(array->remove(at));
    return array->insert(at, {content});
  }

  [[nodiscard]] std::vector<ycpp::Content> contents_of(const AnyArray& items) const {
    std::vector<ycpp::Content> contents;
    contents.reserve(items.size());
    for (const Any& item : items) contents.push_back(content_of(item));
    return contents;
  }

  [[nodiscard]] ycpp::Content content_of(const Any& value) const {
    if (shared_values_ && value.as_array() != nullptr) {
      return ycpp::new_array(contents_of(*value.as_array()));
    }
    if (shared_values_ && value.as_object() != nullptr) {
      std::vector<std::pair<std::string, ycpp::Content>> entries;
      for (const auto& [key, member] : value.as_object()->members()) {
        entries.emplace_back(key, content_of(member));
      }
      return ycpp::new_map(std::move(entries));
    }
    return value;
  }

  SharedType root_;
  bool shared_values_;
};

PatchRefusal refusal_of(const Error& error, std::size_t operation) {
  return {.status = error.code == Errc::Conflict ? 409 : 400,
          .detail = error.detail,
          .pointer = "/" + std::to_string(operation)};
}

}  // namespace

std::optional<PatchRoot> patch_root_of(std::string_view name) {
  if (name == "map") return PatchRoot::Map;
  if (name == "array") return PatchRoot::Array;
  if (name == "text") return PatchRoot::Text;
  return std::nullopt;
}

std::expected<Bytes, PatchRefusal> json_patch_update(ByteView state, std::string_view patch,
                                                     const PatchOptions& options) {
  const auto refuse = [](int status, std::string detail) {
    return std::unexpected(
        PatchRefusal{.status = status, .detail = std::move(detail), .pointer = {}});
  };
  const Result<Any> parsed = ycpp::parse_json(patch);
  if (!parsed) return refuse(400, "the body is no JSON: " + parsed.error().detail);
  const AnyArray* operations = parsed->as_array();
  if (operations == nullptr) return refuse(400, "a JSON Patch is an array of operations");
  if (operations->size() > kPatchOperationsMax) {
    return refuse(400, "at most " + std::to_string(kPatchOperationsMax) + " operations at once");
  }
  ycpp::Doc doc(ycpp::DocOptions{.client_id = options.client});
  if (const Result<void> applied = doc.apply_update_v1(state); !applied) {
    return refuse(500, "the document cannot be read: " + applied.error().detail);
  }
  Bytes update;
  doc.on_update([&update](const ycpp::UpdateEvent& event) { update = to_bytes(event.update); });
  std::optional<PatchRefusal> refusal;
  doc.transact([&](ycpp::Transaction&) {
    Patch run(doc, options);
    for (std::size_t i = 0; i < operations->size() && !refusal; ++i) {
      const AnyObject* operation = (*operations)[i].as_object();
      Result<void> done = fail(Errc::Invalid, "an operation is an object");
      if (operation != nullptr) done = run.run(*operation);
      if (!done) refusal = refusal_of(done.error(), i);
    }
  });
  if (refusal) return std::unexpected(*std::move(refusal));
  return update;
}

}  // namespace runnel::server
