#include "runnel/backend/room_snapshots.h"
