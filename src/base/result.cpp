#include "base/result.h"

#include <string>

namespace runnel {

const char* errc_name(Errc code) noexcept {
  switch (code) {
    case Errc::Malformed:
      return "malformed";
    case Errc::LimitExceeded:
      return "limit_exceeded";
    case Errc::Invalid:
      return "invalid";
    case Errc::NotFound:
      return "not_found";
    case Errc::Denied:
      return "denied";
    case Errc::Conflict:
      return "conflict";
    case Errc::Unavailable:
      return "unavailable";
    case Errc::Corrupt:
      return "corrupt";
  }
  return "unknown";
}

std::string to_string(const Error& error) {
  if (error.byte == Error::kNoByte) return error.detail;
  return error.detail + " (at byte " + std::to_string(error.byte) + ")";
}

}  // namespace runnel
