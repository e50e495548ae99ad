// SPDX-License-Identifier: Apache-2.0
#include "export/compress.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <span>

#include "base/fd.h"

namespace tripline {
namespace {

constexpr int kGzip = 15 + 16;  // zlib's word for a gzip header and its largest window
constexpr int kMemory = 8;
constexpr size_t kChunk = 64 << 10;

using Chunk = std::array<uint8_t, kChunk>;

bool write_all(int file, std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return true;
}

ssize_t read_some(int file, Chunk& chunk) {
  while (true) {
    const ssize_t size = read(file, chunk.data(), chunk.size());
    if (size >= 0 || errno != EINTR) return size;
  }
}

// False with errno, or with `stop` set.
bool deflate_all(int from, int to, const std::atomic<bool>& stop) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip, kMemory, Z_DEFAULT_STRATEGY) != Z_OK) {
    errno = ENOMEM;
    return false;
  }
  const std::unique_ptr<z_stream, int (*)(z_stream*)> ended(&stream, deflateEnd);
  const auto in = std::make_unique<Chunk>();
  const auto out = std::make_unique<Chunk>();
  for (bool last = false; !last;) {
    if (stop) return false;
    const ssize_t size = read_some(from, *in);
    if (size < 0) return false;
    last = size == 0;
    stream.next_in = in->data();
    stream.avail_in = static_cast<uInt>(size);
    do {
      stream.next_out = out->data();
      stream.avail_out = kChunk;
      deflate(&stream, last ? Z_FINISH : Z_NO_FLUSH);
      if (!write_all(to, std::span(*out).first(kChunk - stream.avail_out))) return false;
    } while (stream.avail_out == 0);
  }
  return fsync(to) == 0;
}

}  // namespace

Result<void> compress_file(const std::string& path, const std::atomic<bool>& stop) {
  const Fd from(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat facts{};
  if (!from || fstat(from.get(), &facts) != 0) return fail("compress", path, errno);
  const std::string whole = path + kGzipSuffix;
  const std::string part = whole + kPartSuffix;
  const Fd to(open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!to) return fail("open", part, errno);
  // The owner first: to change it takes bits of the mode away.
  (void)fchown(to.get(), facts.st_uid, facts.st_gid);
  const bool done = fchmod(to.get(), facts.st_mode & 07777) == 0 && deflate_all(from.get(), to.get(), stop) &&
                    rename(part.c_str(), whole.c_str()) == 0;
  if (done) {
    unlink(path.c_str());
    return {};
  }
  const int problem = errno;
  unlink(part.c_str());
  if (stop) return {};
  return fail("compress", path, problem);
}

}  // namespace tripline
