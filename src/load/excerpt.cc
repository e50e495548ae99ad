// SPDX-License-Identifier: Apache-2.0
#include "load/excerpt.h"

#include <bpf/btf.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tripline {
namespace {

struct Free {
  void operator()(btf* types) const { btf__free(types); }
};

class Excerpt {
 public:
  Excerpt(const btf* object, const Btf& kernel) : object_(object), kernel_(kernel), out_(btf__new_empty()) {
    for (uint32_t id = 1; id < btf__type_cnt(object); ++id) {
      const btf_type* type = btf__type_by_id(object, id);
      if (btf_is_composite(type) && type->name_off != 0) ideas_[kernel_name(type)].push_back(type);
    }
  }

  // What of the kernel goes by the names of the object's structs.
  void add_all() {
    for (const auto& [name, types] : ideas_) {
      if (const auto found = kernel_.structure(name)) (void)composite(types.front(), *found);
    }
  }

  // The bytes; empty when there was no memory for them.
  [[nodiscard]] std::span<const std::byte> bytes() const {
    uint32_t size = 0;
    const void* data = out_ ? btf__raw_data(out_.get(), &size) : nullptr;
    return {static_cast<const std::byte*>(data), data == nullptr ? 0 : size};
  }

 private:
  struct Field {
    std::string name;
    int type;
    Btf::Member place;
  };

  [[nodiscard]] std::string_view name_of(uint32_t offset) const {
    const char* name = btf__name_by_offset(object_, offset);
    return name == nullptr ? "" : name;
  }

  // Behind three underscores is what tells several ideas of one struct from each other (libbpf.h, "flavors").
  [[nodiscard]] std::string kernel_name(const btf_type* type) const {
    const std::string_view name = name_of(type->name_off);
    return std::string(name.substr(0, name.find("___")));
  }

  // The object's type without typedefs and qualifiers.
  [[nodiscard]] const btf_type* plain(uint32_t id) const {
    const btf_type* type = btf__type_by_id(object_, id);
    while (type != nullptr && (btf_is_mod(type) || btf_is_typedef(type)))
      type = btf__type_by_id(object_, type->type);
    return type;
  }

  // The members of `ours` that the kernel's struct `theirs` has, too; those of anonymous members among them.
  void fields_of(const btf_type* ours, const Btf::Type& theirs, std::vector<Field>& fields) {
    const btf_member* member = btf_members(ours);
    for (uint32_t i = 0; i < btf_vlen(ours); ++i, ++member) {
      const btf_type* type = plain(member->type);
      if (type == nullptr) continue;
      const std::string name(name_of(member->name_off));
      if (name.empty()) {
        if (btf_is_composite(type)) fields_of(type, theirs, fields);
        continue;
      }
      if (std::ranges::find(fields, name, &Field::name) != fields.end()) continue;
      if (const auto place = kernel_.member(theirs.id, name))
        fields.push_back({name, value(type, place->type), *place});
    }
  }

  int composite(const btf_type* ours, const Btf::Type& theirs) {
    if (const auto known = known_.find(theirs.id); known != known_.end()) return known->second;
    std::vector<Field> fields;
    if (ours->name_off == 0) {
      fields_of(ours, theirs, fields);
    } else {
      for (const btf_type* idea : ideas_.at(kernel_name(ours))) fields_of(idea, theirs, fields);
    }
    const bool is_union = theirs.kind == Btf::Kind::kUnion;
    const int id = is_union ? btf__add_union(out_.get(), theirs.name.c_str(), theirs.size)
                            : btf__add_struct(out_.get(), theirs.name.c_str(), theirs.size);
    for (const Field& field : fields) {
      const uint32_t bit = field.place.offset * 8 + field.place.bit_offset;
      (void)btf__add_field(out_.get(), field.name.c_str(), field.type, bit, field.place.bit_size);
    }
    known_[theirs.id] = id;
    return id;
  }

  // The kernel's type of a member, as the type of the object's member of that name needs it.
  int value(const btf_type* ours, const Btf::Type& theirs) {
    switch (theirs.kind) {
      case Btf::Kind::kInt:
        return btf__add_int(out_.get(), theirs.name.c_str(), theirs.size,
                            theirs.is_signed ? BTF_INT_SIGNED : 0);
      case Btf::Kind::kEnum:
        return btf__add_enum(out_.get(), theirs.name.c_str(), theirs.size);
      case Btf::Kind::kPointer:
        return btf__add_ptr(out_.get(), 0);
      case Btf::Kind::kArray: {
        const btf_type* element = btf_is_array(ours) ? plain(btf_array(ours)->type) : ours;
        const int type = value(element, kernel_.type(theirs.pointee_id));
        return btf__add_array(out_.get(), index_type(), type, theirs.elements);
      }
      case Btf::Kind::kStruct:
      case Btf::Kind::kUnion:
        return btf_is_composite(ours) ? composite(ours, theirs)
                                      : btf__add_struct(out_.get(), theirs.name.c_str(), theirs.size);
      default:
        return 0;
    }
  }

  int index_type() {
    if (index_type_ == 0) index_type_ = btf__add_int(out_.get(), "__ARRAY_SIZE_TYPE__", 4, 0);
    return index_type_;
  }

  const btf* object_;
  const Btf& kernel_;
  std::unique_ptr<btf, Free> out_;
  int index_type_ = 0;
  // Of each struct of the kernel, by its name there.
  std::map<std::string, std::vector<const btf_type*>> ideas_;
  std::map<uint32_t, int> known_;  // by the kernel's id
};

}  // namespace

Result<void> write_excerpt(const btf* object, const Btf& kernel, const Fd& file) {
  Excerpt excerpt(object, kernel);
  excerpt.add_all();
  const std::span<const std::byte> bytes = excerpt.bytes();
  if (bytes.empty()) return fail("make excerpt of", "the kernel's types", ENOMEM);
  if (write(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    return fail("write excerpt of", "the kernel's types", errno);
  return {};
}

}  // namespace tripline
