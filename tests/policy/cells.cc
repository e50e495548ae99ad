// SPDX-License-Identifier: Apache-2.0
#include "policy/cells.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <set>
#include <span>
#include <sstream>

#include "policy/tiny_kernel.h"

namespace tripline {
namespace {

using policy::DeclaredType;
using policy::Operator;
using policy::word;
using policy::Words;

#define TRIPLINE_CELL_TEXT(value, text) std::string_view(text),
constexpr auto kHookNames = std::to_array({TRIPLINE_CELL_HOOKS(TRIPLINE_CELL_TEXT)});
constexpr auto kResultNames = std::to_array({TRIPLINE_CELL_RESULTS(TRIPLINE_CELL_TEXT)});
#undef TRIPLINE_CELL_TEXT

constexpr std::string_view kBlanks = " \t\r";

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> out;
  std::istringstream stream{std::string(text)};
  for (std::string part; std::getline(stream, part, separator);) {
    const size_t first = part.find_first_not_of(kBlanks);
    out.push_back(
        first == std::string::npos ? "" : part.substr(first, part.find_last_not_of(kBlanks) - first + 1));
  }
  return out;
}

class TableReader {
 public:
  CellTable run() {
    std::ifstream file(TRIPLINE_TEST_DATA "/cells.tsv");
    if (!file) wrong("cannot be read");
    for (std::string line; std::getline(file, line);) {
      ++line_;
      if (!line.empty() && line[0] != '#') row(split(line, '\t'));
    }
    for (const std::string& name : unused_) table_.wrong.push_back("the set " + name + " is not used");
    for (size_t op = 0; op < Words<Operator>::all.size(); ++op) {
      for (size_t type = 0; type < Words<DeclaredType>::all.size(); ++type) {
        for (size_t hook = 0; hook < kCellHooks; ++hook) expect(op, type, hook);
      }
    }
    return std::move(table_);
  }

 private:
  static constexpr size_t kPlainFields = 4;  // operators, types, hooks, result
  static constexpr size_t kAllFields = 6;    // and what the reference has there, and why this is other

  void wrong(const std::string& what) {
    table_.wrong.push_back("cells.tsv:" + std::to_string(line_) + ": " + what);
  }

  void expect(size_t op, size_t type, size_t hook) {
    const Cell cell{static_cast<Operator>(op), static_cast<DeclaredType>(type), static_cast<CellHook>(hook)};
    if (!table_.results.contains(cell)) table_.wrong.push_back("no row for " + describe(cell));
  }

  void row(const std::vector<std::string>& fields) {
    if (fields.size() == 3 && fields[0] == "set") {
      sets_[fields[1]] = split(fields[2], ',');
      unused_.insert(fields[1]);
      return;
    }
    if (fields.size() != kPlainFields && fields.size() != kAllFields) {
      wrong(std::to_string(fields.size()) + " fields");
      return;
    }
    const auto* const result = std::ranges::find(kResultNames, fields[3]);
    if (result == kResultNames.end()) wrong("there is no result " + fields[3]);
    if (fields.size() == kAllFields && (fields[4].empty() || fields[5].empty() || fields[4] == fields[3]))
      wrong("a difference needs the reference's result and a reason");
    for (const size_t op : positions(fields[0], Words<Operator>::all)) {
      for (const size_t type : positions(fields[1], Words<DeclaredType>::all)) {
        for (const size_t hook : positions(fields[2], kHookNames)) {
          const Cell cell{static_cast<Operator>(op), static_cast<DeclaredType>(type),
                          static_cast<CellHook>(hook)};
          const auto value = static_cast<CellResult>(result - kResultNames.begin());
          if (!table_.results.emplace(cell, value).second) wrong("another row for " + describe(cell));
        }
      }
    }
  }

  // Of the names in a list, which may be sets; "*": all of them.
  std::vector<size_t> positions(const std::string& list, std::span<const std::string_view> names) {
    std::vector<size_t> out;
    for (const std::string& name : split(list, ',')) {
      std::vector<std::string> meant = {name};
      if (const auto set = sets_.find(name); set != sets_.end()) {
        meant = set->second;
        unused_.erase(name);
      } else if (name == "*") {
        meant.assign(names.begin(), names.end());
      }
      for (const std::string& each : meant) {
        const auto found = std::ranges::find(names, each);
        if (found == names.end()) wrong("there is no " + each);
        if (found != names.end()) out.push_back(static_cast<size_t>(found - names.begin()));
      }
    }
    return out;
  }

