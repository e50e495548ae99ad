// SPDX-License-Identifier: Apache-2.0
// The saved form of a Kernel: a text header that `head` can show, and one xz stream with everything large.
// docs/KERNEL-FILE.md describes it. Reading doubts everything: the check sum is compared before anything is
// decompressed, and what the header announces is bounded before memory is taken for it.
#include <fcntl.h>
#include <lzma.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "base/fd.h"
#include "kernel/kernel.h"

namespace tripline {
namespace {

constexpr std::string_view kFirstLine = "tripline kernel 1";
constexpr std::string_view kAnyFirstLine = "tripline kernel ";

constexpr size_t kMaxFile = size_t{1} << 26;
constexpr size_t kMaxUnpacked = size_t{1} << 27;
constexpr size_t kMaxExpansion = 200;            // a stock kernel's lists and BTF shrink to a quarter
constexpr uint64_t kMaxDecoderMemory = 1 << 25;  // preset 6 needs 9 MB
constexpr uint32_t kPreset = 6;                  // higher ones take longer and save nothing here

// The lists of a Kernel, in the order of the file. A list that is absent from the file is unknown.
struct List {
  std::string_view name;
  std::vector<std::string> Kernel::* field;
  bool sorted;
};
constexpr std::array kLists = {
    List{"lsms", &Kernel::lsms, false},
    List{"lsm_refused", &Kernel::lsm_refused, true},
    List{"lsm_bool", &Kernel::lsm_bool, true},
    List{"config", &Kernel::config, true},
    List{"error_injection", &Kernel::error_injection, true},
    List{"tracepoints", &Kernel::tracepoints, true},
    List{"functions", &Kernel::functions, true},
    List{"module_functions", &Kernel::module_functions, true},
};
constexpr std::string_view kFormatsSection = "formats";
constexpr std::string_view kBtfSection = "btf";
constexpr std::string_view kModulePrefix = "btf.";  // and the module's name

struct FeatureName {
  std::string_view name;
  bool Features::* field;
};
constexpr std::array kFeatures = {
#define TRIPLINE_FEATURE_NAME(name, what) FeatureName{#name, &Features::name},
    TRIPLINE_FEATURES(TRIPLINE_FEATURE_NAME)
#undef TRIPLINE_FEATURE_NAME
};

bool is_function_list(const List& list) {
  return list.field == &Kernel::functions || list.field == &Kernel::module_functions;
}

bool is_lsm_list(const List& list) {
  return list.field == &Kernel::lsm_refused || list.field == &Kernel::lsm_bool;
}

// Lists that can be empty are known when others are.
bool is_known(const Kernel& kernel, const List& list) {
  if (is_function_list(list)) return kernel.functions_known;
  if (is_lsm_list(list)) return kernel.lsm_hooks_known;
  return !(kernel.*list.field).empty();
}

uint64_t check_sum(std::span<const std::byte> bytes, uint64_t sum = 0) {
  return lzma_crc64(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), sum);
}

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::span<const std::byte> as_bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string hex(uint64_t value) {
  std::array<char, 16> digits;
  for (size_t i = 0; i < digits.size(); ++i) digits[i] = "0123456789abcdef"[value >> (60 - 4 * i) & 15];
  return {digits.data(), digits.size()};
}

Result<std::vector<std::byte>> compress(std::string_view body) {
  std::vector<std::byte> packed(lzma_stream_buffer_bound(body.size()));
  size_t size = 0;
  const lzma_ret code = lzma_easy_buffer_encode(
      kPreset, LZMA_CHECK_NONE, nullptr, reinterpret_cast<const uint8_t*>(body.data()), body.size(),
      reinterpret_cast<uint8_t*>(packed.data()), &size, packed.size());
  if (code != LZMA_OK) return fail("save kernel", "", code == LZMA_MEM_ERROR ? ENOMEM : 0, "cannot compress");
  packed.resize(size);
  return packed;
}

std::unexpected<Error> damaged(std::string detail) {
  return fail("read kernel file", "", 0, std::move(detail));
}

// Decompresses exactly `size` bytes from exactly `packed`.
Result<std::string> decompress(std::span<const std::byte> packed, size_t size) {
  std::string body(size, '\0');
  uint64_t memory = kMaxDecoderMemory;
  size_t in = 0;
  size_t out = 0;
  const lzma_ret code =
      lzma_stream_buffer_decode(&memory, 0, nullptr, reinterpret_cast<const uint8_t*>(packed.data()), &in,
                                packed.size(), reinterpret_cast<uint8_t*>(body.data()), &out, body.size());
  if (code == LZMA_MEMLIMIT_ERROR) return damaged("needs too much memory to unpack");
  if (code != LZMA_OK || in != packed.size() || out != size) return damaged("its compressed part is damaged");
  return body;
}

struct Section {
  std::string name;
  size_t bytes = 0;  // unpacked
};

// The header, line by line: "key rest of the line".
struct Header {
  std::string release;
  std::string machine;
  Features features;
  HostNamespaces namespaces{};
  std::vector<Section> sections;
  size_t unpacked = 0;
  size_t packed = 0;
  std::string_view check;    // hexadecimal
  size_t checked_bytes = 0;  // of the header, those before the check line
  size_t bytes = 0;
};

template <typename T>
bool parse_number(std::string_view text, T& value) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && stop == text.data() + text.size();
}

