// One replica of a history, with everything that it told since the last step.
#pragma once

#include "operations.h"
#include "plain.h"
#include "ycpp/doc/doc.h"
#include "ycpp/undo/undo_manager.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ycpp::conformance {

class ReplayedDoc {
 public:
  struct Update {
    Bytes v1;
    Bytes v2;
    TransactionOrigin origin;
  };

  ReplayedDoc(const Any& settings, const AnyArray& roots);

  [[nodiscard]] Doc& doc() noexcept { return doc_; }

  [[nodiscard]] UndoManager& manager(std::size_t number) { return *managers_[number]; }

  // The number that stands for an origin of the generator: null, a name, or "undo" and a number.
  [[nodiscard]] TransactionOrigin origin(const Any& name) const;

  [[nodiscard]] bool is_typed() const noexcept { return is_typed_; }

  std::vector<Update> updates;
  AnyArray events;
  AnyArray subdocuments;
  bool is_stuck{false};
  bool is_tied{false};
  std::uint64_t now_ms{1};  // time of the step

 private:
  void define_root(const std::string& name, std::string_view kind, bool observed);
  void record_transactions();
  void record_moment(const char* name);
  void add_manager(const Any& settings);

  bool is_typed_;
  Doc doc_;
  std::vector<std::unique_ptr<UndoManager>> managers_;
};

// Opens the root under the kind that the generator gives it.
SharedType open_root(Doc& doc, const std::string& name, std::string_view kind);

}  // namespace ycpp::conformance
