// What a fuzz target defines, and the helpers that targets share.
#pragma once

#include "base/bytes.h"

#include <cstddef>
#include <cstdint>

// libFuzzer calls this with each input. Must not keep anything from one call to the next.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

// libFuzzer's own mutator, for custom ones.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t size_max);

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t size_max, unsigned seed);

namespace runnel::fuzz {

inline ByteView input(const std::uint8_t* data, std::size_t size) noexcept { return {data, size}; }

}  // namespace runnel::fuzz
