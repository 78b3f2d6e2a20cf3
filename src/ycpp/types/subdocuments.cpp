#include "ycpp/types/subdocuments.h"

#include "ycpp/encoding/byte_reader.h"
#include "ycpp/types/type_system.h"

#include <utility>

namespace ycpp {

namespace {

AnyObject options_of(const SubdocumentRecord& record) {
  ByteReader reader(record.options);
  const Any options = read_any(reader);
  return options.as_object() == nullptr ? AnyObject() : *options.as_object();
}

bool flag(const AnyObject& options, std::string_view name, bool fallback) {
  const Any* value = options.find(name);
  const bool* set = value == nullptr ? nullptr : value->as_bool();
  return set == nullptr ? fallback : *set;
}

}  // namespace

const std::string& Subdocument::guid() const noexcept {
  return doc_->store().subdocuments[record_].guid;
}

bool Subdocument::gc() const {
  return flag(options_of(doc_->store().subdocuments[record_]), "gc", true);
}

bool Subdocument::auto_load() const {
  return flag(options_of(doc_->store().subdocuments[record_]), "autoLoad", false);
}

Any Subdocument::meta() const {
  const AnyObject options = options_of(doc_->store().subdocuments[record_]);
  const Any* meta = options.find("meta");
  return meta == nullptr ? Any(nullptr) : *meta;
}

bool Subdocument::should_load() const noexcept {
  return doc_->store().subdocuments[record_].should_load;
}

Id Subdocument::item_id() const noexcept {
  const BlockStore& store = doc_->store();
  return store.global(store.blocks.id(store.subdocuments[record_].item));
}

void Subdocument::load() const {
  const SubdocumentRecord& record = doc_->store().subdocuments[record_];
  if (!record.should_load) {
    edit::with_edit(
        *doc_, [&](edit::Edit& edit) { edit.transaction.subdocuments_loaded.push_back(record_); });
  }
  doc_->store().subdocuments[record_].should_load = true;
}

void Subdocument::destroy() const {
  doc_->store().subdocuments[record_].should_load = false;
  doc_->transact([this](Transaction& transaction) {
    const BlockStore& store = doc_->store();
    if (!edit::is_deleted(store, store.subdocuments[record_].item)) {
      transaction.subdocuments_added.push_back(record_);
    }
    transaction.subdocuments_removed.push_back(record_);
  });
}

std::set<std::string> subdocument_guids(Doc& doc) {
  std::set<std::string> guids;
  for (const Subdocument& document : subdocuments(doc)) guids.insert(document.guid());
  return guids;
}

std::vector<Subdocument> subdocuments(Doc& doc) {
  std::vector<Subdocument> found;
  const BlockStore& store = doc.store();
  for (std::uint32_t record = 0; record < store.subdocuments.size(); ++record) {
    const BlockIndex item = store.subdocuments[record].item;
    const bool is_live = item != kNone && store.blocks[item].kind == BlockKind::Doc &&
                         store.blocks[item].content == record && !edit::is_deleted(store, item);
    if (is_live) found.emplace_back(doc, record);
  }
  return found;
}

ObserverId observe_subdocuments(Doc& doc, SubdocumentHandler handler) {
  return TypeSystem::of(doc).add_subdocument_observer(std::move(handler));
}

void unobserve_subdocuments(Doc& doc, ObserverId id) {
  TypeSystem::of(doc).remove_subdocument_observer(id);
}

}  // namespace ycpp
