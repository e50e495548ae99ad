// SPDX-License-Identifier: Apache-2.0
// Puts together small BTF for tests, valid or not: each call adds one type and returns its id.
#pragma once

#include <linux/btf.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace tripline::test {

class BtfBuilder {
 public:
  BtfBuilder() = default;
  // Of a module: its types and strings go on where those of `base` end.
  static BtfBuilder after(const BtfBuilder& base) {
    BtfBuilder out;
    out.last_ = base.last_;
    out.first_string_ = static_cast<uint32_t>(base.strings_.size());
    out.strings_.clear();
    return out;
  }

  struct Member {
    std::string_view name;
    uint32_t type = 0;
    uint32_t offset = 0;  // bits; with kind_flag the width of a bit-field is in the upper byte
  };
  struct Parameter {
    std::string_view name;
    uint32_t type = 0;
  };

  uint32_t integer(std::string_view name, uint32_t size, uint32_t encoding = 0, uint32_t bits = 0) {
    return add(BTF_KIND_INT, name, size, 0, false, {encoding << 24 | (bits != 0 ? bits : size * 8)});
  }
  // PTR, CONST, VOLATILE, RESTRICT, TYPEDEF, TYPE_TAG, FUNC.
  uint32_t reference(uint32_t kind, uint32_t target, std::string_view name = {}) {
    return add(kind, name, target, 0, false, {});
  }
  uint32_t array(uint32_t element, uint32_t count) {
    return add(BTF_KIND_ARRAY, {}, 0, 0, false, {element, 1, count});
  }
  uint32_t aggregate(uint32_t kind, std::string_view name, uint32_t size,
                     std::initializer_list<Member> members, bool kind_flag = false) {
    std::vector<uint32_t> body;
    for (const Member& member : members)
      body.insert(body.end(), {text(member.name), member.type, member.offset});
    return add(kind, name, size, static_cast<uint32_t>(members.size()), kind_flag, body);
  }
  uint32_t prototype(uint32_t result, std::initializer_list<Parameter> parameters) {
    std::vector<uint32_t> body;
    for (const Parameter& parameter : parameters)
      body.insert(body.end(), {text(parameter.name), parameter.type});
    return add(BTF_KIND_FUNC_PROTO, {}, result, static_cast<uint32_t>(parameters.size()), false, body);
  }
  uint32_t add(uint32_t kind, std::string_view name, uint32_t size_or_type, uint32_t count, bool kind_flag,
               const std::vector<uint32_t>& body) {
    types_.insert(types_.end(), {text(name), kind << 24 | count | (kind_flag ? 1u << 31 : 0), size_or_type});
    types_.insert(types_.end(), body.begin(), body.end());
    return ++last_;
  }

  // The offset of a string, added if it is not empty.
  uint32_t text(std::string_view string) {
    if (string.empty()) return 0;
    const auto offset = first_string_ + static_cast<uint32_t>(strings_.size());
    strings_ += string;
    strings_ += '\0';
    return offset;
  }

  [[nodiscard]] std::vector<std::byte> bytes() const {
    const auto type_bytes = static_cast<uint32_t>(types_.size() * 4);
    const btf_header header{.magic = BTF_MAGIC,
                            .version = BTF_VERSION,
                            .hdr_len = sizeof(btf_header),
                            .type_len = type_bytes,
                            .str_off = type_bytes,
                            .str_len = static_cast<uint32_t>(strings_.size())};
    std::vector<std::byte> out(sizeof header + type_bytes + strings_.size());
    std::memcpy(out.data(), &header, sizeof header);
    std::memcpy(out.data() + sizeof header, types_.data(), type_bytes);
    std::memcpy(out.data() + sizeof header + type_bytes, strings_.data(), strings_.size());
    return out;
  }

 private:
  std::vector<uint32_t> types_;
  std::string strings_ = std::string(1, '\0');
  uint32_t last_ = 0;
  uint32_t first_string_ = 0;
};

}  // namespace tripline::test
