#include "runnel/cli/doc_flags.h"

#include "runnel/cli/doc_command.h"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace runnel::cli {

namespace {

using Choose = std::function<void(std::function<int()>)>;

DocStreams standard_streams() { return {.in = std::cin, .out = std::cout, .err = std::cerr}; }

// Options live as long as the parsed command that reads them.
template <class Options>
std::shared_ptr<Options> add(CLI::App& doc, const Choose& choose, const char* name,
                             const char* meaning, const char* examples,
                             int (*run)(const Options&, const DocStreams&), CLI::App*& command) {
  auto options = std::make_shared<Options>();
  command = doc.add_subcommand(name, meaning);
  command->footer(std::string("Examples:\n") + examples);
  command->callback([choose, options, run] {
    choose([options, run] { return run(*options, standard_streams()); });
  });
  return options;
}

CLI::Validator is_format() {
  return CLI::Validator(
      [](const std::string& text) {
        return parse_update_format(text) ? std::string() : "expected v1 or v2, got '" + text + "'";
      },
      "v1|v2");
}

void add_format(CLI::App& command, const char* flag, const char* meaning,
                std::optional<ycpp::UpdateFormat>& format) {
  command
      .add_option_function<std::string>(
          flag, [&format](const std::string& text) { format = parse_update_format(text); }, meaning)
      ->check(is_format());
}

void add_input(CLI::App& command, DocInput& input, int files_max) {
  command.add_option("files", input.files, "update files; - is standard input")
      ->required()
      ->expected(1, files_max);
  add_format(command, "--from", "format of the input (default: recognised)", input.from);
}

void add_output_file(CLI::App& command, DocOutput& output) {
  command.add_option("-o,--output", output.file, "file to write (default standard output)");
}

void add_output(CLI::App& command, DocOutput& output) {
  add_output_file(command, output);
  add_format(command, "--to", "format of the output (default: that of the first input)", output.to);
}

constexpr int kManyFiles = CLI::detail::expected_max_vector_size;  // "files...", says the help

void add_show(CLI::App& doc, const Choose& choose) {
  CLI::App* command = nullptr;
  const auto options = add<DocShow>(
      doc, choose, "show", "Content after applying the files in order",
      "  runnel doc show a.update b.update --root content=text --root tasks=array --json\n",
      doc_show, command);
  add_input(*command, options->input, kManyFiles);
  command
      ->add_option(
          "--root",
          [options](const CLI::results_t& roots) {
            for (const std::string& text : roots) {
              if (auto root = parse_doc_root(text)) options->roots.push_back(*std::move(root));
            }
            return options->roots.size() == roots.size();
          },
          "a root and its type: NAME=text, array, map or xml; may be repeated")
      ->type_name("TEXT")
      ->expected(1, kManyFiles)
      ->required()
      ->allow_extra_args(false)
      ->check(CLI::Validator(
          [](const std::string& text) {
            return parse_doc_root(text)
                       ? std::string()
                       : "expected NAME=text, NAME=array, NAME=map or NAME=xml, got '" + text + "'";
          },
          "NAME=TYPE"));
  command->add_flag("--json", options->json, "as JSON");
}

void add_apply(CLI::App& doc, const Choose& choose) {
  CLI::App* command = nullptr;
  const auto options = add<DocApply>(
      doc, choose, "apply", "Full state of a document after applying the files in order",
      "  runnel doc apply a.update b.update -o state.update --to v2\n", doc_apply, command);
  add_input(*command, options->input, kManyFiles);
  add_output(*command, options->output);
  command->add_flag_callback("--no-gc", [options] { options->gc = false; }, "keep deleted content");
}

void add_merge(CLI::App& doc, const Choose& choose) {
  CLI::App* command = nullptr;
  const auto options =
      add<DocMerge>(doc, choose, "merge", "Merge without a document",
                    "  runnel doc merge a.update b.update -o both.update\n", doc_merge, command);
  add_input(*command, options->input, kManyFiles);
  add_output(*command, options->output);
}

void add_diff(CLI::App& doc, const Choose& choose) {
  CLI::App* command = nullptr;
  const auto options = add<DocDiff>(
      doc, choose, "diff", "What a state vector lacks",
      "  runnel doc diff state.update --sv theirs.sv -o missing.update\n", doc_diff, command);
  add_input(*command, options->input, 1);
  command->add_option("--sv", options->state_vector, "file with the state vector")->required();
  add_output(*command, options->output);
}

void add_state_vector(CLI::App& doc, const Choose& choose) {
  CLI::App* command = nullptr;
  const auto options =
      add<DocStateVector>(doc, choose, "sv", "State vector of an update",
                          "  runnel doc sv state.update -o state.sv\n", doc_state_vector, command);
  add_input(*command, options->input, 1);
  add_output_file(*command, options->output);
}

void add_convert(CLI::App& doc, const Choose& choose) {
  CLI::App* command = nullptr;
  const auto options = add<DocConvert>(doc, choose, "convert", "Between update formats V1 and V2",
                                       "  runnel doc convert state.update --to v2 -o state.v2\n",
                                       doc_convert, command);
  add_input(*command, options->input, 1);
  add_output_file(*command, options->output);
  add_format(*command, "--to", "format of the output", options->output.to);
  command->get_option("--to")->required();
}

void add_inspect(CLI::App& doc, const Choose& choose) {
  CLI::App* command = nullptr;
  const auto options =
      add<DocInspect>(doc, choose, "inspect", "Structs and delete set, one line each",
                      "  runnel doc inspect state.update\n", doc_inspect, command);
  add_input(*command, options->input, 1);
}

}  // namespace

void add_doc_commands(CLI::App& app, const Choose& choose) {
  CLI::App* const doc =
      app.add_subcommand("doc", "Look at update files, apply, merge and convert them");
  doc->require_subcommand(1);
  add_show(*doc, choose);
  add_apply(*doc, choose);
  add_merge(*doc, choose);
  add_diff(*doc, choose);
  add_state_vector(*doc, choose);
  add_convert(*doc, choose);
  add_inspect(*doc, choose);
}

}  // namespace runnel::cli
