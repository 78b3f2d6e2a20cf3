#include "runnel/backend/outbox.h"

namespace runnel::backend {

std::string_view backend_state_name(BackendState state) noexcept {
  switch (state) {
    case BackendState::None:
      return "none";
    case BackendState::Unknown:
      return "unknown";
    case BackendState::Saved:
      return "saved";
    case BackendState::Waiting:
      return "waiting";
    case BackendState::TooLarge:
      return "too_large";
    case BackendState::Denied:
      return "denied";
    case BackendState::Unconfigured:
      return "unconfigured";
  }
  return "unknown";
}

}  // namespace runnel::backend
