#include "ycpp/doc/subdocument_options.h"

#include "ycpp/encoding/any.h"
#include "ycpp/encoding/byte_reader.h"

namespace ycpp {

bool subdocument_loads_itself(ByteView options) {
  ByteReader reader(options);
  const Any value = read_any(reader);
  const AnyObject* const object = value.as_object();
  if (object == nullptr) return false;
  for (const char* const key : {"autoLoad", "shouldLoad"}) {
    const Any* const option = object->find(key);
    const bool* const flag = option == nullptr ? nullptr : option->as_bool();
    if (flag != nullptr && *flag) return true;
  }
  return false;
}

}  // namespace ycpp
