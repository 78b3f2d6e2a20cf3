#include "guide_snippets.h"
#include <gtest/gtest.h>

TEST(YcppGuide, OpeningADocumentAndEditingItWorksAsShown) { open_and_edit(); }

TEST(YcppGuide, CopyingWorksAsShown) { copy(); }

TEST(YcppGuide, ObservingWorksAsShown) { observe(); }

TEST(YcppGuide, SynchronisingTwoDocumentsWorksAsShown) { synchronise(); }

TEST(YcppGuide, StoringWorksAsShown) { store(); }

TEST(YcppGuide, UndoingWorksAsShown) { undo(); }

TEST(YcppGuide, PositionsAndSnapshotsWorkAsShown) { positions_and_snapshots(); }
