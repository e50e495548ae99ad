// SPDX-License-Identifier: Apache-2.0
#include "load/excerpt.h"

#include <bpf/btf.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <memory>
#include <string>

namespace tripline {
namespace {

struct Free {
  void operator()(btf* types) const { btf__free(types); }
};
using Types = std::unique_ptr<btf, Free>;

Btf kernel_of(const Types& types) {
  uint32_t size = 0;
  const auto* raw = static_cast<const std::byte*>(btf__raw_data(types.get(), &size));
  Result<Btf> kernel = Btf::parse({raw, raw + size});
  EXPECT_TRUE(kernel) << kernel.error().text();
  return *kernel;
}

Types excerpt_of(const Types& object, const Types& kernel) {
  const Fd file(memfd_create("excerpt", MFD_CLOEXEC));
  const auto written = write_excerpt(object.get(), kernel_of(kernel), file);
  EXPECT_TRUE(written) << written.error().text();
  return Types(btf__parse(("/proc/self/fd/" + std::to_string(file.get())).c_str(), nullptr));
}

// "NAME@BIT[:WIDTH] " of each member of a struct, its size in front; "none" when there is no such struct.
std::string described(const Types& types, const char* name) {
  const int id = btf__find_by_name_kind(types.get(), name, BTF_KIND_STRUCT);
  if (id < 0) return "none";
  const btf_type* type = btf__type_by_id(types.get(), static_cast<uint32_t>(id));
  std::string text = std::to_string(type->size) + ": ";
  for (uint32_t i = 0; i < btf_vlen(type); ++i) {
    text += btf__name_by_offset(types.get(), btf_members(type)[i].name_off);
    text += "@" + std::to_string(btf_member_bit_offset(type, i));
    if (const uint32_t width = btf_member_bitfield_size(type, i)) text += ":" + std::to_string(width);
    text += " ";
  }
  return text;
}

// What a program of ours believes.
Types object_types() {
  Types types(btf__new_empty());
  btf* out = types.get();
  const int number = btf__add_int(out, "int", 4, BTF_INT_SIGNED);
  const int link = btf__add_ptr(out, btf__add_fwd(out, "other", BTF_FWD_STRUCT));
  const int inner = btf__add_struct(out, "inner", 8);
  btf__add_field(out, "there", number, 0, 0);
  btf__add_field(out, "gone", number, 32, 0);
  const int anonymous = btf__add_union(out, "", 4);
  btf__add_field(out, "hidden", number, 0, 0);
  const int in = btf__add_typedef(out, "inner_t", inner);
  const int list = btf__add_array(out, number, number, 1);
  btf__add_struct(out, "outer", 40);
  btf__add_field(out, "", anonymous, 0, 0);
  btf__add_field(out, "in", in, 64, 0);
  btf__add_field(out, "link", link, 128, 0);
  btf__add_field(out, "bits", number, 192, 0);
  btf__add_field(out, "list", list, 224, 0);
  btf__add_struct(out, "outer___older", 8);
  btf__add_field(out, "link", link, 0, 0);
  btf__add_field(out, "former", number, 32, 0);
  btf__add_struct(out, "missing", 4);
  btf__add_field(out, "there", number, 0, 0);
  return types;
}

// And what it meets: more members, other places, one of them in a struct without a name.
Types kernel_types() {
  Types types(btf__new_empty());
  btf* out = types.get();
  const int number = btf__add_int(out, "int", 4, BTF_INT_SIGNED);
  const int link = btf__add_ptr(out, btf__add_struct(out, "other", 1000));
  const int array = btf__add_array(out, number, number, 7);
  const int inner = btf__add_struct(out, "inner", 16);
  btf__add_field(out, "new", number, 0, 0);
  btf__add_field(out, "there", number, 96, 0);
  const int anonymous = btf__add_struct(out, "", 8);
  btf__add_field(out, "more", number, 0, 0);
  btf__add_field(out, "hidden", number, 32, 0);
  btf__add_struct(out, "outer", 104);
  btf__add_field(out, "in", inner, 64, 0);
  btf__add_field(out, "", anonymous, 192, 0);
  btf__add_field(out, "link", link, 256, 0);
  btf__add_field(out, "bits", number, 325, 3);
  btf__add_field(out, "list", array, 384, 0);
  btf__add_field(out, "former", number, 640, 0);
  return types;
}

TEST(Excerpt, HasTheKernelsPlacesOfOurMembers) {
  const Types excerpt = excerpt_of(object_types(), kernel_types());
  ASSERT_TRUE(excerpt);
  EXPECT_EQ(described(excerpt, "outer"), "104: hidden@224 in@64 link@256 bits@325:3 list@384 former@640 ");
  EXPECT_EQ(described(excerpt, "inner"), "16: there@96 ");
}

TEST(Excerpt, HasNothingElse) {
  const Types excerpt = excerpt_of(object_types(), kernel_types());
  ASSERT_TRUE(excerpt);
  EXPECT_EQ(described(excerpt, "missing"), "none");
  EXPECT_EQ(described(excerpt, "other"), "none");
}

TEST(Excerpt, KeepsTheNumberOfElements) {
  const Types excerpt = excerpt_of(object_types(), kernel_types());
  ASSERT_TRUE(excerpt);
  const int id = btf__find_by_name_kind(excerpt.get(), "outer", BTF_KIND_STRUCT);
  ASSERT_GT(id, 0);
  const btf_type* outer = btf__type_by_id(excerpt.get(), static_cast<uint32_t>(id));
  const btf_type* list = btf__type_by_id(excerpt.get(), btf_members(outer)[4].type);
  ASSERT_TRUE(btf_is_array(list));
  EXPECT_EQ(btf_array(list)->nelems, 7U);
}

}  // namespace
}  // namespace tripline