std::string_view take_word(std::string_view& text) {
  const size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

bool parse_section(std::string_view rest, Header& header) {
  const std::string_view name = take_word(rest);
  size_t size = 0;
  if (!parse_number(rest, size) || size > kMaxUnpacked) return false;
  const bool module = name.starts_with(kModulePrefix) && name.size() > kModulePrefix.size();
  const bool known = name == kFormatsSection || name == kBtfSection || module ||
                     std::ranges::find(kLists, name, &List::name) != kLists.end();
  const bool twice = std::ranges::find(header.sections, name, &Section::name) != header.sections.end();
  if (!known || twice) return false;
  header.sections.push_back({std::string(name), size});
  header.unpacked += size;
  return header.unpacked <= kMaxUnpacked;
}

// Features that this version does not know are of no use to it.
void parse_features(std::string_view rest, Features& features) {
  while (!rest.empty()) {
    const std::string_view name = take_word(rest);
    const auto known = std::ranges::find(kFeatures, name, &FeatureName::name);
    if (known != kFeatures.end()) features.*known->field = true;
  }
}

// One number for each kind.
bool parse_namespaces(std::string_view rest, HostNamespaces& namespaces) {
  for (uint32_t& number : namespaces) {
    if (!parse_number(take_word(rest), number)) return false;
  }
  return rest.empty();
}

Result<Header> parse_header(std::string_view file) {
  Header header;
  bool checked = false;
  if (!file.starts_with(kAnyFirstLine)) return damaged("this is not a saved kernel");
  while (true) {
    const size_t end = file.find('\n', header.bytes);
    if (end == file.npos) return damaged("its header has no end");
    std::string_view rest = file.substr(header.bytes, end - header.bytes);
    const bool first = header.bytes == 0;
    const size_t start = std::exchange(header.bytes, end + 1);
    if (first) {
      if (rest != kFirstLine) return damaged("it was saved in a format that this version does not support");
      continue;
    }
    if (rest.empty()) break;
    if (checked) return damaged("its header is damaged");
    const std::string_view key = take_word(rest);
    bool good = true;
    if (key == "release") {
      header.release = rest;
    } else if (key == "machine") {
      header.machine = rest;
    } else if (key == "features") {
      parse_features(rest, header.features);
    } else if (key == "namespaces") {
      good = parse_namespaces(rest, header.namespaces);
    } else if (key == "section") {
      good = parse_section(rest, header);
    } else if (key == "packed") {
      good = parse_number(rest, header.packed);
    } else if (key == "check") {
      checked = true;
      header.check = rest;
      header.checked_bytes = start;
    } else {
      good = false;
    }
    if (!good) return damaged("its header is damaged");
  }
  if (!checked) return damaged("its header is damaged");
  return header;
}

Result<std::vector<std::string>> parse_list(const List& list, std::string_view text) {
  std::vector<std::string> out;
  out.reserve(static_cast<size_t>(std::ranges::count(text, '\n')));
  while (!text.empty()) {
    const size_t end = text.find('\n');
    if (end == text.npos) return damaged("its list of " + std::string(list.name) + " ends within a line");
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  if (list.sorted && !std::ranges::is_sorted(out)) {
    return damaged("its list of " + std::string(list.name) + " is not sorted");
  }
  return out;
}

// A line with the tracepoint's name, then one for each field: tab, "offset size signed type", tab, name.
std::string print_formats(const std::vector<TracepointFormat>& formats) {
  std::string text;
  for (const TracepointFormat& format : formats) {
    text += format.name + "\n";
    for (const TracepointField& field : format.fields) {
      text += "\t" + std::to_string(field.offset) + " " + std::to_string(field.size) +
              (field.is_signed ? " 1 " : " 0 ") + field.type + "\t" + field.name + "\n";
    }
  }
  return text;
}

bool parse_field(std::string_view line, TracepointField& field) {
  uint32_t sign = 0;
  if (!parse_number(take_word(line), field.offset) || !parse_number(take_word(line), field.size))
    return false;
  if (!parse_number(take_word(line), sign)) return false;
  field.is_signed = sign != 0;
  const size_t tab = line.rfind('\t');
  if (tab == line.npos) return false;
  field.type = line.substr(0, tab);
  field.name = line.substr(tab + 1);
  return true;
}

Result<std::vector<TracepointFormat>> parse_formats(std::string_view text) {
  std::vector<TracepointFormat> formats;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    if (end == text.npos) return damaged("its formats end within a line");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (!line.starts_with('\t')) {
      formats.push_back({.name = std::string(line)});
    } else if (formats.empty() || !parse_field(line.substr(1), formats.back().fields.emplace_back())) {
      return damaged("its formats are damaged");
    }
  }
  if (!std::ranges::is_sorted(formats, {}, &TracepointFormat::name))
    return damaged("its formats are not sorted");
  return formats;
}

}  // namespace

