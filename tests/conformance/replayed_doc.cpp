#include "replayed_doc.h"

#include "base/check.h"
#include "ycpp/types/deleted_item.h"

#include <span>

namespace ycpp::conformance {

namespace {

DocOptions options_of(const Any& settings) {
  DocOptions options;
  options.client_id = ClientId{number_field(settings, "client")};
  options.gc = bool_field(settings, "gc");
  options.guid = "doc";
  const std::string keeps = string_field(settings, "keeps");
  if (keeps == "clocks") {
    options.gc_filter = [divisor = number_field(settings, "kept")](const DeletedItem& item) {
      return item.id().clock % divisor != 0;
    };
  } else if (keeps == "root") {
    options.gc_filter = [root = string_field(settings, "kept")](const DeletedItem& item) {
      const auto kept = find_root(item.parent().doc(), root);
      return !kept.has_value() || !item.is_inside(*kept);
    };
  }
  return options;
}

// The name that the generator has for an origin.
Any origin_name(TransactionOrigin origin) {
  constexpr std::uint64_t kUndo = 100;
  constexpr std::uint64_t kCleanup = (std::uint64_t{1} << 62U) - 1;
  const std::uint64_t number = origin.value();
  if (number == 1) return "user";
  if (number == 2) return "other";
  if (number == 3) return "remote";
  if (number == kCleanup) return "cleanup";
  if (number >= kUndo) return "undo" + std::to_string(number - kUndo);
  return nullptr;
}

AnyObject recorded_transaction(const Transaction& transaction) {
  AnyObject recorded;
  recorded.set("origin", origin_name(transaction.transaction_origin));
  const Any fields = plain_transaction(transaction);
  for (const auto& [key, value] : fields.as_object()->members()) recorded.set(key, value);
  return recorded;
}

}  // namespace

SharedType open_root(Doc& doc, const std::string& name, std::string_view kind) {
  if (kind == "Text") return doc.get_text(name);
  if (kind == "Array") return doc.get_array(name);
  if (kind == "Map") return doc.get_map(name);
  if (kind == "XmlFragment") return doc.get_xml_fragment(name);
  if (kind == "XmlElement") return doc.get_xml_element(name);
  RUNNEL_CHECK(kind == "XmlText");
  return get_xml_text(doc, name);
}

ReplayedDoc::ReplayedDoc(const Any& settings, const AnyArray& roots)
    : is_typed_(bool_field(settings, "typed")), doc_(options_of(settings)) {
  for (const Any& root : roots) {
    if (!is_typed_) break;
    define_root(*root.as_array()->at(0).as_string(), *root.as_array()->at(1).as_string(),
                bool_field(settings, "observed"));
  }
  doc_.on_update([this](const UpdateEvent& event) {
    updates.push_back({runnel::to_bytes(event.update), {}, event.transaction_origin});
  });
  doc_.on_update_v2(
      [this](const UpdateEvent& event) { updates.back().v2 = runnel::to_bytes(event.update); });
  if (bool_field(settings, "transactions")) record_transactions();
  observe_subdocuments(doc_, [this](const SubdocumentEvent& event) {
    subdocuments.push_back(plain_subdocuments(event));
  });
  for (const Any& undo : array_field(settings, "undo")) add_manager(undo);
}

void ReplayedDoc::define_root(const std::string& name, std::string_view kind, bool observed) {
  const SharedType type = open_root(doc_, name, kind);
  if (!observed) return;
  type.observe([this, type](Event& event, Transaction& /*transaction*/) {
    AnyObject recorded;
    recorded.set("target", plain_reference(type));
    const Any fields = plain_event(event);
    for (const auto& [key, value] : fields.as_object()->members()) recorded.set(key, value);
    events.emplace_back(std::move(recorded));
  });
  type.observe_deep([this](std::vector<Event*>& deep, Transaction& /*transaction*/) {
    AnyArray list;
    for (Event* event : deep) {
      AnyObject recorded;
      recorded.set("path", plain_path(event->path()));
      const Any fields = plain_event(*event);
      for (const auto& [key, value] : fields.as_object()->members()) recorded.set(key, value);
      list.emplace_back(std::move(recorded));
    }
    AnyObject recorded;
    recorded.set("deep", Any(std::move(list)));
    events.emplace_back(std::move(recorded));
  });
}

void ReplayedDoc::record_transactions() {
  const auto record = [this](const char* name) {
    return [this, name](Transaction& transaction) {
      AnyObject recorded;
      recorded.set("on", name);
      const AnyObject fields = recorded_transaction(transaction);
      for (const auto& [key, value] : fields.members()) recorded.set(key, value);
      events.emplace_back(std::move(recorded));
    };
  };
  doc_.on_before_all_transactions([this](Doc& /*doc*/) { record_moment("before all"); });
  doc_.on_before_transaction(record("beforeTransaction"));
  doc_.on_before_observer_calls(record("beforeObserverCalls"));
  doc_.on_after_transaction(record("afterTransaction"));
  doc_.on_after_transaction_cleanup(record("afterTransactionCleanup"));
  doc_.on_update([this](const UpdateEvent& /*event*/) { record_moment("update"); });
  doc_.on_after_all_transactions([this](Doc& /*doc*/, std::span<Transaction* const> all) {
    AnyArray list;
    for (const Transaction* one : all) list.emplace_back(recorded_transaction(*one));
    AnyObject recorded;
    recorded.set("on", "after all");
    recorded.set("all", Any(std::move(list)));
    events.emplace_back(std::move(recorded));
  });
}

void ReplayedDoc::record_moment(const char* name) {
  AnyObject recorded;
  recorded.set("on", name);
  events.emplace_back(std::move(recorded));
}

void ReplayedDoc::add_manager(const Any& settings) {
  UndoManagerOptions options;
  options.capture_timeout_ms = number_field(settings, "timeout");
  options.ignore_remote_map_changes = bool_field(settings, "ignoreRemote");
  options.now_ms = [this] { return now_ms; };
  options.tracked_origins.clear();
  for (const Any& name : array_field(settings, "origins")) {
    options.tracked_origins.push_back(origin(name));
  }
  options.own_origin = TransactionOrigin{100 + managers_.size()};
  if (field(settings, "scope").is_null()) {
    managers_.push_back(std::make_unique<UndoManager>(doc_, std::move(options)));
    return;
  }
  std::vector<SharedType> scope;
  for (const Any& name : array_field(settings, "scope")) {
    const auto root = find_root(doc_, *name.as_string());
    RUNNEL_CHECK(root.has_value());
    scope.push_back(*root);
  }
  managers_.push_back(std::make_unique<UndoManager>(doc_, scope, std::move(options)));
}

TransactionOrigin ReplayedDoc::origin(const Any& name) const {
  const std::string* text = name.as_string();
  if (text == nullptr) return {};
  if (*text == "user") return TransactionOrigin{1};
  if (*text == "other") return TransactionOrigin{2};
  if (*text == "remote") return TransactionOrigin{3};
  if (*text == "cleanup") return TransactionOrigin{4};
  RUNNEL_CHECK(text->starts_with("undo"));
  return TransactionOrigin{100 + static_cast<std::uint64_t>(std::stoul(text->substr(4)))};
}

}  // namespace ycpp::conformance
