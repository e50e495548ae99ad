// SPDX-License-Identifier: Apache-2.0
#include "event/stack.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <iterator>
#include <utility>

#include "event/text.h"

namespace tripline {
namespace {

constexpr uint64_t kFunctionMax = 1 << 20;             // bytes; an address further from a symbol is not in it
constexpr uint64_t kReloadInterval = 10'000'000'000;   // ns between two looks at the kernel's symbols
constexpr size_t kModulesMax = 64;                     // files whose symbols are kept
constexpr size_t kModulesSizeMax = size_t{128} << 20;  // bytes of them
constexpr size_t kFramesMax = 127;

std::vector<uint64_t> addresses_of(std::string_view stack) {
  std::vector<uint64_t> addresses(std::min(stack.size() / sizeof(uint64_t), kFramesMax));
  if (!addresses.empty()) std::memcpy(addresses.data(), stack.data(), addresses.size() * sizeof(uint64_t));
  return addresses;
}

std::string_view take_line(std::string_view& text) {
  std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

// Takes what stands before the next of `ends`, and that.
std::string_view take_until(std::string_view& line, std::string_view ends) {
  std::string_view part = line.substr(0, line.find_first_of(ends));
  line.remove_prefix(std::min(part.size() + 1, line.size()));
  return part;
}

std::optional<uint64_t> hex_number(std::string_view text) {
  uint64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// The stack of a hook begins with what runs there: our program and how it is called.
bool is_program(const StackFrame& frame) {
  return frame.symbol.starts_with("bpf_prog_") || frame.symbol.starts_with("bpf_trampoline_");
}

}  // namespace

KernelSymbols::KernelSymbols(std::string_view kallsyms) {
  while (!kallsyms.empty()) {
    std::string_view line = take_line(kallsyms);
    auto address = hex_number(take_until(line, " "));
    std::string_view type = take_until(line, " ");
    std::string_view name = take_until(line, " \t");
    if (!address || *address == 0 || name.empty() || type.size() != 1) continue;
    if (std::string_view("tTwW").find(type[0]) == std::string_view::npos) continue;
    functions_.push_back(
        {*address, static_cast<uint32_t>(names_.size()), static_cast<uint32_t>(name.size())});
    names_ += name;
  }
  std::ranges::stable_sort(functions_, {}, &Function::address);
}

std::optional<StackFrame> KernelSymbols::find(uint64_t address) const {
  auto after = std::ranges::upper_bound(functions_, address, {}, &Function::address);
  if (after == functions_.begin()) return std::nullopt;
  auto function = std::ranges::lower_bound(functions_, std::prev(after)->address, {}, &Function::address);
  const uint64_t offset = address - function->address;
  if (offset >= kFunctionMax) return std::nullopt;
  StackFrame frame{.address = address, .offset = offset};
  frame.symbol = to_valid_utf8(std::string_view(names_).substr(function->name, function->size));
  return frame;
}

std::vector<Mapping> read_mappings(std::string_view maps) {
  std::vector<Mapping> mappings;
  while (!maps.empty()) {
    // START-END PERMISSIONS OFFSET DEVICE INODE   PATH
    std::string_view line = take_line(maps);
    auto start = hex_number(take_until(line, "-"));
    auto end = hex_number(take_until(line, " "));
    take_until(line, " ");
    auto offset = hex_number(take_until(line, " "));
    std::string_view device = take_until(line, " "), inode = take_until(line, " ");
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    if (!start || !end || !offset || line.empty()) continue;
    std::string file(device);
    file.append(" ").append(inode);
    mappings.push_back({*start, *end, *offset, std::move(file), std::string(line)});
  }
  std::ranges::sort(mappings, {}, &Mapping::start);
  return mappings;
}

StackNamer::StackNamer(StackSources sources, bool addresses)
    : sources_(std::move(sources)), addresses_(addresses) {}

void StackNamer::learn_kernel(uint64_t time) {
  {
    const std::lock_guard lock(kernel_mutex_);
    if (kernel_loaded_ && time < *kernel_loaded_ + kReloadInterval) return;
    kernel_loaded_ = time;
  }
  auto symbols = std::make_shared<const KernelSymbols>(sources_.kernel_symbols());
  const std::lock_guard lock(kernel_mutex_);
  kernel_ = std::move(symbols);
}

std::shared_ptr<const KernelSymbols> StackNamer::known() {
  const std::lock_guard lock(kernel_mutex_);
  return kernel_;
}

std::vector<StackFrame> StackNamer::kernel(std::string_view stack, uint64_t time) {
  std::vector<StackFrame> frames;
  std::shared_ptr<const KernelSymbols> symbols = known();
  for (uint64_t address : addresses_of(stack)) {
    auto frame = symbols->find(address);
    if (!frame) {
      learn_kernel(time);
      symbols = known();
      frame = symbols->find(address);
    }
    if (!frame || (frames.empty() && is_program(*frame))) continue;
    if (!addresses_) frame->address = 0;
    frames.push_back(std::move(*frame));
  }
  return frames;
}

std::vector<StackFrame> StackNamer::user(std::string_view stack, uint32_t tgid) {
  std::vector<StackFrame> frames;
  std::vector<uint64_t> addresses = addresses_of(stack);
  if (addresses.empty()) return frames;
  const std::vector<Mapping> mappings = read_mappings(sources_.maps(tgid));
  for (uint64_t address : addresses) {
    auto after = std::ranges::upper_bound(mappings, address, {}, &Mapping::start);
    if (after == mappings.begin() || address >= std::prev(after)->end) continue;
    const Mapping& mapping = *std::prev(after);
    StackFrame frame{.address = addresses_ ? address : 0, .offset = address - mapping.start + mapping.offset};
    frame.symbol = to_valid_utf8(symbol(tgid, mapping, frame.offset));
    frame.module = to_valid_utf8(mapping.path);
    frames.push_back(std::move(frame));
  }
  return frames;
}

std::string_view StackNamer::symbol(uint32_t tgid, const Mapping& mapping, uint64_t offset) {
  if (!mapping.path.starts_with('/')) return {};  // [vdso], [heap]
  auto found = std::ranges::find(modules_, mapping.file, &Module::file);
  if (found == modules_.end()) {
    auto read = [&](uint64_t from, size_t size) { return sources_.file(tgid, mapping, from, size); };
    modules_.push_front({mapping.file, binary::read_functions(read)});
    modules_size_ += modules_.front().functions.size();
    while (modules_.size() > 1 && (modules_.size() > kModulesMax || modules_size_ > kModulesSizeMax)) {
      modules_size_ -= modules_.back().functions.size();
      modules_.pop_back();
    }
  } else {
    modules_.splice(modules_.begin(), modules_, found);
  }
  return modules_.front().functions.name_at(offset);
}

}  // namespace tripline
