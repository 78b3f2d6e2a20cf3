// Clean-up of formats after changes of others: concurrent formatting leaves formats that have no
// effect, and every replica that shows the text deletes them, as Yjs does.
#pragma once

#include "ycpp/doc/doc.h"

#include <vector>

namespace ycpp::edit {

// Looks through the texts that an ended transaction of an update has changed, in a transaction of
// its own. `deletion_order` are the clients of its deletions in the order of their first one: Yjs
// goes through them in that order, and which clean-up a text gets depends on it.
void clean_up_formatting(Doc& doc, const Transaction& transaction,
                         const std::vector<ClientIndex>& deletion_order);

}  // namespace ycpp::edit
