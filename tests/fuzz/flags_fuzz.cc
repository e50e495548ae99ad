// SPDX-License-Identifier: Apache-2.0
// Words of a command line, one to a line, and each as a list, a length of time and a number: whatever can be read can be
// written, and is the same again.
#include <string>
#include <variant>
#include <vector>

#include "flags/complete.h"
#include "flags/csv.h"
#include "flags/help.h"
#include "flags/number.h"
#include "flags/parse.h"
#include "flags/program.h"
#include "fuzz/input.h"

namespace {

using namespace tripline;
using fuzz::require;

void read_word(std::string_view word) {
  if (const auto list = flags::parse_csv(word)) {
    const bool is_one_empty = list->size() == 1 && list->front().empty();
    const auto again = flags::parse_csv(flags::csv_text(*list));
    require(again && (*again == *list || is_one_empty));
  }
  if (const auto duration = flags::parse_duration(word))
    require(flags::parse_duration(flags::duration_text(*duration)) == duration);
  if (const auto number = flags::parse_int(word))
    require(flags::parse_int(std::to_string(*number)) == number && flags::decimal(std::to_string(*number)));
  if (const auto number = flags::parse_uint(word))
    require(flags::parse_uint(std::to_string(*number)) == number);
  (void)flags::parse_bool(word);
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the fuzzer's driver calls it by this name
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::vector<std::string_view> words = fuzz::parts_of(fuzz::text_of(data, size), '\n', 64);
  for (const std::string_view word : words) read_word(word);

  const flags::Outcome outcome = flags::parse(flags::kProgram, words);
  if (const auto* parsed = std::get_if<flags::Parsed>(&outcome)) {
    require(!parsed->path.empty() && parsed->words.size() <= words.size());
    for (const flags::Setting& setting : parsed->settings) (void)flags::value_text(setting.value);
  } else if (const auto* help = std::get_if<flags::HelpWanted>(&outcome)) {
    require(!flags::help_text(help->path).empty());
  } else {
    require(!flags::refusal_text(std::get<flags::Refusal>(outcome), true).empty());
  }
  for (const bool described : {false, true})
    require(flags::complete(flags::kProgram, words, described).contains(':'));
  return 0;
}
