// SPDX-License-Identifier: Apache-2.0
// Which fields of its events a reader gets. Filters work one after the other on the event alone: the envelope (time,
// node) always stays, and so does the event itself, even with nothing left in it.
//
// Paths may be in snake_case or camelCase. A path whose end is no field counts as far as it is known: to include it keeps
// an empty message, to exclude it does nothing. A filter without paths does nothing.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace google::protobuf {
class Descriptor;
class FieldDescriptor;
class Message;
}  // namespace google::protobuf

namespace tetragon {
class FieldFilter;
class GetEventsRequest;
class GetEventsResponse;
}  // namespace tetragon

namespace tripline {

class FieldFilters {
 public:
  FieldFilters() = default;
  // Of its field_filters.
  explicit FieldFilters(const tetragon::GetEventsRequest& request);

  void apply(tetragon::GetEventsResponse& message) const;
  // No event is changed.
  [[nodiscard]] bool empty() const { return filters_.empty(); }
  // Paths that no kind of event has, with the nearest that one has where there is one: "process.binry, did you mean ...".
  [[nodiscard]] const std::vector<std::string>& unknown() const { return unknown_; }

 private:
  // What is said of the fields of one kind of message. A field that is in neither list is not named.
  struct Mask {
    std::vector<const google::protobuf::FieldDescriptor*> whole;
    std::vector<std::pair<const google::protobuf::FieldDescriptor*, Mask>> parts;
    // Of a map: its entries, by name.
    std::vector<std::string> keys;
  };
  struct Filter {
    bool include = true;
    std::map<int, Mask> masks;  // by the number of the event's type; the filter is not for others
  };
  struct Path;
  static Mask mask_of(const std::vector<Path>& paths, const google::protobuf::Descriptor& message);
  static void change(const Mask& mask, bool include, google::protobuf::Message& message);
  static void change_map(const Mask& mask, bool include, google::protobuf::Message& message,
                         const google::protobuf::FieldDescriptor& field);
  void add(const tetragon::FieldFilter& filter);
  void note_unknown(const Path& path);

  std::vector<Filter> filters_;
  std::vector<std::string> unknown_;
};

}  // namespace tripline