  CellTable table_;
  std::map<std::string, std::vector<std::string>> sets_;
  std::set<std::string> unused_;
  int line_ = 0;
};

// ---- documents

bool is_set(DeclaredType type) {
  using enum DeclaredType;
  return type == kKernelCapT || type == kCapInheritable || type == kCapPermitted || type == kCapEffective;
}

// As what an expression has a value of the type.
std::string expression(DeclaredType type, int64_t number) {
  const std::string digits = std::to_string(number);
  switch (type) {
    case DeclaredType::kInt:
    case DeclaredType::kInt32:
      return "arg0 == int32(" + digits + ")";
    case DeclaredType::kUint32:
      return "arg0 == uint32(" + digits + "u)";
    case DeclaredType::kUint64:
    case DeclaredType::kAuto:  // what the field of the tracepoint is
      return "arg0 == " + digits + "u";
    default:
      return "arg0 == " + digits;
  }
}

// Of operators that are for text; empty: it is none.
std::vector<std::string> text_values(Operator op, DeclaredType type) {
  constexpr size_t kEnd = 2;  // bytes of a postfix
  const CellTexts texts = texts_of(type);
  const auto without_last = [](const std::string& text) { return text.substr(0, text.size() - 1); };
  const auto end = [](const std::string& text) { return text.substr(text.size() - kEnd); };
  switch (op) {
    case Operator::kPrefix:
      return {without_last(texts.matching)};
    case Operator::kNotPrefix:
      return {without_last(texts.other)};
    case Operator::kPostfix:
      return {end(texts.matching)};
    case Operator::kNotPostfix:
      return {end(texts.other)};
    case Operator::kSubString:
      return {"ab"};
    case Operator::kSubStringIgnCase:
      return {"aB"};
    case Operator::kFileType:
      return {"reg"};
    case Operator::kNotFileType:
      return {"dir"};
    default:
      return {};
  }
}

std::vector<std::string> socket_values(Operator op) {
  switch (op) {
    case Operator::kSAddr:
    case Operator::kDAddr:
      return {"10.1.2.0/24"};
    case Operator::kNotSAddr:
    case Operator::kNotDAddr:
      return {"fd00::/16"};
    case Operator::kSPort:
    case Operator::kDPort:
      return {"443"};
    case Operator::kNotSPort:
    case Operator::kNotDPort:
      return {"8000:9000"};
    case Operator::kProtocol:
      return {"IPPROTO_TCP"};
    case Operator::kState:
      return {"TCP_LISTEN"};
    default:
      return {};
  }
}

bool is_number(DeclaredType type) {
  using enum DeclaredType;
  constexpr auto kNumbers = std::to_array({kInt, kInt8, kUint8, kInt16, kUint16, kInt32, kUint32, kInt64,
                                           kUint64, kSizeT, kSyscall64, kCapability, kBpfCmd, kAuto, kNop});
  return std::ranges::find(kNumbers, type) != kNumbers.end();
}

std::vector<std::string> values_of(Operator op, DeclaredType type) {
  if (op == Operator::kFamily) return {type == DeclaredType::kSockaddrUn ? "AF_UNIX" : "AF_INET"};
  if (auto values = socket_values(op); !values.empty()) return values;
  if (auto values = text_values(op, type); !values.empty()) return values;
  const bool equality = op == Operator::kEqual || op == Operator::kNotEqual;
  if (equality && !is_number(type) && !is_set(type)) {
    const CellTexts texts = texts_of(type);
    return {op == Operator::kEqual ? texts.matching : texts.other};
  }
  return numbers_of(op, type).values;
}

std::string listed(const std::vector<std::string>& values) {
  std::string out;
  for (const std::string& value : values) out += (out.empty() ? "\"" : ", \"") + value + '"';
  return '[' + out + ']';
}

// A field of sub/cells: its number.
uint32_t field_for(DeclaredType type, bool second) {
  constexpr uint32_t kFirst = 4;  // behind those that every record has
  constexpr uint32_t kArray = 7;
  constexpr uint32_t kName = 8;
  if (type == DeclaredType::kDataLoc) return kName;
  if (type == DeclaredType::kConstBuf) return kArray;
  return second ? kFirst + 1 : kFirst;
}

}  // namespace

CellTable read_cells() { return TableReader().run(); }

std::string_view name_of(CellHook hook) { return kHookNames.at(static_cast<size_t>(hook)); }
std::string_view name_of(CellResult result) { return kResultNames.at(static_cast<size_t>(result)); }

std::string describe(const Cell& cell) {
  return std::string(word(cell.op)) + " on " + std::string(word(cell.type)) + " in " +
         std::string(name_of(cell.hook));
}

CellTexts texts_of(DeclaredType type) {
  // A dentry's path begins at the root of its file system.
  if (type == DeclaredType::kDentry) return {"/cab", "/xyz"};
  return {"/mnt/cab", "/mnt/xyz"};
}

