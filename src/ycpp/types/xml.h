// XML: fragments and elements with children and attributes, texts between them, and hooks, which an
// application fills as it likes.
#pragma once

#include "ycpp/types/map.h"
#include "ycpp/types/text.h"
#include "ycpp/types/value.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ycpp {

class XmlFragment : public SharedType {
 public:
  using SharedType::SharedType;

  [[nodiscard]] std::uint64_t length() const noexcept;

  // Inserts children in front of the one at `index`. Invalid if that is beyond the length.
  Result<void> insert(std::uint64_t index, const std::vector<Content>& children) const;
  // Behind a child, or at the start for none. Invalid for what is not a child.
  Result<void> insert_after(const std::optional<SharedType>& child,
                            const std::vector<Content>& children) const;
  void push(const std::vector<Content>& children) const;
  void unshift(const std::vector<Content>& children) const;
  // Deletes children (Yjs: delete). Invalid if there are not so many; nothing is deleted then.
  Result<void> remove(std::uint64_t index, std::uint64_t length = 1) const;

  [[nodiscard]] std::optional<Value> get(std::uint64_t index) const;
  [[nodiscard]] std::vector<Value> to_array() const;
  [[nodiscard]] std::vector<Value> slice(std::int64_t start, std::int64_t end) const;
  void for_each(const std::function<void(const Value&, std::uint64_t index)>& visit) const;
  [[nodiscard]] std::optional<SharedType> first_child() const;

  // Everything inside in document order for which `filter` holds (Yjs: createTreeWalker).
  [[nodiscard]] std::vector<SharedType> walk(
      const std::function<bool(const SharedType&)>& filter) const;

  // The first element of that node name, and all of them; letter case does not count.
  [[nodiscard]] std::optional<XmlElement> query_selector(std::string_view node_name) const;
  [[nodiscard]] std::vector<XmlElement> query_selector_all(std::string_view node_name) const;

  // Markup. Values are not escaped, as in Yjs: do not show it as HTML without doing so.
  [[nodiscard]] std::string to_string() const;
};

class XmlElement : public XmlFragment {
 public:
  using XmlFragment::XmlFragment;

  [[nodiscard]] std::string node_name() const;

  void set_attribute(std::string_view key, const Content& value) const;
  void remove_attribute(std::string_view key) const;
  [[nodiscard]] std::optional<Value> get_attribute(std::string_view key) const;
  [[nodiscard]] bool has_attribute(std::string_view key) const;
  [[nodiscard]] std::vector<std::pair<std::string, Value>> attributes() const;
  // As they were in a snapshot.
  [[nodiscard]] std::vector<std::pair<std::string, Value>> attributes(
      const Snapshot& snapshot) const;

  [[nodiscard]] std::optional<SharedType> next_sibling() const;
  [[nodiscard]] std::optional<SharedType> prev_sibling() const;
};

class XmlText : public Text {
 public:
  using Text::Text;

  [[nodiscard]] std::optional<SharedType> next_sibling() const;
  [[nodiscard]] std::optional<SharedType> prev_sibling() const;
};

class XmlHook : public Map {
 public:
  using Map::Map;

  [[nodiscard]] std::string hook_name() const;
};

}  // namespace ycpp
