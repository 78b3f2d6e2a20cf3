// Clean-up of formats after changes of others: concurrent formatting leaves formats that have no
// effect, and every replica that shows the text deletes them, as Yjs does.
#pragma once

#include "ycpp/doc/doc.h"

namespace ycpp::edit {

// Looks through the texts that an ended transaction of an update has changed, in a transaction of
// its own.
void clean_up_formatting(Doc& doc, const Transaction& transaction);

}  // namespace ycpp::edit
