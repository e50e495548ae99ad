// SPDX-License-Identifier: Apache-2.0
// Which fields of its events a reader gets. Filters are applied in turn to the event alone: the envelope (time,
// node) always stays, and so does the event itself, even if it becomes empty.
//
// Paths may be in snake_case or camelCase. A path that ends in an unknown field counts as far as it is known:
// including it keeps an empty message, excluding it does nothing. A filter without paths does nothing.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
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
  static constexpr size_t kMostUnknown = 100;

  FieldFilters() = default;
  // Of its field_filters.
  explicit FieldFilters(const tetragon::GetEventsRequest& request);

  void apply(tetragon::GetEventsResponse& message) const;
  // The same for a line of JSON as render/json.h writes it: adds to `out` what is left of it. False when that takes the
  // message, for a path that goes into a time or a wrapped number; `out` is then as it was. It remembers the processes of
  // the last line, which the next one mostly has as well, so only one thread may call it.
  [[nodiscard]] bool cut(std::string_view line, std::string& out);
  // No event is changed.
  [[nodiscard]] bool empty() const { return filters_.empty(); }
  // The first kMostUnknown paths that no kind of event has, with the nearest that one has where there is one: "process.binry, did you mean ...".
  [[nodiscard]] const std::vector<std::string>& unknown() const { return unknown_; }

 private:
  // What is said of the fields of one kind of message. A field that is in neither list is not named.
  struct Part;
  struct Mask {
    std::vector<const google::protobuf::FieldDescriptor*> whole;
    std::vector<Part> parts;
    // Of a map: its entries, by name.
    std::vector<std::string> keys;
  };
  struct Part {
    const google::protobuf::FieldDescriptor* field = nullptr;
    Mask mask;
  };
  struct Filter {
    bool include = true;
    std::map<int, Mask> masks;  // by the number of the event's type; the filter is not for others
  };
  struct Path;
  // A member as it stood in a line, and what was left of it.
  struct Remembered {
    std::string whole;
    std::string left;
  };
  // What all filters together leave of one kind of message: of each field, in their order, or of a map.
  struct Cut {
    static constexpr size_t kNoPart = -1;
    struct Member {
      std::string name;
      bool keep = true;
      size_t part = kNoPart;  // in `parts`: what is left of it; kNoPart: all
    };
    std::vector<Member> members;
    std::vector<Cut> parts;
    std::optional<Remembered> last;  // of a part that lines often repeat
    bool is_map = false;
    bool keeps_others = true;             // entries that are not among these
    std::vector<std::string> exceptions;  // names of entries

    static Cut whole(const google::protobuf::Descriptor& message);
    // False when a line cannot be cut so.
    bool narrow(const google::protobuf::Descriptor& message, const Mask& mask, bool include);
    void narrow_map(const Mask& mask, bool include);
    // Does the member stay? Looked for from `next` on, which is left behind it; `part` is set when only some of it stays.
    bool keeps(std::string_view name, size_t& next, Cut*& part);
    [[nodiscard]] bool keeps_key(std::string_view raw) const;
  };
  struct KindCut {
    std::string name;  // of the event
    bool possible = true;
    Cut cut;
  };
  struct Cutter;
  static Mask mask_of(const std::vector<Path>& paths, const google::protobuf::Descriptor& message);
  static void change(const Mask& mask, bool include, google::protobuf::Message& message);
  static void change_map(const Mask& mask, bool include, google::protobuf::Message& message,
                         const google::protobuf::FieldDescriptor& field);
  void add(const tetragon::FieldFilter& filter);
  void make_cuts();
  static void remember_processes(const google::protobuf::Descriptor& message, Cut& cut);
  void note_unknown(const Path& path);

  std::vector<Filter> filters_;
  std::vector<KindCut> cuts_;  // of the kinds that a filter is for
  std::vector<std::string> unknown_;
};

}  // namespace tripline
