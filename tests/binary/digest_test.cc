// SPDX-License-Identifier: Apache-2.0
#include "binary/digest.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "base/fd.h"
#include "binary/workshop.h"

namespace tripline::binary {
namespace {

TEST(Digest, AsThePrograms) {
  Workshop workshop;
  std::string text;
  while (text.size() < 700'000) text += std::to_string(text.size());
  workshop.write("a", text);
  workshop.write("empty", "");
  for (const char* name : {"a", "empty"}) {
    const Fd file(open(workshop.path(name).c_str(), O_RDONLY | O_CLOEXEC));
    std::vector<std::string_view> names;
    for (const DigestKind& kind : kDigestKinds) names.push_back(kind.name);
    const auto all = digests(file.get(), names);
    ASSERT_TRUE(all) << all.error().text();
    ASSERT_EQ(all->size(), kDigestKinds.size());
    for (size_t n = 0; n < names.size(); ++n) {
      EXPECT_EQ((*all)[n].size(), kDigestKinds[n].bytes * 2);
      ASSERT_TRUE(workshop.run(std::string(names[n]) + "sum < " + name + " > sum"));
      EXPECT_EQ((*all)[n] + "  -\n", workshop.read("sum")) << names[n];
    }
    const std::vector<std::string_view> one = {"sha256"};
    EXPECT_EQ(digests(file.get(), one)->at(0), (*all)[1]);
  }
}

TEST(Digest, Refused) {
  const std::vector<std::string_view> unknown = {"md5"}, known = {"sha1"};
  EXPECT_FALSE(digests(-1, unknown));
  EXPECT_FALSE(digests(-1, known));
}

}  // namespace
}  // namespace tripline::binary
