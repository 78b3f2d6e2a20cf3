#include "runnel/storage/room_store.h"
