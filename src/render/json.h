// SPDX-License-Identifier: Apache-2.0
// An Event as one line of JSON: the protobuf JSON form of the API's GetEventsResponse with the names of the .proto
// file. Zero scalars, empty strings and lists and unset messages are left out; members that the schema wraps (pid,
// tid, uid, auid, in_init_tree, the ids of credentials, a link count) are printed whenever they are set, and so is
// the value of an argument. 64-bit integers are strings; times are RFC 3339 in UTC with 0, 3, 6 or 9 digits.
//
// The line is valid UTF-8 and holds no line end, whatever is in the event.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "event/event.h"
#include "render/text_buffer.h"
#include "render/time.h"

namespace tripline {

class JsonOut;

// Writes many events of one node. It remembers the text of the images it has met last, which is most of a line: of
// 1,024 at most, 8 MiB, none of them longer than 64 KiB; and of 256 pods.
class JsonWriter {
 public:
  explicit JsonWriter(const Node& node);

  // Of the node, which lines show from now on.
  void set_labels(const Labels& labels);
  // Adds the line to `out`, without its end.
  void write(TextBuffer& out, const Event& event);
  // Bytes of what it remembers.
  [[nodiscard]] size_t remembered() const { return bytes_; }

 private:
  // The text of an image, and where in it an event puts what it adds.
  struct Image {
    std::string members;
    size_t refcnt = 0, tid = 0, properties = 0;
  };

  struct PodText {
    std::string start, end;
  };

  void write_head(JsonOut& json, const Process& process);
  void write_pod(JsonOut& json, const ProcessPod& pod);
  const Image& image_of(const std::shared_ptr<const Process>& process);
  void write_processes(TextBuffer& out, const Event& event);
  void write_parent(JsonOut& json, const Event& event);
  // A process whose brace has been opened.
  void write_shown(JsonOut& json, const Shown& shown, const BinaryProperties* properties);

  void forget();

  std::string node_name_, cluster_name_, labels_;  // the members, whole
  RecentTime times_;
  std::unordered_map<std::shared_ptr<const Process>, Image> images_;
  size_t bytes_ = 0;  // of their texts
  std::unordered_map<PodViewPtr, PodText> pods_;
  TextBuffer made_;  // the last one, while it is written
  Image long_;       // the last one that was too long to be remembered
  // How the last event of a call began, up to its ancestors, and its processes: most have those of the one before.
  Shown process_;
  std::optional<Shown> parent_;
  std::string processes_;
};

// The same for a single event.
[[nodiscard]] std::string to_json(const Event& event, const Node& node);

}  // namespace tripline
