// What stands at a place of a shared type, and the handles of shared types.
//
// A handle is two words, copies freely and stays valid while its document lives, also when the type
// was deleted: then it is empty and edits of it have no effect that anybody sees.
#pragma once

#include "ycpp/doc/block.h"
#include "ycpp/encoding/any.h"
#include "ycpp/types/content.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ycpp {

class Array;
class Doc;
class Event;
class Map;
class Text;
class Transaction;
class XmlElement;
class XmlFragment;
class XmlHook;
class XmlText;

// Names a handler until it is removed.
using ObserverId = std::uint64_t;

// Called at the end of a transaction that changed the type; the event is good until it returns.
using EventHandler = std::function<void(Event&, Transaction&)>;

// Called with the events of the type and of everything in it, outer ones first.
using DeepEventHandler = std::function<void(std::vector<Event*>&, Transaction&)>;

// Any shared type, whatever its kind.
class SharedType {
 public:
  SharedType(Doc& doc, TypeIndex type) noexcept : doc_(&doc), type_(type) {}

  [[nodiscard]] TypeKind kind() const noexcept;
  [[nodiscard]] bool is_root() const noexcept;

  // Whether the item that holds it was deleted, or something around it.
  [[nodiscard]] bool is_deleted() const noexcept;

  // Name of a root; empty for others.
  [[nodiscard]] std::string root_name() const;

  // The item that holds a nested type: its name in every replica. Nothing for a root.
  [[nodiscard]] std::optional<Id> item_id() const;

  // The type that holds this one; nothing for a root.
  [[nodiscard]] std::optional<SharedType> parent() const;

  // The handle for its kind, nothing if it is of another kind. XmlText is also a text, XmlElement
  // also a fragment, XmlHook also a map, as in Yjs.
  [[nodiscard]] std::optional<Text> as_text() const;
  [[nodiscard]] std::optional<Array> as_array() const;
  [[nodiscard]] std::optional<Map> as_map() const;
  [[nodiscard]] std::optional<XmlFragment> as_xml_fragment() const;
  [[nodiscard]] std::optional<XmlElement> as_xml_element() const;
  [[nodiscard]] std::optional<XmlText> as_xml_text() const;
  [[nodiscard]] std::optional<XmlHook> as_xml_hook() const;

  // What it holds, nested types included, as Yjs's toJSON: text as a string, XML as markup. A root
  // that was never given a kind is undefined.
  [[nodiscard]] Any to_json() const;

  // A copy of it and of all it holds, as content that can be inserted anywhere, also in another
  // document, and more than once. It copies what Yjs's clone() copies: of a text the delta, but not
  // the attributes of the whole; of an element those too. Types nested deeper than kAnyDepthMax are
  // copied empty, and a root that was never given a kind is copied as an empty map.
  [[nodiscard]] NewType clone() const;

  // Handlers run when the outermost transaction ends, in the order in which they were added. One
  // may edit the document: that is a transaction of its own, which ends after this one.
  ObserverId observe(EventHandler handler) const;
  ObserverId observe_deep(DeepEventHandler handler) const;
  // Removes a handler of either kind; no effect for one that is not there.
  void unobserve(ObserverId id) const;

  [[nodiscard]] Doc& doc() const noexcept { return *doc_; }

  // Engine internal.
  [[nodiscard]] TypeIndex index() const noexcept { return type_; }

  friend bool operator==(const SharedType&, const SharedType&) = default;

 protected:
  Doc* doc_;
  TypeIndex type_;
};

// A document inside the document, as its place names it.
class Subdocument {
 public:
  Subdocument(Doc& doc, std::uint32_t record) noexcept : doc_(&doc), record_(record) {}

  [[nodiscard]] const std::string& guid() const noexcept;
  [[nodiscard]] bool gc() const;
  [[nodiscard]] bool auto_load() const;
  // Null if there is none.
  [[nodiscard]] Any meta() const;
  [[nodiscard]] bool should_load() const noexcept;

  // The item that holds it.
  [[nodiscard]] Id item_id() const noexcept;

  // Asks the application to load it: it is `loaded` in the event of subdocuments.
  void load() const;

  // Says that the application lets its document go: it is `removed` and `added` in the event, and
  // is not to be loaded until somebody asks again. It stays where it is.
  void destroy() const;

  friend bool operator==(const Subdocument&, const Subdocument&) = default;

 private:
  Doc* doc_;
  std::uint32_t record_;
};

class Value {
 public:
  // NOLINTBEGIN(google-explicit-constructor): values are written as themselves.
  template <class T>
    requires std::is_constructible_v<Any, T&&>
  Value(T&& value) : value_(Any(std::forward<T>(value))) {}

  Value(SharedType type) : value_(type) {}

  Value(Subdocument document) : value_(document) {}

  // NOLINTEND(google-explicit-constructor)

  // The value if it is of that form, else null.
  [[nodiscard]] const Any* as_any() const noexcept { return std::get_if<Any>(&value_); }

  [[nodiscard]] const SharedType* as_type() const noexcept {
    return std::get_if<SharedType>(&value_);
  }

  [[nodiscard]] const Subdocument* as_subdocument() const noexcept {
    return std::get_if<Subdocument>(&value_);
  }

  // The text if it is one, else empty.
  [[nodiscard]] std::string_view as_string() const noexcept;

  friend bool operator==(const Value&, const Value&) = default;

 private:
  std::variant<Any, SharedType, Subdocument> value_;
};

// A step of the delta that a text is.
using DeltaOp = BasicDeltaOp<Value>;
using Delta = std::vector<DeltaOp>;

}  // namespace ycpp
