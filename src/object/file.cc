// SPDX-License-Identifier: Apache-2.0
// The saved form of an Object: a line of text that names the form, a check sum of the rest, and the rest. Numbers are
// little-endian, of fixed width; a text or a list is its length (4 bytes) and its content. Each struct is described
// once, by a function that names its members in order; writing and reading are two visitors of it.
//
// Reading doubts everything: what a length announces is bounded by the bytes that are there, before memory is taken.
#include <algorithm>
#include <array>
#include <concepts>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <variant>

#include "object/object.h"

namespace tripline {
namespace {

constexpr std::string_view kFirstLine = "tripline object 10\n";
constexpr std::string_view kAnyFirstLine = "tripline object ";

template <typename T, typename Plain>
concept Is = std::same_as<std::remove_const_t<T>, Plain>;

// The members of each struct, in the order of the file. T is the struct, const when it is written.
template <typename Visitor, Is<Span> T>
void members(Visitor& visit, T& span) {
  visit(span.line, span.column, span.length);
}
template <typename Visitor, Is<Field> T>
void members(Visitor& visit, T& field) {
  visit(field.type, field.offset, field.label, field.place, field.position, field.extent);
}
template <typename Visitor, Is<SelectorInfo> T>
void members(Visitor& visit, T& selector) {
  visit(selector.action, selector.counter, selector.label, selector.target, selector.reason);
}
template <typename Visitor, Is<HeldFilter> T>
void members(Visitor& visit, T& filter) {
  visit(filter.text, filter.line);
}
template <typename Visitor, Is<Reason> T>
void members(Visitor& visit, T& reason) {
  visit(reason.file, reason.line, reason.selector, reason.label, reason.implied, reason.held);
}
template <typename Visitor, Is<Schema> T>
void members(Visitor& visit, T& schema) {
  visit(schema.id, schema.kind, schema.policy, schema.policy_namespace, schema.call, schema.function,
        schema.subsystem, schema.message, schema.tags, schema.section_index, schema.fixed_size, schema.fields,
        schema.selectors, schema.half, schema.path, schema.offset, schema.semaphore, schema.pair);
}
template <typename Visitor, Is<ProgramInfo> T>
void members(Visitor& visit, T& program) {
  visit(program.name, program.attach, program.target, program.slot, program.born, program.kernel_calls);
}
template <typename Visitor, Is<target::Function> T>
void members(Visitor& visit, T& function) {
  visit(function.name, function.module);
}
template <typename Visitor, Is<target::Functions> T>
void members(Visitor& visit, T& functions) {
  visit(functions.names);
}
template <typename Visitor, Is<target::Tracepoint> T>
void members(Visitor& visit, T& tracepoint) {
  visit(tracepoint.subsystem, tracepoint.event);
}
template <typename Visitor, Is<target::LsmHook> T>
void members(Visitor& visit, T& hook) {
  visit(hook.name);
}
template <typename Visitor, Is<target::Iterator> T>
void members(Visitor& visit, T& iterator) {
  visit(iterator.objects);
}
// Of the machine that it is loaded on nothing is known here: the file has its path alone.
template <typename Visitor, Is<target::UserFile> T>
void members(Visitor& visit, T& file) {
  visit(file.path);
}
template <typename Visitor, Is<target::UserPlace> T>
void members(Visitor& visit, T& place) {
  visit(place.offset, place.semaphore, place.name);
}
template <typename Visitor, Is<target::UserCode> T>
void members(Visitor& visit, T& code) {
  visit(code.file, code.places);
}
template <typename Visitor, Is<KernelCall> T>
void members(Visitor& visit, T& call) {
  visit(call.instruction, call.function);
}
template <typename Visitor, Is<LineInfo> T>
void members(Visitor& visit, T& line) {
  visit(line.function, line.instruction, line.policy, line.span, line.argument);
}
template <typename Visitor, Is<Object> T>
void members(Visitor& visit, T& object) {
  visit(object.programs, object.schemas, object.lines, object.unused_maps, object.elf);
}

// Number of values of each enum that is saved; larger ones are refused.
#define TRIPLINE_COUNT(name, layout) +1
constexpr unsigned count_of(FieldType) { return TRIPLINE_FIELD_TYPES(TRIPLINE_COUNT); }
#undef TRIPLINE_COUNT
constexpr unsigned count_of(FieldPlace) { return static_cast<unsigned>(FieldPlace::kEvent) + 1; }
constexpr unsigned count_of(Extent) { return static_cast<unsigned>(Extent::kAll) + 1; }
constexpr unsigned count_of(EventKind) { return static_cast<unsigned>(EventKind::kLoader) + 1; }
constexpr unsigned count_of(ActionName) { return kActionNames; }
constexpr unsigned count_of(Half) { return static_cast<unsigned>(Half::kReturn) + 1; }
constexpr unsigned count_of(Attachment) { return kAttachments; }

class Writer {
 public:
  template <typename... T>
  void operator()(const T&... items) {
    (put(items), ...);
  }
  std::vector<std::byte> take() { return std::move(out_); }

