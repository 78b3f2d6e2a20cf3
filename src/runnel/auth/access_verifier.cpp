#include "runnel/auth/access_verifier.h"

namespace runnel::auth {

int deny_status(DenyReason reason) noexcept {
  switch (reason) {
    case DenyReason::MissingToken:
    case DenyReason::InvalidToken:
      return 401;
    case DenyReason::Forbidden:
    case DenyReason::WrongRoom:
      return 403;
    case DenyReason::TooManyRefusals:
      return 429;
  }
  return 401;
}

std::string_view deny_text(DenyReason reason) noexcept {
  switch (reason) {
    case DenyReason::MissingToken:
      return "Missing token";
    case DenyReason::InvalidToken:
      return "Unauthorized";
    case DenyReason::Forbidden:
      return "Forbidden";
    case DenyReason::WrongRoom:
      return "Room mismatch";
    case DenyReason::TooManyRefusals:
      return "Too many refused attempts";
  }
  return "Unauthorized";
}

std::string_view deny_code(DenyReason reason) noexcept {
  switch (reason) {
    case DenyReason::MissingToken:
      return "AUTH_MISSING";
    case DenyReason::InvalidToken:
      return "AUTH_INVALID";
    case DenyReason::Forbidden:
    case DenyReason::WrongRoom:
    case DenyReason::TooManyRefusals:
      return "AUTH_FORBIDDEN";
  }
  return "AUTH_INVALID";
}

}  // namespace runnel::auth
