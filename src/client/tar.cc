// SPDX-License-Identifier: Apache-2.0
#include "client/tar.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace tripline {
namespace {

constexpr size_t kBlock = 512;

// A header of the ustar form: fields of fixed length, numbers in octal.
struct Header {
  std::array<char, 100> name{};
  std::array<char, 8> mode{}, user{}, group{};
  std::array<char, 12> size{}, time{};
  std::array<char, 8> sum{};
  char type = '0';
  std::array<char, 100> link{};
  std::array<char, 8> magic{'u', 's', 't', 'a', 'r', '\0', '0', '0'};
  std::array<char, 32> user_name{}, group_name{};
  std::array<char, 183> rest{};
};
static_assert(sizeof(Header) == kBlock);

template <size_t length>
void put_octal(std::array<char, length>& field, uint64_t number) {
  const std::string digits = fmt::format("{:0{}o}", number, length - 1);
  std::memcpy(field.data(), digits.data(), std::min(digits.size(), length - 1));
}

}  // namespace

void TarArchive::add(std::string_view name, std::string_view content) {
  Header header;
  if (name.size() > header.name.size()) name.remove_prefix(name.size() - header.name.size());
  std::ranges::copy(name, header.name.begin());
  put_octal(header.mode, 0600);
  put_octal(header.user, 0);
  put_octal(header.group, 0);
  put_octal(header.size, content.size());
  put_octal(header.time, static_cast<uint64_t>(time_));
  // While it is summed up, the sum itself counts as blanks.
  header.sum.fill(' ');
  std::array<unsigned char, kBlock> bytes{};
  std::memcpy(bytes.data(), &header, kBlock);
  uint64_t sum = 0;
  for (const unsigned char byte : bytes) sum += byte;
  const std::string digits = fmt::format("{:06o}", sum);
  std::ranges::copy(digits, header.sum.begin());
  header.sum[6] = '\0';
  bytes_.append(reinterpret_cast<const char*>(&header), kBlock);
  bytes_ += content;
  bytes_.append((kBlock - content.size() % kBlock) % kBlock, '\0');
}

std::string TarArchive::compressed() const {
  constexpr int kGzip = 16;  // added to the size of the window
  const std::string all = bytes_ + std::string(2 * kBlock, '\0');
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + kGzip, 8, Z_DEFAULT_STRATEGY) !=
      Z_OK)
    return {};
  std::string out(deflateBound(&stream, all.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(all.data()));
  stream.avail_in = static_cast<uInt>(all.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int end = deflate(&stream, Z_FINISH);
  out.resize(end == Z_STREAM_END ? stream.total_out : 0);
  deflateEnd(&stream);
  return out;
}

}  // namespace tripline
