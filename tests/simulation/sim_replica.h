// What a replica has: a document of our engine, and whether it covers another's.
#pragma once

#include "base/bytes.h"
#include "base/random_source.h"
#include "ycpp/doc/doc.h"

#include <cstdint>
#include <optional>

namespace runnel::simulation {

// Whether `doc` has every struct and deletion that `other` has.
[[nodiscard]] bool covers(ycpp::Doc& doc, ycpp::Doc& other);

// The same state: nothing more and nothing less.
[[nodiscard]] bool equal(ycpp::Doc& doc, ycpp::Doc& other);

// An update that types some letters behind what `client` has typed so far (`typed` units), into the
// root text "t".
[[nodiscard]] Bytes type_update(std::uint64_t client, std::uint64_t typed, std::size_t letters,
                                RandomSource& random);

// An update that deletes a few units that the document has, of anybody; none when it is empty.
[[nodiscard]] std::optional<Bytes> erase_update(ycpp::Doc& doc, RandomSource& random);

}  // namespace runnel::simulation
