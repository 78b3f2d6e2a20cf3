// What goes into a shared type and what comes out of it.
//
// Content is what an edit takes: an any value, a type that does not exist yet (NewType), or a
// document inside the document (NewSubdocument). Bytes at the top are stored as binary content.
#pragma once

#include "ycpp/doc/block.h"
#include "ycpp/encoding/any.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace ycpp {

struct NewType;
struct NewSubdocument;

// One step of a rich text delta, as Quill and Yjs have them: exactly one of insert, retain, remove
// is set. Lengths are UTF-16 code units; an embed or type counts one.
template <class Inserted>
struct BasicDeltaOp {
  std::optional<Inserted> insert;
  std::optional<std::uint64_t> retain;
  std::optional<std::uint64_t> remove;  // `delete` in a Quill delta
  // Null takes an attribute away. Unset and empty differ only for `insert` of Text::insert.
  std::optional<AnyObject> attributes;

  friend bool operator==(const BasicDeltaOp&, const BasicDeltaOp&) = default;
};

// A document inside the document. Editing the subdocument itself is up to the application: it keeps
// a Doc under the guid.
struct NewSubdocument {
  std::string guid;
  bool gc{true};
  bool auto_load{false};
  bool should_load{true};
  Any meta{nullptr};  // null: none
};

class Content {
 public:
  // NOLINTBEGIN(google-explicit-constructor): values are written as themselves.
  template <class T>
    requires std::is_constructible_v<Any, T&&>
  Content(T&& value) : value_(Any(std::forward<T>(value))) {}

  Content(NewType type);

  Content(NewSubdocument document) : value_(std::move(document)) {}

  // NOLINTEND(google-explicit-constructor)

  [[nodiscard]] const Any* as_any() const noexcept { return std::get_if<Any>(&value_); }

  [[nodiscard]] const NewType* as_type() const noexcept {
    const auto* type = std::get_if<std::shared_ptr<const NewType>>(&value_);
    return type == nullptr ? nullptr : type->get();
  }

  [[nodiscard]] const NewSubdocument* as_subdocument() const noexcept {
    return std::get_if<NewSubdocument>(&value_);
  }

 private:
  // Never changed, so copies may share it.
  std::variant<Any, std::shared_ptr<const NewType>, NewSubdocument> value_;
};

// A step of a delta that Text::apply_delta() takes.
using DeltaInput = BasicDeltaOp<Content>;

// Which attributes of a delta are one object: Yjs compares objects by identity where it looks for
// formats without effect. Only what clone() makes has them.
struct FormatIdentity {
  std::size_t op{0};
  std::string key;
  Id object;
};

[[nodiscard]] DeltaInput insert_op(Content content);
[[nodiscard]] DeltaInput insert_op(Content content, AnyObject attributes);
[[nodiscard]] DeltaInput retain_op(std::uint64_t length);
[[nodiscard]] DeltaInput retain_op(std::uint64_t length, AnyObject attributes);
[[nodiscard]] DeltaInput remove_op(std::uint64_t length);

// A shared type that an edit creates, with what it holds from the start. Which fields count depends
// on the kind; make one with the functions below.
struct NewType {
  TypeKind kind{TypeKind::Map};
  std::string name;                                      // of an element or hook
  std::vector<Content> items;                            // of an array, fragment or element
  std::vector<std::pair<std::string, Content>> entries;  // of a map, hook or element (attributes)
  std::vector<DeltaInput> delta;                         // of a text
  std::vector<FormatIdentity> format_identities{};       // of `delta`, in its order
};

[[nodiscard]] NewType new_array(std::vector<Content> items = {});
[[nodiscard]] NewType new_map(std::vector<std::pair<std::string, Content>> entries = {});
[[nodiscard]] NewType new_text(std::string text = {});
[[nodiscard]] NewType new_text(std::vector<DeltaInput> delta);
[[nodiscard]] NewType new_xml_fragment(std::vector<Content> children = {});
[[nodiscard]] NewType new_xml_element(std::string node_name,
                                      std::vector<std::pair<std::string, Content>> attributes = {},
                                      std::vector<Content> children = {});
[[nodiscard]] NewType new_xml_text(std::string text = {});
[[nodiscard]] NewType new_xml_text(std::vector<DeltaInput> delta);
[[nodiscard]] NewType new_xml_hook(std::string hook_name,
                                   std::vector<std::pair<std::string, Content>> entries = {});

}  // namespace ycpp