CellPair numbers_of(Operator op, DeclaredType type) {
  using enum DeclaredType;
  const bool negative = type == kInt || type == kInt8 || type == kInt16 || type == kInt32 || type == kInt64;
  // Where there is a sign it makes the difference, or else all bits of the numbers do.
  const int64_t low = negative ? -5 : 5;
  constexpr int64_t kHigh = 9;
  const std::string text = std::to_string(low);
  switch (op) {
    case Operator::kEqual:
    case Operator::kInMap:
      return {{text, "77"}, low, kHigh};
    case Operator::kNotEqual:
    case Operator::kNotInMap:
      return {{"9", "77"}, low, kHigh};
    case Operator::kGt:
      return {{"7"}, kHigh, low};
    case Operator::kLt:
      return {{"7"}, low, kHigh};
    case Operator::kMask:
      return {{"2"}, negative ? -5 : 7, kHigh};
    case Operator::kInRange:
      return {{std::to_string(low - 1) + ":7"}, low, kHigh};
    case Operator::kNotInRange:
      return {{"8:12"}, low, kHigh};
    case Operator::kCelExpr:
      return {{expression(type, low)}, low, kHigh};
    case Operator::kCapabilitiesGained:
      return {{}, low, kHigh};
    default:
      return {{}, low, kHigh};
  }
}

namespace {

// Of the smallest policy, the lines up to the arguments.
std::string start_of(const Cell& cell) {
  const std::string function = function_with(word(cell.type));
  switch (cell.hook) {
    case CellHook::kFunction:
    case CellHook::kReturn:
      return "  kprobes:\n  - {call: " + function + ", syscall: false,\n";
    case CellHook::kFentry:
      return "  fentries:\n  - {call: " + function + ", syscall: false,\n";
    case CellHook::kSyscall:
      return "  kprobes:\n  - {call: sys_lseek, syscall: true,\n";
    case CellHook::kTracepoint:
      return "  tracepoints:\n  - {subsystem: sub, event: cells,\n";
    case CellHook::kRaw:
      return "  tracepoints:\n  - {subsystem: s, event: " + function + ", raw: true,\n";
    case CellHook::kLsm:
      return "  lsmhooks:\n  - {hook: " + function + ",\n";
    case CellHook::kUprobe:
    case CellHook::kUretprobe:
      return "  uprobes:\n  - {path: /tiny/program, symbols: [first],\n";
    case CellHook::kUsdt:
      return "  usdts:\n  - {path: /tiny/program, provider: tiny, name: cells,\n";
  }
  return "";
}

}  // namespace

CellDocument document_of(const Cell& cell, bool with_values) {
  constexpr int kHookLine = 7;
  constexpr std::string_view kTypeKey = "type: ";
  const std::string type(word(cell.type));
  const bool returned = of_return(cell.hook);
  const bool tracepoint = cell.hook == CellHook::kTracepoint;
  const bool sized = cell.type == DeclaredType::kCharBuf || cell.type == DeclaredType::kCharIovec;
  const bool untold = tracepoint && cell.type == DeclaredType::kConstBuf;  // an array has it by itself
  const auto arg = [&](bool second) {
    const uint32_t index = tracepoint ? field_for(cell.type, second) : second ? 1 : 0;
    constexpr uint32_t kFieldOfLength = 6;
    constexpr uint32_t kParameterOfLength = 2;
    return "{index: " + std::to_string(index) + (untold ? "" : ", type: " + type) +
           (sized && !returned
                ? ", sizeArgIndex: " + std::to_string((tracepoint ? kFieldOfLength : kParameterOfLength) + 1)
                : "") +
           "}";
  };
  const bool two = cell.op == Operator::kCapabilitiesGained;
  std::string out = "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: p\nspec:\n";
  out += start_of(cell);
  out += returned ? "     return: true, returnArg: " + arg(false)
                  : "     args: [" + arg(false) + (two ? ", " + arg(true) : "") + "]";
  out += returned ? ",\n     selectors: [{matchReturnArgs: [\n" : ",\n     selectors: [{matchArgs: [\n";
  const uint32_t index = tracepoint ? field_for(cell.type, false) : 0;
  const std::string start =
      "      {" + (two && !returned ? std::string("args: [0, 1]") : "index: " + std::to_string(index)) +
      ", operator: ";
  const std::vector<std::string> values =
      with_values ? values_of(cell.op, cell.type) : std::vector<std::string>{};
  out += start + std::string(word(cell.op)) + (values.empty() ? "" : ", values: " + listed(values));
  out += "}\n     ]}]}\n";
  const size_t type_at = out.find(kTypeKey);
  const int type_column = type_at == std::string::npos
                              ? 0
                              : static_cast<int>(type_at + kTypeKey.size() - out.rfind('\n', type_at));
  return {{"p.yaml", out}, kHookLine + 1, type_column, kHookLine + 3, static_cast<int>(start.size()) + 1};
}

}  // namespace tripline