Result<std::vector<std::byte>> save_kernel(const Kernel& kernel) {
  std::string header(kFirstLine);
  header += "\nrelease " + kernel.release + "\nmachine " + kernel.machine + "\nfeatures";
  for (const FeatureName& feature : kFeatures) {
    if (kernel.features.*feature.field) header += " " + std::string(feature.name);
  }
  header += "\n";
  if (kernel.namespaces != HostNamespaces{}) {
    header += "namespaces";
    for (const uint32_t number : kernel.namespaces) header += " " + std::to_string(number);
    header += "\n";
  }

  std::string body;
  const auto add_section = [&](std::string_view name, size_t start) {
    header += "section " + std::string(name) + " " + std::to_string(body.size() - start) + "\n";
  };
  for (const List& list : kLists) {
    const std::vector<std::string>& entries = kernel.*list.field;
    if (!is_known(kernel, list)) continue;
    if (list.sorted && !std::ranges::is_sorted(entries)) {
      return fail("save kernel", std::string(list.name), EINVAL, "the list is not sorted");
    }
    const size_t start = body.size();
    for (const std::string& entry : entries) {
      if (entry.contains('\n')) return fail("save kernel", entry, EINVAL, "a name contains a line break");
      body += entry;
      body += '\n';
    }
    add_section(list.name, start);
  }
  if (!kernel.formats.empty()) {
    const size_t start = body.size();
    body += print_formats(kernel.formats);
    add_section(kFormatsSection, start);
  }
  if (kernel.btf) {
    const size_t start = body.size();
    body += as_text(kernel.btf->raw());
    add_section(kBtfSection, start);
  }
  for (const ModuleTypes& module : kernel.modules) {
    if (!kernel.btf || module.name.find_first_of(" \n") != std::string::npos)
      return fail("save kernel", module.name, EINVAL, "the types of this module cannot be saved");
    const size_t start = body.size();
    body += as_text(module.btf.raw());
    add_section(std::string(kModulePrefix) + module.name, start);
  }
  if (kernel.release.contains('\n') || kernel.machine.contains('\n')) {
    return fail("save kernel", kernel.release, EINVAL, "a name contains a line break");
  }
  if (body.size() > kMaxUnpacked) return fail("save kernel", "", EFBIG);

  Result<std::vector<std::byte>> packed = compress(body);
  if (!packed) return packed;
  header += "packed " + std::to_string(packed->size()) + "\n";
  header += "check " + hex(check_sum(*packed, check_sum(as_bytes(header)))) + "\n\n";
  packed->insert(packed->begin(), as_bytes(header).begin(), as_bytes(header).end());
  return packed;
}

