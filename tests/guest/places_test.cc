// SPDX-License-Identifier: Apache-2.0
// Where probes can be put: what src/binary says of an instruction is what this kernel says when it is asked to. Of the
// functions of a library, and of opcodes, with and without what can stand before them, in a file that has nothing else.
//
// usage: places_test LIBRARY [FUNCTIONS [all]]      (only in a guest; `all`: each opcode with each prefix)
#include <fcntl.h>
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "binary/binary.h"
#include "binary/instruction.h"

using namespace tripline;

namespace {

constexpr int kNotSupported = 524;  // ENOTSUPP, which only the kernel knows
constexpr char kRex2 = '\xd5';      // not all kernels know it
constexpr size_t kRoom = 32;        // between instructions
constexpr const char* kCopy = "/tmp/places";

uint32_t uprobe_type() {
  std::ifstream file("/sys/bus/event_source/devices/uprobe/type");
  uint32_t type = 0;
  file >> type;
  return type;
}

// What the kernel says of a probe there: 0 when it puts one.
int refusal_of(uint32_t type, uint64_t offset) {
  perf_event_attr attr = {};
  attr.size = sizeof(attr);
  attr.type = type;
  attr.config1 = reinterpret_cast<uint64_t>(kCopy);
  attr.config2 = offset;
  const Fd event(static_cast<int>(syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC)));
  return event ? 0 : errno;
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char byte : bytes.substr(0, 8)) {
    char text[4];
    std::snprintf(text, sizeof(text), "%02x ", static_cast<unsigned char>(byte));
    out += text;
  }
  return out;
}

struct Outcome {
  size_t asked = 0;
  size_t refused = 0;  // by the kernel
  size_t wrong = 0;
};

// The file as a process maps it: what nobody has mapped the kernel does not look at.
struct Mapped {
  std::string bytes;
  void* at = MAP_FAILED;

  explicit Mapped(std::string content) : bytes(std::move(content)) {
    std::ofstream(kCopy, std::ios::binary | std::ios::trunc) << bytes;
    const Fd file(open(kCopy, O_RDONLY | O_CLOEXEC));
    at = mmap(nullptr, bytes.size(), PROT_READ | PROT_EXEC, MAP_PRIVATE, file.get(), 0);
  }
  ~Mapped() {
    if (at != MAP_FAILED) munmap(at, bytes.size());
    unlink(kCopy);
  }
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;
};

// What is no instruction at all is left to the kernel, which then says ENOEXEC or EINVAL.
void compare(uint32_t type, const Mapped& file, uint64_t offset, const std::string& name, Outcome& out) {
  const std::string_view code = std::string_view(file.bytes).substr(offset, binary::kLongestInstruction);
  const std::string_view why = binary::why_no_probe(code);
  const int refusal = refusal_of(type, offset);
  ++out.asked;
  out.refused += refusal == kNotSupported ? 1 : 0;
  if ((refusal == kNotSupported) == !why.empty()) return;
  if (refusal == ENOEXEC || refusal == EINVAL || (why.empty() && code.contains(kRex2))) return;
  if (++out.wrong > 50) return;
  std::printf("%s, %s: the kernel says %d, we say \"%s\"\n", name.c_str(), hex(code).c_str(), refusal,
              std::string(why).c_str());
}

Outcome of_library(uint32_t type, const char* path, size_t most) {
  std::ifstream file(path, std::ios::binary);
  const Mapped mapped(std::string(std::istreambuf_iterator<char>(file), {}));
  const auto binary = binary::read_binary(binary::reader_of(mapped.bytes));
  Outcome out;
  if (!binary) return out;
  const std::vector<binary::Symbol> all = binary->symbols.all();
  const size_t step = std::max<size_t>(all.size() / most, 1);
  for (size_t n = 0; n < all.size(); n += step) {
    const auto offset = binary->offset_of(all[n].address);
    if (offset && binary->is_code(*offset)) compare(type, mapped, *offset, std::string(all[n].name), out);
  }
  return out;
}

Outcome of_opcodes(uint32_t type, bool all) {
  std::vector<std::string> before = {
      "", "\x0f", "\x66\xe8", "\x66\x0f", "\xc5\xfd", "\xc4\xe2\x7d", "\x62\xf1\x7d\x48", "\xf0\x8e", "\x8e"};
  if (all)
    for (const char* more : {"\x66",
                             "\xf2",
                             "\xf3",
                             "\xf0",
                             "\x2e",
                             "\x3e",
                             "\x64",
                             "\x67",
                             "\x48",
                             "\x66\x48",
                             "\x66\x66",
                             "\x66\x2e",
                             "\x66\x0f\x38",
                             "\x0f\x38",
                             "\x0f\x3a",
                             "\xc4\xe3\x7d",
                             "\xf3\x0f",
                             "\x48\x48",
                             "\x66\x67\xf2\x64",
                             "\x66\x67\xf2\x64\xf3"})
      before.emplace_back(more);
  std::string bytes;
  for (const std::string& each : before) {
    for (int opcode = 0; opcode < 256; ++opcode) {
      std::string one = each + static_cast<char>(opcode);
      one.append("\xd0\x01\x02\x03\x04\x05", 6);
      one.resize(kRoom, '\x90');
      bytes += one;
    }
  }
  bytes.append(4096, '\x90');
  const Mapped mapped(std::move(bytes));
  Outcome out;
  for (size_t n = 0; n < before.size() * 256; ++n) compare(type, mapped, n * kRoom, "opcode", out);
  return out;
}

bool report(const char* what, const Outcome& outcome) {
  std::printf("%s: %zu places, %zu refused, %zu wrong\n", what, outcome.asked, outcome.refused,
              outcome.wrong);
  return outcome.wrong == 0 && outcome.refused > 0 && outcome.asked > outcome.refused;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const uint32_t type = uprobe_type();
  if (type == 0) return 77;
  const size_t functions = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 1000;
  const bool library = report(argv[1], of_library(type, argv[1], functions));
  const bool opcodes = report("opcodes", of_opcodes(type, argc > 3));
  return library && opcodes ? 0 : 1;
}
