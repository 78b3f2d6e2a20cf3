#include "runnel/cli/doc_command.h"

#include "base/read_stream.h"
#include "ycpp/doc/doc.h"
#include "ycpp/encoding/json.h"
#include "ycpp/state_vector.h"
#include "ycpp/types/roots.h"
#include "ycpp/update/convert.h"
#include "ycpp/update/diff.h"
#include "ycpp/update/format.h"
#include "ycpp/update/inspect.h"
#include "ycpp/update/merge.h"
#include "ycpp/update/update_meta.h"

#include <fstream>
#include <ios>
#include <istream>
#include <ostream>
#include <set>
#include <utility>

namespace runnel::cli {

namespace {

using ycpp::UpdateFormat;

// An update and how it is written.
struct LoadedUpdate {
  Bytes bytes;
  UpdateFormat format{UpdateFormat::V1};
};

Error with_file(Error error, const std::string& file) {
  error.detail = (file == "-" ? std::string("standard input") : file) + ": " + error.detail;
  return error;
}

Result<Bytes> read_file(const std::string& file, const DocStreams& streams) {
  if (file == "-") return to_bytes(RUNNEL_TRY(read_stream(streams.in, "standard input")));
  std::ifstream stream{file, std::ios::binary};
  if (!stream) return fail(Errc::NotFound, file + ": cannot be opened");
  return to_bytes(RUNNEL_TRY(read_stream(stream, file)));
}

Result<LoadedUpdate> load(const std::string& file, std::optional<UpdateFormat> from,
                          const DocStreams& streams) {
  Bytes bytes = RUNNEL_TRY(read_file(file, streams));
  if (from) return LoadedUpdate{.bytes = std::move(bytes), .format = *from};
  const Result<UpdateFormat> format = ycpp::recognise_update_format(bytes);
  if (!format) return std::unexpected(with_file(format.error(), file));
  return LoadedUpdate{.bytes = std::move(bytes), .format = *format};
}

Result<std::vector<LoadedUpdate>> load_all(const DocInput& input, const DocStreams& streams) {
  std::vector<LoadedUpdate> updates;
  updates.reserve(input.files.size());
  for (const std::string& file : input.files) {
    updates.push_back(RUNNEL_TRY(load(file, input.from, streams)));
  }
  if (updates.empty()) return fail(Errc::Invalid, "no file is given");
  return updates;
}

Result<void> write_output(const std::string& file, ByteView bytes, const DocStreams& streams) {
  const std::string_view text = as_text(bytes);
  if (file.empty()) {
    streams.out.write(text.data(), static_cast<std::streamsize>(text.size()));
    streams.out.flush();
    if (streams.out) return {};
    return fail(Errc::Unavailable, "standard output: cannot be written");
  }
  std::ofstream stream{file, std::ios::binary | std::ios::trunc};
  stream.write(text.data(), static_cast<std::streamsize>(text.size()));
  stream.close();
  if (!stream) return fail(Errc::Unavailable, file + ": cannot be written");
  return {};
}

int exit_code(const Result<void>& result, const DocStreams& streams) {
  if (result) return 0;
  streams.err << "runnel doc: " << to_string(result.error()) << '\n';
  return 1;
}

Result<void> apply_all(ycpp::Doc& doc, const DocInput& input,
                       const std::vector<LoadedUpdate>& updates) {
  for (std::size_t i = 0; i < updates.size(); ++i) {
    const Result<void> applied = updates[i].format == UpdateFormat::V1
                                     ? doc.apply_update_v1(updates[i].bytes)
                                     : doc.apply_update_v2(updates[i].bytes);
    if (!applied) return std::unexpected(with_file(applied.error(), input.files[i]));
  }
  return {};
}

Result<void> apply(const DocApply& options, const DocStreams& streams) {
  const auto updates = RUNNEL_TRY(load_all(options.input, streams));
  ycpp::DocOptions doc_options;
  doc_options.gc = options.gc;
  ycpp::Doc doc{std::move(doc_options)};
  RUNNEL_TRY_VOID(apply_all(doc, options.input, updates));
  const UpdateFormat to = options.output.to.value_or(updates.front().format);
  const Bytes state =
      to == UpdateFormat::V1 ? doc.encode_state_as_update() : doc.encode_state_as_update_v2();
  return write_output(options.output.file, state, streams);
}

Result<void> merge(const DocMerge& options, const DocStreams& streams) {
  auto updates = RUNNEL_TRY(load_all(options.input, streams));
  const UpdateFormat to = options.output.to.value_or(updates.front().format);
  std::vector<ByteView> views;
  for (std::size_t i = 0; i < updates.size(); ++i) {
    auto converted = ycpp::convert_update_format(updates[i].bytes, updates[i].format, to);
    if (!converted) return std::unexpected(with_file(converted.error(), options.input.files[i]));
    updates[i].bytes = *std::move(converted);
    views.emplace_back(updates[i].bytes);
  }
  const Bytes merged = RUNNEL_TRY(ycpp::merge_updates(views, to));
  return write_output(options.output.file, merged, streams);
}

// Runs an operation on the one file of a command.
template <class Operation>
Result<void> on_one_file(const DocInput& input, const DocOutput& output, const DocStreams& streams,
                         Operation operation) {
  const auto updates = RUNNEL_TRY(load_all(input, streams));
  if (updates.size() != 1) return fail(Errc::Invalid, "one file is expected");
  const auto result = operation(updates.front());
  if (!result) return std::unexpected(with_file(result.error(), input.files.front()));
  return write_output(output.file, *result, streams);
}

Result<void> diff(const DocDiff& options, const DocStreams& streams) {
  const Bytes bytes = RUNNEL_TRY(read_file(options.state_vector, streams));
  const auto state_vector = ycpp::StateVector::decode(bytes);
  if (!state_vector) return std::unexpected(with_file(state_vector.error(), options.state_vector));
  return on_one_file(options.input, options.output, streams,
                     [&options, &state_vector](const LoadedUpdate& update) -> Result<Bytes> {
                       const Bytes difference = RUNNEL_TRY(
                           ycpp::diff_update(update.bytes, *state_vector, update.format));
                       return ycpp::convert_update_format(
                           difference, update.format, options.output.to.value_or(update.format));
                     });
}

ycpp::SharedType root_of(ycpp::Doc& doc, const DocRoot& root) {
  switch (root.kind) {
    case RootKind::Text:
      return doc.get_text(root.name);
    case RootKind::Array:
      return doc.get_array(root.name);
    case RootKind::Map:
      return doc.get_map(root.name);
    case RootKind::Xml:
      return doc.get_xml_fragment(root.name);
  }
  return doc.get_text(root.name);
}

// Text and XML as they stand, one root after the other; what has no other form as JSON.
std::string plain(const ycpp::Any& content) {
  const std::string* const text = content.as_string();
  return (text != nullptr ? *text : ycpp::to_json(content)) + "\n";
}

Result<void> check_roots(const std::vector<DocRoot>& roots) {
  std::set<std::string> names;
  for (const DocRoot& root : roots) {
    if (names.insert(root.name).second) continue;
    return fail(Errc::Invalid, "--root " + root.name + " is given twice; a root has one type");
  }
  return {};
}

Result<void> show(const DocShow& options, const DocStreams& streams) {
  RUNNEL_TRY_VOID(check_roots(options.roots));
  const auto updates = RUNNEL_TRY(load_all(options.input, streams));
  ycpp::Doc doc{ycpp::DocOptions{}};
  RUNNEL_TRY_VOID(apply_all(doc, options.input, updates));
  ycpp::AnyObject all;
  std::string text;
  for (const DocRoot& root : options.roots) {
    ycpp::Any content = root_of(doc, root).to_json();
    if (options.json) {
      all.set(root.name, std::move(content));
    } else {
      text += plain(content);
    }
  }
  if (doc.pending_bytes() > 0) {
    streams.err << "runnel doc: note: a part waits for updates that are not among the files; "
                   "name all of them\n";
  }
  if (options.json) text = ycpp::to_json(ycpp::Any(std::move(all))) + "\n";
  return write_output({}, as_bytes(text), streams);
}

}  // namespace

std::optional<UpdateFormat> parse_update_format(const std::string& text) {
  if (text == "v1") return UpdateFormat::V1;
  if (text == "v2") return UpdateFormat::V2;
  return std::nullopt;
}

std::optional<DocRoot> parse_doc_root(const std::string& text) {
  const std::size_t equals = text.rfind('=');
  if (equals == std::string::npos) return std::nullopt;
  const std::string name = text.substr(0, equals);
  const std::string kind = text.substr(equals + 1);
  if (kind == "text") return DocRoot{.name = name, .kind = RootKind::Text};
  if (kind == "array") return DocRoot{.name = name, .kind = RootKind::Array};
  if (kind == "map") return DocRoot{.name = name, .kind = RootKind::Map};
  if (kind == "xml") return DocRoot{.name = name, .kind = RootKind::Xml};
  return std::nullopt;
}

int doc_show(const DocShow& options, const DocStreams& streams) {
  return exit_code(show(options, streams), streams);
}

int doc_apply(const DocApply& options, const DocStreams& streams) {
  return exit_code(apply(options, streams), streams);
}

int doc_merge(const DocMerge& options, const DocStreams& streams) {
  return exit_code(merge(options, streams), streams);
}

int doc_diff(const DocDiff& options, const DocStreams& streams) {
  return exit_code(diff(options, streams), streams);
}

int doc_state_vector(const DocStateVector& options, const DocStreams& streams) {
  return exit_code(on_one_file(options.input, options.output, streams,
                               [](const LoadedUpdate& update) {
                                 return ycpp::encode_state_vector_from_update(update.bytes,
                                                                              update.format);
                               }),
                   streams);
}

int doc_convert(const DocConvert& options, const DocStreams& streams) {
  return exit_code(on_one_file(options.input, options.output, streams,
                               [&options](const LoadedUpdate& update) {
                                 return ycpp::convert_update_format(
                                     update.bytes, update.format,
                                     options.output.to.value_or(update.format));
                               }),
                   streams);
}

int doc_inspect(const DocInspect& options, const DocStreams& streams) {
  return exit_code(on_one_file(options.input, {}, streams,
                               [](const LoadedUpdate& update) -> Result<Bytes> {
                                 const std::string text =
                                     RUNNEL_TRY(ycpp::inspect_update(update.bytes, update.format));
                                 return to_bytes(text);
                               }),
                   streams);
}

}  // namespace runnel::cli
