// SPDX-License-Identifier: Apache-2.0
#include "cel/print.h"

#include <array>
#include <cstdio>

#include "cel/message.h"
#include "cel/network.h"
#include "cel/number_text.h"
#include "cel/time.h"
#include "cel/type_name.h"

namespace tripline::cel {
namespace {

void add_escaped(std::string& out, char byte, std::string_view form) {
  std::array<char, 8> buffer{};
  (void)std::snprintf(buffer.data(), buffer.size(), form.data(),
                      static_cast<unsigned>(static_cast<unsigned char>(byte)));
  out += buffer.data();
}

// Controls as JSON writes them.
std::string quoted(std::string_view text) {
  constexpr std::string_view kPlain = "\"\\\b\f\n\r\t";
  constexpr std::string_view kLetters = "\"\\bfnrt";
  std::string out = "\"";
  for (const char byte : text) {
    if (const size_t at = kPlain.find(byte); at != std::string_view::npos) {
      out += '\\';
      out += kLetters[at];
    } else if (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7F) {
      add_escaped(out, byte, "\\u%04x");
    } else {
      out += byte;
    }
  }
  return out + '"';
}

std::string quoted_bytes(std::string_view bytes) {
  std::string out = "b\"";
  for (const char byte : bytes) {
    if (byte == '"' || byte == '\\') {
      out += '\\';
      out += byte;
    } else if (byte < 0x20 || byte == 0x7F) {  // also all above
      add_escaped(out, byte, "\\x%02x");
    } else {
      out += byte;
    }
  }
  return out + '"';
}

std::string real(double value) {
  std::string out = to_text(value);
  if (out.find_first_of(".enNI") == std::string::npos) out += ".0";
  return out;
}

class Printer {
 public:
  void add(const Value& value) {
    switch (value.kind()) {
      case Kind::kNull:
        out += "null";
        return;
      case Kind::kBool:
        out += value.as<bool>() ? "true" : "false";
        return;
      case Kind::kInt:
        out += std::to_string(value.as<int64_t>());
        return;
      case Kind::kUint:
        out += std::to_string(value.as<uint64_t>()) + "u";
        return;
      case Kind::kDouble:
        out += real(value.as<double>());
        return;
      case Kind::kString:
        out += quoted(value.as<Text>().view);
        return;
      case Kind::kBytes:
        out += quoted_bytes(value.as<Bytes>().view);
        return;
      case Kind::kList:
        add_list(*value.as<List>().items);
        return;
      case Kind::kMap:
        add_map(*value.as<Map>().entries);
        return;
      case Kind::kTimestamp:
        out += "timestamp(\"" + to_text(value.as<Timestamp>()) + "\")";
        return;
      case Kind::kDuration:
        out += "duration(\"" + to_text(value.as<Duration>()) + "\")";
        return;
      case Kind::kType:
        out += value.as<TypeName>().name;
        return;
      case Kind::kMessage:
        add_message(value);
        return;
      case Kind::kOptional:
        add_optional(value.as<Optional>());
        return;
      case Kind::kIp:
        out += "ip(\"" + to_text(value.as<Ip>()) + "\")";
        return;
      case Kind::kCidr:
        out += "cidr(\"" + to_text(value.as<Cidr>()) + "\")";
        return;
    }
  }

  std::string out;

 private:
  void add_list(const std::vector<Value>& items) {
    out += '[';
    for (size_t at = 0; at < items.size(); ++at) {
      if (at > 0) out += ", ";
      add(items[at]);
    }
    out += ']';
  }

  void add_map(const Entries& entries) {
    out += '{';
    for (size_t at = 0; at < entries.size(); ++at) {
      if (at > 0) out += ", ";
      add(entries.all()[at].first);
      out += ": ";
      add(entries.all()[at].second);
    }
    out += '}';
  }

  void add_message(const Value& message) {
    out += type_name(message);
    out += '{';
    bool first = true;
    for (const auto& [name, value] : set_fields(message.as<MessageRef>())) {
      if (!first) out += ", ";
      first = false;
      out += name + ": ";
      add(value);
    }
    out += '}';
  }

  void add_optional(const Optional& optional) {
    if (optional.value == nullptr) {
      out += "optional.none()";
      return;
    }
    out += "optional.of(";
    add(*optional.value);
    out += ')';
  }
};

}  // namespace

std::string printed(const Value& value) {
  Printer printer;
  printer.add(value);
  return printer.out;
}

}  // namespace tripline::cel