 private:
  void put(bool truth) { put(static_cast<uint8_t>(truth ? 1 : 0)); }
  template <std::integral T>
  void put(T number) {
    for (size_t i = 0; i < sizeof(T); ++i) {
      out_.push_back(static_cast<std::byte>(static_cast<std::make_unsigned_t<T>>(number) >> (8 * i)));
    }
  }
  template <typename T>
    requires std::is_enum_v<T>
  void put(T value) {
    put(static_cast<uint8_t>(value));
  }
  void put(std::byte byte) { out_.push_back(byte); }
  void put(const std::string& text) {
    put(static_cast<uint32_t>(text.size()));
    const auto bytes = std::as_bytes(std::span(text));
    out_.insert(out_.end(), bytes.begin(), bytes.end());
  }
  template <typename... T>
  void put(const std::variant<T...>& value) {
    put(static_cast<uint8_t>(value.index()));
    std::visit([this](const auto& alternative) { put(alternative); }, value);
  }
  template <typename T>
  void put(const std::vector<T>& list) {
    put(static_cast<uint32_t>(list.size()));
    for (const T& item : list) put(item);
  }
  // A list of one, or of none.
  template <typename T>
  void put(const std::shared_ptr<const T>& item) {
    put(static_cast<uint32_t>(item ? 1 : 0));
    if (item) put(*item);
  }
  template <typename T>
    requires std::is_class_v<T>
  void put(const T& item) {
    members(*this, item);
  }

  std::vector<std::byte> out_;
};

class Reader {
 public:
  explicit Reader(std::span<const std::byte> rest) : rest_(rest) {}

  template <typename... T>
  void operator()(T&... items) {
    (get(items), ...);
  }
  [[nodiscard]] bool whole() const { return !damaged_ && rest_.empty(); }

 private:
  void get(bool& truth) {
    uint8_t number = 0;
    get(number);
    if (number > 1) damaged_ = true;
    truth = number == 1;
  }
  template <std::integral T>
  void get(T& number) {
    std::make_unsigned_t<T> out = 0;
    const std::span<const std::byte> bytes = take(sizeof(T));
    for (size_t i = 0; i < bytes.size(); ++i) out |= static_cast<decltype(out)>(bytes[i]) << (8 * i);
    number = static_cast<T>(out);
  }
  template <typename T>
    requires std::is_enum_v<T>
  void get(T& value) {
    uint8_t number = 0;
    get(number);
    if (number >= count_of(T{})) damaged_ = true;
    value = static_cast<T>(number);
  }
  void get(std::string& text) {
    const std::span<const std::byte> bytes = take(length());
    text.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  void get(std::vector<std::byte>& bytes) {
    const std::span<const std::byte> taken = take(length());
    bytes.assign(taken.begin(), taken.end());
  }
  template <typename... T>
  void get(std::variant<T...>& value) {
    uint8_t index = 0;
    get(index);
    if (index >= sizeof...(T)) damaged_ = true;
    uint8_t at = 0;
    ((at++ == index ? get(value.template emplace<T>()) : void()), ...);
  }
  template <typename T>
  void get(std::vector<T>& list) {
    for (uint32_t left = length(); left > 0 && !damaged_; --left) get(list.emplace_back());
  }
  template <typename T>
  void get(std::shared_ptr<const T>& item) {
    const uint32_t count = length();
    if (count > 1) damaged_ = true;
    if (count != 1 || damaged_) return;
    T out;
    get(out);
    item = std::make_shared<const T>(std::move(out));
  }
  template <typename T>
    requires std::is_class_v<T>
  void get(T& item) {
    members(*this, item);
  }

  // How much follows. Whatever it counts takes a byte at least.
  uint32_t length() {
    uint32_t out = 0;
    get(out);
    if (out > rest_.size()) damaged_ = true;
    return damaged_ ? 0 : out;
  }

  std::span<const std::byte> take(size_t size) {
    if (size > rest_.size()) damaged_ = true;
    if (damaged_) return {};
    const std::span<const std::byte> out = rest_.first(size);
    rest_ = rest_.subspan(size);
    return out;
  }

  std::span<const std::byte> rest_;
  bool damaged_ = false;
};

// FNV-1a, 64 bits: finds damage, not malice.
uint64_t check_sum(std::span<const std::byte> bytes) {
  uint64_t sum = 0xcbf2'9ce4'8422'2325;
  for (const std::byte byte : bytes) sum = (sum ^ static_cast<uint8_t>(byte)) * 0x100'0000'01b3;
  return sum;
}

std::array<std::byte, 8> sum_bytes(std::span<const std::byte> body) {
  std::array<std::byte, 8> out;
  const uint64_t sum = check_sum(body);
  for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::byte>(sum >> (8 * i));
  return out;
}

}  // namespace

std::vector<std::byte> save_object(const Object& object) {
  Writer writer;
  members(writer, object);
  const std::vector<std::byte> body = writer.take();
  std::vector<std::byte> out(kFirstLine.size() + 8 + body.size());
  auto end = std::ranges::copy(std::as_bytes(std::span(kFirstLine)), out.begin()).out;
  end = std::ranges::copy(sum_bytes(body), end).out;
  std::ranges::copy(body, end);
  return out;
}

Result<Object> read_object(std::span<const std::byte> file) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  if (!text.starts_with(kAnyFirstLine))
    return fail("read object", "", 0, "this is not a file of compiled policies");
  if (!text.starts_with(kFirstLine)) return fail("read object", "", 0, "it was written by another version");
  const std::span<const std::byte> rest = file.subspan(kFirstLine.size());
  if (rest.size() < 8) return fail("read object", "", 0, "the file is damaged");
  const std::array<std::byte, 8> sum = sum_bytes(rest.subspan(8));
  if (std::memcmp(rest.data(), sum.data(), 8) != 0) return fail("read object", "", 0, "the file is damaged");
  Object object;
  Reader reader(rest.subspan(8));
  members(reader, object);
  if (!reader.whole()) return fail("read object", "", 0, "the file is damaged");
  return object;
}

}  // namespace tripline
