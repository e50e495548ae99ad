// SPDX-License-Identifier: Apache-2.0
// JSON as the API server, the webhook's callers and container runtimes send it. What is read can be written and is the same
// again; the parts that are asked for are the same as when all is read; and a list that comes in pieces is cut into the
// objects that it has when it is read whole.
#include <array>
#include <string>
#include <vector>

#include "fuzz/input.h"
#include "kube/items.h"
#include "kube/json.h"

namespace {

using namespace tripline;
using fuzz::require;
using kube::Json;

constexpr auto kWanted =
    std::to_array<std::string_view>({"kind", "metadata.name", "spec", "items.metadata", "status.a.b.c"});

template <typename Splitter>
struct Cut {
  std::vector<std::string> texts;
  bool good = true;

  Cut(std::string_view text, size_t piece, size_t longest) : splitter(longest) {
    for (; good && !text.empty(); text.remove_prefix(std::min(piece, text.size())))
      good = splitter.add(text.substr(0, piece), [this](std::string_view each) {
        texts.emplace_back(each);
        return texts.size() < 100;
      });
  }
  Splitter splitter;
};

template <typename Splitter>
std::vector<std::string> cut_in_pieces(std::string_view text, size_t longest) {
  const Cut<Splitter> whole(text, text.size() + 1, longest);
  for (const size_t piece : {1, 7}) {
    const Cut<Splitter> pieces(text, piece, longest);
    require(pieces.good == whole.good && pieces.texts == whole.texts);
  }
  for (const std::string& each : whole.texts) require(each.size() <= longest);
  return whole.texts;
}

// The plain case: an object with one `items`, whose members are objects, and no escapes that could hide a name.
bool is_plain_list(const Json& json, std::string_view text) {
  size_t lists = 0;
  for (const kube::JsonMember& member : json.members) lists += member.name == "items" ? 1 : 0;
  const Json& items = json.at("items");
  if (lists != 1 || items.kind != Json::Kind::kArray || text.contains('\\')) return false;
  for (const Json& each : items.items)
    if (each.kind != Json::Kind::kObject) return false;
  return items.items.size() < 100;
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the fuzzer's driver calls it by this name
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  (void)cut_in_pieces<kube::Lines>(text, 64);
  (void)cut_in_pieces<kube::Items>(text, 64);
  const std::vector<std::string> items = cut_in_pieces<kube::Items>(text, size + 1);

  const auto json = kube::read_json(text);
  const auto parts = kube::read_json(text, kWanted);
  if (!json) return 0;
  require(!text.contains('\0'));
  const std::string written = kube::json_text(*json);
  const auto again = kube::read_json(written);
  require(again && kube::json_text(*again) == written);

  require(parts.has_value());
  const auto same = [](const Json& one, const Json& other) {
    require(kube::json_text(one) == kube::json_text(other));
  };
  same(json->at("kind"), parts->at("kind"));
  same(json->at("metadata").at("name"), parts->at("metadata").at("name"));
  same(json->at("spec"), parts->at("spec"));

  if (!is_plain_list(*json, text)) return 0;
  const std::vector<Json>& listed = json->at("items").items;
  require(items.size() == listed.size());
  for (size_t at = 0; at < items.size(); ++at) {
    const auto item = kube::read_json(items[at]);
    require(item.has_value());
    same(*item, listed[at]);
  }
  return 0;
}
