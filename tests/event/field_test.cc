// SPDX-License-Identifier: Apache-2.0
// Fields by way of records that hold nothing else.
#include "event/field.h"

#include <gtest/gtest.h>

#include "event/records.h"

namespace tripline {
namespace {

// The types that have bytes of variable length; of some their number must be a multiple of eight.
bool has_bytes(FieldType type) {
  switch (type) {
    case FieldType::kString:
    case FieldType::kBytes:
    case FieldType::kFile:
    case FieldType::kPath:
    case FieldType::kLinuxBinprm:
    case FieldType::kSockaddrUn:
    case FieldType::kPerfEvent:
    case FieldType::kLoadInfo:
    case FieldType::kModule:
    case FieldType::kImaHash:
    case FieldType::kLongs:
    case FieldType::kKernelStack:
    case FieldType::kUserStack:
      return true;
    default:
      return false;
  }
}

template <typename Layout>
void expect_fields(FieldType type) {
  SCOPED_TRACE(static_cast<int>(type));
  SchemaTable schemas;
  schemas.add(test::one_field_schema(type));
  auto decodes = [&](Layout layout, std::string_view bytes) {
    return decode_record(test::one_field_bytes(layout, bytes), schemas).has_value();
  };
  auto with_status = [](uint32_t status) {
    Layout layout{};
    std::memcpy(reinterpret_cast<char*>(&layout) + offsetof(tl_field, status), &status, sizeof(status));
    return layout;
  };
  EXPECT_TRUE(decodes({}, ""));
  EXPECT_EQ(decodes({}, "12345678"), has_bytes(type));
  EXPECT_TRUE(decodes(with_status(TL_VALUE_BAD_ADDRESS), ""));
  EXPECT_TRUE(decodes(with_status(TL_VALUE_BAD_STEP + 3), ""));
  EXPECT_FALSE(decodes(with_status(TL_VALUE_BAD_ADDRESS), "12345678"));
  EXPECT_FALSE(decodes(with_status(TL_VALUE_BUFFER_TOO_LARGE + 1), ""));
  EXPECT_FALSE(decodes(with_status(TL_VALUE_BAD_STEP - 1), ""));
  test::Bytes record = test::one_field_bytes(Layout{}, "");
  for (uint32_t size : {1u, 8u, 0xfffffff8u, 0xffffffffu}) {
    std::memcpy(record.data() + sizeof(tl_record), &size, sizeof(size));
    EXPECT_FALSE(decode_record(record, schemas)) << size;
  }
}

TEST(Field, EveryTypeOfField){
#define TRIPLINE_EXPECT_FIELDS(name, layout) expect_fields<layout>(FieldType::name);
    TRIPLINE_FIELD_TYPES(TRIPLINE_EXPECT_FIELDS)
#undef TRIPLINE_EXPECT_FIELDS
}

TEST(Field, ListsOfWordsAreWhole) {
  for (FieldType type : {FieldType::kLongs, FieldType::kKernelStack, FieldType::kUserStack}) {
    SchemaTable schemas;
    schemas.add(test::one_field_schema(type));
    EXPECT_TRUE(decode_record(test::one_field_bytes(tl_field{}, "12345678abcdefgh"), schemas));
    EXPECT_FALSE(decode_record(test::one_field_bytes(tl_field{}, "12345678abcdefg"), schemas));
  }
}

}  // namespace
}  // namespace tripline
