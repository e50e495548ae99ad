// SPDX-License-Identifier: Apache-2.0
// The .proto files against the table of the API, row by row, and no more in them than the table has.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tetragon/eventlogservice.pb.h"
#include "tetragon/events.pb.h"
#include "tetragon/sensors.pb.h"

namespace tripline {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::OneofDescriptor;
using google::protobuf::ServiceDescriptor;

struct Row {
  std::string kind, name, member, number, type, label, deprecated;
  bool operator==(const Row&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Row& row) {
  return out << row.kind << ' ' << row.name << '.' << row.member << " number " << row.number << " type "
             << row.type << " label " << row.label << " deprecated " << row.deprecated;
}

std::vector<Row> table() {
  std::ifstream file(TRIPLINE_TEST_DATA "/../serve/api.tsv");
  std::vector<Row> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#') || line.starts_with("kind\t")) continue;
    std::istringstream cells(line);
    Row row;
    for (std::string* cell :
         {&row.kind, &row.name, &row.member, &row.number, &row.type, &row.label, &row.deprecated})
      std::getline(cells, *cell, '\t');
    rows.push_back(row);
  }
  return rows;
}

// Without the package.
std::string local(const std::string& full_name) {
  const std::string package = "tetragon.";
  return full_name.starts_with(package) ? full_name.substr(package.size()) : full_name;
}

std::string type_of(const FieldDescriptor& field) {
  if (field.is_map()) {
    const Descriptor& entry = *field.message_type();
    return "map<" + type_of(*entry.map_key()) + "," + type_of(*entry.map_value()) + ">";
  }
  std::string name = field.type_name();
  if (field.message_type()) name = field.message_type()->full_name();
  if (field.enum_type()) name = field.enum_type()->full_name();
  name = local(name);
  // A message that stands in another is written as that one sees it.
  const std::string outer = local(field.containing_type()->full_name()) + ".";
  return name.starts_with(outer) ? name.substr(outer.size()) : name;
}

std::string label_of(const FieldDescriptor& field) {
  if (field.is_map()) return "";
  if (field.is_repeated()) return "repeated";
  if (const OneofDescriptor* oneof = field.real_containing_oneof()) return "oneof " + oneof->name();
  return field.has_optional_keyword() ? "optional" : "";
}

std::string yes(bool deprecated) { return deprecated ? "yes" : ""; }

// "2 to 4, 6", from ranges whose ends are as `last` gives them.
template <typename T, typename Last>
std::string reserved(const T& ranges, Last last) {
  std::string text;
  for (const auto& range : ranges) {
    if (!text.empty()) text += ", ";
    text += std::to_string(range.start());
    if (last(range) > range.start()) text += " to " + std::to_string(last(range));
  }
  return text;
}

class Lister {
 public:
  std::vector<Row> rows;

  void add(const FileDescriptor& file) {
    for (int at = 0; at < file.enum_type_count(); at++) add(*file.enum_type(at));
    for (int at = 0; at < file.message_type_count(); at++) add(*file.message_type(at));
    for (int at = 0; at < file.service_count(); at++) add(*file.service(at));
  }

 private:
  void add(const EnumDescriptor& type) {
    google::protobuf::EnumDescriptorProto proto;
    type.CopyTo(&proto);
    if (proto.reserved_range_size() > 0) {
      rows.push_back({"enum", local(type.full_name()), "(reserved)",
                      reserved(proto.reserved_range(), [](const auto& range) { return range.end(); }), "", "",
                      ""});
    }
    for (int at = 0; at < type.value_count(); at++) {
      const auto& value = *type.value(at);
      rows.push_back({"enum", local(type.full_name()), value.name(), std::to_string(value.number()), "", "",
                      yes(value.options().deprecated())});
    }
  }

  void add(const Descriptor& type) {
    if (type.options().map_entry()) return;
    google::protobuf::DescriptorProto proto;
    type.CopyTo(&proto);
    const std::string name = local(type.full_name());
    rows.push_back({"message", name, "", "", "", "", ""});
    if (proto.reserved_range_size() > 0) {
      rows.push_back({"message", name, "(reserved)",
                      reserved(proto.reserved_range(), [](const auto& range) { return range.end() - 1; }), "",
                      "", ""});
    }
    for (int at = 0; at < type.field_count(); at++) {
      const FieldDescriptor& field = *type.field(at);
      rows.push_back({"message", name, field.name(), std::to_string(field.number()), type_of(field),
                      label_of(field), yes(field.options().deprecated())});
    }
    for (int at = 0; at < type.nested_type_count(); at++) add(*type.nested_type(at));
    for (int at = 0; at < type.enum_type_count(); at++) add(*type.enum_type(at));
  }

  void add(const ServiceDescriptor& service) {
    for (int at = 0; at < service.method_count(); at++) {
      const MethodDescriptor& method = *service.method(at);
      EXPECT_FALSE(method.client_streaming());
      rows.push_back({"service", local(service.full_name()), method.name(), "",
                      local(method.input_type()->full_name()) + " -> " +
                          (method.server_streaming() ? "stream " : "") +
                          local(method.output_type()->full_name()),
                      "", yes(method.options().deprecated())});
    }
  }
};

const std::vector<Row>& described() {
  static const std::vector<Row> rows = [] {
    // Whoever uses a message of a file has the file and those it imports.
    const FileDescriptor* sensors = tetragon::GetInfoRequest::descriptor()->file();
    const FileDescriptor* events = tetragon::GetEventsResponse::descriptor()->file();
    const FileDescriptor* processes = tetragon::Process::descriptor()->file();
    const FileDescriptor* log = tetragon::GetEventLogParamsRequest::descriptor()->file();
    Lister lister;
    for (const FileDescriptor* file : {sensors, events, processes, log}) lister.add(*file);
    for (const char* name : {"tetragon/bpf.proto", "tetragon/capabilities.proto", "tetragon/stack.proto"})
      lister.add(*DescriptorPool::generated_pool()->FindFileByName(name));
    return lister.rows;
  }();
  return rows;
}

// The rows of each thing, in the order in which they stand.
std::map<std::string, std::vector<Row>> by_name(const std::vector<Row>& rows) {
  std::map<std::string, std::vector<Row>> sorted;
  for (const Row& row : rows) sorted[row.kind + " " + row.name].push_back(row);
  return sorted;
}

TEST(Api, IsTheTable) {
  auto expected = by_name(table());
  auto found = by_name(described());
  EXPECT_GT(table().size(), 700u);
  for (const auto& [name, rows] : expected) {
    ASSERT_TRUE(found.contains(name)) << name << " is in no .proto file";
    EXPECT_EQ(found[name], rows) << name;
  }
  for (const auto& [name, rows] : found)
    EXPECT_TRUE(expected.contains(name)) << name << " is not in the table";
}

TEST(Api, PackageAndSyntax) {
  for (const Descriptor* type : {tetragon::GetInfoRequest::descriptor(), tetragon::Process::descriptor()}) {
    EXPECT_EQ(type->file()->package(), "tetragon");
    EXPECT_EQ(type->file()->syntax(), FileDescriptor::SYNTAX_PROTO3);
  }
}

}  // namespace
}  // namespace tripline
