#include "guide_snippets.h"
#include <gtest/gtest.h>

TEST(YcppGuide, OpeningADocumentAndEditingItWorksAsShown) { open_and_edit(); }

TEST(YcppGuide, CopyingWorksAsShown) { copy(); }

TEST(YcppGuide, ObservingWorksAsShown) { observe(); }

TEST(YcppGuide, WatchingTransactionsWorksAsShown) { watch_transactions(); }

TEST(YcppGuide, KeepingWhatIsDeletedWorksAsShown) { keep_deleted(); }

TEST(YcppGuide, SynchronisingTwoDocumentsWorksAsShown) { synchronise(); }

TEST(YcppGuide, StoringWorksAsShown) { store(); }

TEST(YcppGuide, UndoingWorksAsShown) { undo(); }

TEST(YcppGuide, KnowingWhoItWasWorksAsShown) { who_was_it(); }

TEST(YcppGuide, PositionsAndSnapshotsWorkAsShown) { positions_and_snapshots(); }