Result<Kernel> read_kernel(std::span<const std::byte> file) {
  if (file.size() > kMaxFile) return damaged("it is too large");
  const Result<Header> header = parse_header(as_text(file));
  if (!header) return std::unexpected(header.error());
  const std::span<const std::byte> packed = file.subspan(header->bytes);
  if (packed.size() < header->packed) return damaged("it is cut off");
  if (packed.size() > header->packed) return damaged("there is data after its end");
  if (hex(check_sum(packed, check_sum(file.first(header->checked_bytes)))) != header->check) {
    return damaged("its checksum is wrong: it is damaged");
  }
  if (header->unpacked / kMaxExpansion > packed.size())
    return damaged("it would unpack to far more than it can hold");
  const Result<std::string> body = decompress(packed, header->unpacked);
  if (!body) return std::unexpected(body.error());

  Kernel kernel{.release = header->release,
                .version = release_version(header->release),
                .machine = header->machine,
                .features = header->features,
                .namespaces = header->namespaces,
                .from_file = true};
  size_t at = 0;
  for (const Section& section : header->sections) {
    const std::string_view text = std::string_view(*body).substr(at, section.bytes);
    at += section.bytes;
    if (section.name == kBtfSection) {
      const auto bytes = as_bytes(text);
      Result<Btf> btf = Btf::parse({bytes.begin(), bytes.end()});
      if (!btf) return damaged("its BTF is damaged: " + btf.error().detail);
      kernel.btf = std::move(*btf);
      continue;
    }
    if (section.name.starts_with(kModulePrefix)) {
      const auto bytes = as_bytes(text);
      if (!kernel.btf) return damaged("it has types of a module without those of the kernel");
      Result<Btf> btf = Btf::parse({bytes.begin(), bytes.end()}, &*kernel.btf);
      if (!btf) return damaged("its BTF is damaged: " + btf.error().detail);
      kernel.modules.push_back({section.name.substr(kModulePrefix.size()), std::move(*btf)});
      continue;
    }
    if (section.name == kFormatsSection) {
      Result<std::vector<TracepointFormat>> formats = parse_formats(text);
      if (!formats) return std::unexpected(formats.error());
      kernel.formats = std::move(*formats);
      continue;
    }
    const List& list = *std::ranges::find(kLists, section.name, &List::name);
    Result<std::vector<std::string>> entries = parse_list(list, text);
    if (!entries) return std::unexpected(entries.error());
    kernel.*list.field = std::move(*entries);
    if (is_function_list(list)) kernel.functions_known = true;
    if (is_lsm_list(list)) kernel.lsm_hooks_known = true;
  }
  if (!std::ranges::is_sorted(kernel.modules, {}, &ModuleTypes::name))
    return damaged("its modules are not sorted");
  return kernel;
}

Result<Kernel> read_kernel_file(const std::string& path) {
  const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return fail("read kernel file", path, errno);
  std::vector<std::byte> bytes;
  for (size_t used = 0; bytes.size() <= kMaxFile;) {
    bytes.resize(used + (size_t{1} << 20));
    const ssize_t got = read(file.get(), bytes.data() + used, bytes.size() - used);
    if (got < 0 && errno != EINTR) return fail("read kernel file", path, errno);
    used += static_cast<size_t>(std::max<ssize_t>(got, 0));
    bytes.resize(used);
    if (got == 0) break;
  }
  Result<Kernel> kernel = read_kernel(bytes);
  if (!kernel) kernel.error().object = path;
  return kernel;
}

}  // namespace tripline
