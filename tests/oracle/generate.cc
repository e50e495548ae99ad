// SPDX-License-Identifier: Apache-2.0
#include "oracle/generate.h"

#include "oracle/network.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <set>

namespace tripline::oracle {
namespace {

using Kind = CheckedAction::Kind;

// Lengths around those the kernel keeps inside a dentry (32 or 40 bytes with the NUL), around words, and the longest.
const std::vector<size_t> kNameLengths = {1,  2,  7,  8,  9,  15, 16, 17, 30,  31, 32,
                                          33, 38, 39, 40, 41, 63, 64, 65, 254, 255};

std::string name_of_length(size_t length) {
  std::string out;
  while (out.size() < length) out += static_cast<char>('a' + out.size() % 26);
  return out;
}

std::string random_name(Random& random) {
  static const std::vector<std::string> kNames = {
      "a",    "b",      "ab",       "abc",       "tmp",        "tmpfile",     "tetragon",    "etc",
      "etcd", "passwd", "passwd-",  "shadow",    ".hidden",    "usr",         "lib",         "lib64",
      "...",  "\xff\n", "x y\t\"'", "(deleted)", " (deleted)", "a (deleted)", "node_modules"};
  if (random.chance(65)) return random.pick(kNames);
  std::string name = name_of_length(random.pick(kNameLengths));
  // Equal but for one byte, at either end or anywhere.
  if (random.chance(50)) name[random.chance(40) ? name.size() - 1 : random.below(name.size())] = 'Z';
  return name;
}

std::string random_path(Random& random) {
  std::string path;
  const uint32_t depth = random.chance(10) ? 6 + random.below(20) : 1 + random.below(4);
  for (uint32_t i = 0; i < depth; ++i) path += '/' + random_name(random);
  return path;
}

std::string parent(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

std::string leaf(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// A path that has much in common with `path`.
std::string related_path(Random& random, const std::string& path) {
  switch (random.below(8)) {
    case 0:
      return parent(path).empty() ? "/" : parent(path);
    case 1:
      return parent(path) + '/' + random_name(random);
    case 2:
      return '/' + random_name(random) + '/' + leaf(path);
    case 3:
      return path + '/' + random_name(random);
    case 4:
      return path + "x";
    case 5:
      return path + " (deleted)";
    case 6:
      return '/' + random_name(random) + path;
    default:
      return path.size() > 2 ? path.substr(0, path.size() - 1) : path;
  }
}

bool is_path(const std::string& path, size_t longest) {
  if (path.size() > longest || !path.starts_with('/') || path.find('\0') != std::string::npos) return false;
  if (path == "/") return true;
  for (size_t at = 0; at < path.size();) {
    const size_t end = std::min(path.find('/', at + 1), path.size());
    const std::string name = path.substr(at + 1, end - at - 1);
    if (name.empty() || name.size() > 255 || name == "." || name == "..") return false;
    at = end;
  }
  return true;
}

size_t slash_in(Random& random, const std::string& text) {
  std::vector<size_t> slashes;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '/') slashes.push_back(at);
  }
  return slashes.empty() ? 0 : random.pick(slashes);
}

// Somewhere to cut a path in two: anywhere, or at a slash, or behind one.
size_t cut(Random& random, const std::string& path) {
  if (random.chance(40)) return random.below(path.size() + 1);
  return std::min(path.size(), slash_in(random, path) + random.below(2));
}

// The odd ones: too long for anything, no path at all, almost a path.
std::string odd_value(Random& random, const std::string& path) {
  static const std::vector<size_t> kLengths = {64, 65, 127, 128, 255, 256, 257, 4094, 4095, 4096, 5000};
  switch (random.below(10)) {
    case 0:
      return "/";
    case 1:
      return "";
    case 2:
      return " (deleted)";
    case 3:
      return path + std::string("\0x", 2);
    case 4:
      return '/' + path;
    case 5:
      return path.substr(1);
    case 6:
      return std::string(random.pick(kLengths), 'x');
    case 7: {
      std::string out = path;
      while (out.size() < 300) out += path;
      return out.substr(0, random.pick(kLengths));
    }
    case 8:
      return path + '/';
    default:
      return "/a";
  }
}

std::string random_value(Random& random, const Pool& pool, PathFilter::Op op, bool sharp) {
  const std::string& path = random.pick(pool.paths);
  if (random.chance(sharp ? 1 : 12)) return odd_value(random, path);
  std::string value = path;
  if (op == PathFilter::Op::kPrefix || op == PathFilter::Op::kNotPrefix) {
    if (random.chance(70)) value = value.substr(0, cut(random, value));
  } else if (op == PathFilter::Op::kPostfix || op == PathFilter::Op::kNotPostfix) {
    if (random.chance(70)) value = value.substr(cut(random, value));
  }
  if (random.chance(10) && !value.empty()) value[random.below(value.size())] ^= 1;
  if (random.chance(10)) value += random.pick(std::vector<std::string>{"/", "x", " (deleted)", "/a"});
  return value;
}

std::string random_part(Random& random, const std::string& text) {
  if (text.empty() || random.chance(20)) return text;
  const size_t at = random.below(text.size());
  return text.substr(at, 1 + random.below(std::min<size_t>(text.size() - at, random.chance(80) ? 12 : 4096)));
}

void make_small(std::string& text) {
  std::ranges::transform(text, text.begin(), [](char each) {
    return static_cast<char>(each >= 'A' && each <= 'Z' ? each | 32 : each);
  });
}

template <typename FilterType>
Filter random_path_filter(Random& random, const Pool& pool, uint32_t arg, const Size& size) {
  using Op = TextOp;
  static const std::vector<Op> kSharp = {Op::kEqual, Op::kEqual, Op::kPrefix, Op::kPrefix, Op::kPostfix};
  static const std::vector<Op> kOps = {Op::kEqual,      Op::kEqual,     Op::kPrefix,          Op::kPrefix,
                                       Op::kPostfix,    Op::kPostfix,   Op::kNotEqual,        Op::kNotPrefix,
                                       Op::kNotPostfix, Op::kSubString, Op::kSubStringIgnCase};
  FilterType filter{.arg = arg, .op = random.pick(size.sharp ? kSharp : kOps), .values = {}, .span = {}};
  const uint32_t values = random.chance(3) ? 0 : 1 + random.below(size.values);
  for (uint32_t i = 0; i < values; ++i) {
    std::string value = random_value(random, pool, filter.op, size.sharp);
    if (filter.op == Op::kSubString || filter.op == Op::kSubStringIgnCase) value = random_part(random, value);
    if (filter.op == Op::kSubStringIgnCase) make_small(value);
    filter.values.push_back(std::move(value));
  }
  return filter;
}

Filter random_file_type_filter(Random& random, uint32_t arg) {
  static const std::vector<uint16_t> kTypes = {0010000, 0020000, 0040000, 0060000, 0100000, 0120000, 0140000};
  FileTypeFilter filter{.arg = arg, .negated = random.chance(50), .types = {}, .span = {}};
  const uint32_t types = 1 + random.below(3);
  for (uint32_t i = 0; i < types; ++i) filter.types.push_back(random.pick(kTypes));
  return filter;
}

bool is_text(ArgType type) { return type == ArgType::kString || type == ArgType::kCharBuf; }

bool has_path(ArgType type) {
  using enum policy::DeclaredType;
  return type == kFile || type == kPath || type == kFd || type == kDentry || type == kLinuxBinprm;
}

// The number, or the nearest that the type can hold.
int64_t number_for(ArgType type, int64_t number) {
  switch (type) {
    case ArgType::kInt8:
      return std::clamp<int64_t>(number, INT8_MIN, INT8_MAX);
    case ArgType::kUint8:
      return std::clamp<int64_t>(number, 0, UINT8_MAX);
    case ArgType::kInt16:
      return std::clamp<int64_t>(number, INT16_MIN, INT16_MAX);
    case ArgType::kUint16:
      return std::clamp<int64_t>(number, 0, UINT16_MAX);
    case ArgType::kUint32:
      return static_cast<uint32_t>(number);
    default:
      return number;  // a negative one is the largest of an unsigned type of 64 bits
  }
}

bool is_unsigned(ArgType type) { return type == ArgType::kUint64 || type == ArgType::kSizeT; }

IntRange random_range(Random& random, const Pool& pool, ArgType type, bool single) {
  IntRange out;
  out.low = number_for(type, random.pick(pool.numbers));
  out.high = single || random.chance(30) ? out.low : number_for(type, random.pick(pool.numbers));
  const bool less = is_unsigned(type) ? static_cast<uint64_t>(out.high) < static_cast<uint64_t>(out.low)
                                      : out.high < out.low;
  if (less) std::swap(out.low, out.high);
  return out;
}

Filter random_int_filter(Random& random, const Pool& pool, uint32_t arg, ArgType type, const Size& size) {
  using Op = IntFilter::Op;
  static const std::vector<Op> kSharp = {Op::kEqual, Op::kEqual, Op::kEqual, Op::kInRange};
  static const std::vector<Op> kOps = {Op::kEqual, Op::kEqual, Op::kNotEqual, Op::kGreater,
                                       Op::kLess,  Op::kMask,  Op::kInRange,  Op::kNotInRange};
  IntFilter filter{.arg = arg, .op = random.pick(size.sharp ? kSharp : kOps), .values = {}, .span = {}};
  const bool ranges = filter.op == Op::kInRange || filter.op == Op::kNotInRange;
  uint32_t values = random.chance(3) ? 0 : 1 + random.below(size.values);
  if (ranges && random.chance(20)) values += 5;  // enough for a search
  for (uint32_t i = 0; i < values; ++i) filter.values.push_back(random_range(random, pool, type, !ranges));
  return filter;
}

CelNode random_number(Random& random, const Pool& pool, const std::vector<CheckedArg>& args,
                      CelNode::Type type, int depth);

std::optional<CelNode::Type> cel_type(ArgType type) {
  switch (type) {
    case ArgType::kInt:
    case ArgType::kInt32:
      return CelNode::Type::kInt32;
    case ArgType::kUint32:
      return CelNode::Type::kUint32;
    case ArgType::kInt64:
      return CelNode::Type::kInt;
    case ArgType::kUint64:
      return CelNode::Type::kUint;
    default:
      return std::nullopt;
  }
}

CelNode random_leaf(Random& random, const Pool& pool, const std::vector<CheckedArg>& args,
                    CelNode::Type type) {
  using Type = CelNode::Type;
  std::vector<uint32_t> fit;
  for (uint32_t arg = 0; arg < args.size(); ++arg) {
    if (cel_type(args[arg].type) == type) fit.push_back(arg);
  }
  if (!fit.empty() && random.chance(70))
    return {.kind = CelNode::Kind::kArg, .type = type, .arg = random.pick(fit)};
  const bool narrow = type == Type::kInt32 || type == Type::kUint32;
  CelNode number{.kind = CelNode::Kind::kNumber,
                 .type = !narrow ? type : (type == Type::kInt32 ? Type::kInt : Type::kUint),
                 .number = random.pick(pool.numbers)};
  if (!narrow) return number;
  return {.kind = CelNode::Kind::kCast, .type = type, .operands = {number}};
}

CelNode random_number(Random& random, const Pool& pool, const std::vector<CheckedArg>& args,
                      CelNode::Type type, int depth) {
  using Cel = CelNode::Kind;
  if (depth == 0 || random.chance(50)) return random_leaf(random, pool, args, type);
  static const std::vector<Cel> kKinds = {Cel::kAdd,   Cel::kSubtract, Cel::kBitAnd,
                                          Cel::kBitOr, Cel::kBitXor,   Cel::kBitNot};
  CelNode node{.kind = random.pick(kKinds), .type = type};
  node.operands.push_back(random_number(random, pool, args, type, depth - 1));
  if (node.kind != Cel::kBitNot) node.operands.push_back(random_number(random, pool, args, type, depth - 1));
  return node;
}

CelNode random_bool(Random& random, const Pool& pool, const std::vector<CheckedArg>& args, int depth) {
  using Cel = CelNode::Kind;
  using Type = CelNode::Type;
  CelNode node{.kind = Cel::kNumber, .type = Type::kBool};
  if (depth > 0 && random.chance(50)) {
    static const std::vector<Cel> kLogic = {Cel::kAnd, Cel::kOr, Cel::kNot, Cel::kEqual, Cel::kNotEqual};
    node.kind = random.pick(kLogic);
    node.operands.push_back(random_bool(random, pool, args, depth - 1));
    if (node.kind != Cel::kNot) node.operands.push_back(random_bool(random, pool, args, depth - 1));
    return node;
  }
  if (random.chance(5)) {
    node.number = random.chance(50) ? 1 : 0;
    return node;
  }
  static const std::vector<Cel> kCompare = {Cel::kEqual,     Cel::kNotEqual, Cel::kLess,
                                            Cel::kLessEqual, Cel::kGreater,  Cel::kGreaterEqual};
  static const std::vector<Type> kTypes = {Type::kInt32, Type::kUint32, Type::kInt, Type::kUint};
  const Type type = random.pick(kTypes);
  node.kind = random.pick(kCompare);
  node.operands.push_back(random_number(random, pool, args, type, 2));
  node.operands.push_back(random_number(random, pool, args, type, 2));
  return node;
}

std::vector<CheckedAction> random_actions(Random& random) {
  static const std::vector<std::vector<Kind>> kLists = {
      {Kind::kPost},
      {Kind::kPost},
      {Kind::kPost},
      {Kind::kNoPost},
      {Kind::kSigkill},
      {Kind::kSigkill, Kind::kNoPost},
      {Kind::kNoPost, Kind::kPost},
      {Kind::kPost, Kind::kSigkill},
      {Kind::kSigkill, Kind::kPost, Kind::kSigkill},
      {Kind::kSignal},
      {Kind::kOverride},
      {Kind::kOverride},
      {Kind::kNoPost, Kind::kOverride, Kind::kOverride},
      {Kind::kOverride, Kind::kSignal, Kind::kSet},
  };
  std::vector<CheckedAction> out;
  for (const Kind kind : random.pick(kLists)) {
    out.push_back({.kind = kind, .span = {}});
    if (kind == Kind::kSignal) out.back().signal = random.chance(50) ? 0 : 10;
    if (kind == Kind::kOverride) out.back().error = -static_cast<int32_t>(random.below(3));
    if (kind == Kind::kSet) out.back().has_effect = false;
  }
  return out;
}

// An integer parameter can be read as any of these.
const std::vector<ArgType> kIntegers = {ArgType::kInt,   ArgType::kInt8,   ArgType::kUint8,
                                        ArgType::kInt16, ArgType::kUint16, ArgType::kUint32,
                                        ArgType::kInt64, ArgType::kUint64, ArgType::kSizeT};

// A function of user space has them in registers: di, si, dx, cx, r8, r9 of struct pt_regs.
ArgSource source_of(const Shape& shape, uint32_t parameter) {
  constexpr auto kRegisters = std::to_array<uint32_t>({112, 104, 96, 88, 72, 64});
  if (shape.of_syscall) return {.kind = ArgSource::Kind::kSyscall, .index = parameter};
  if (!is_user(shape.attachment)) return {.index = parameter};
  return {.kind = ArgSource::Kind::kRegister, .index = parameter, .offset = kRegisters.at(parameter)};
}

CheckedArg arg_of(const Shape& shape, uint32_t parameter) {
  CheckedArg out{
      .type = shape.parameters[parameter], .source = source_of(shape, parameter), .label = "", .span = {}};
  if (out.type == ArgType::kCharBuf) out.size = source_of(shape, shape.size_parameter);
  return out;
}

CheckedSelector random_selector(Random& random, const std::vector<CheckedArg>& args, const Pool& pool,
                                const Size& size) {
  CheckedSelector out;
  const bool any = random.chance(size.unfiltered);
  const uint32_t filters = any ? 0 : 1 + random.below(size.filters);
  for (uint32_t i = 0; i < filters; ++i) {
    const uint32_t arg = random.below(args.size());
    if (random.chance(8)) {
      out.filters.push_back(CelFilter{random_bool(random, pool, args, 2), {}});
      continue;
    }
    if (is_text(args[arg].type)) {
      out.filters.push_back(random_path_filter<TextFilter>(random, pool, arg, size));
    } else if (args[arg].type == ArgType::kKiocb) {
      out.filters.push_back(ConstantFilter{random.chance(80), {}});  // no operator looks at it
    } else if (!has_path(args[arg].type)) {
      out.filters.push_back(random_int_filter(random, pool, arg, args[arg].type, size));
    } else if (!size.sharp && random.chance(10) &&
               (args[arg].type == ArgType::kFile || args[arg].type == ArgType::kPath)) {
      out.filters.push_back(random_file_type_filter(random, arg));
    } else {
      out.filters.push_back(random_path_filter<PathFilter>(random, pool, arg, size));
    }
  }
  out.actions = random_actions(random);
  return out;
}

std::string_view op_name(IntFilter::Op op) {
  switch (op) {
    case IntFilter::Op::kEqual:
      return "Equal";
    case IntFilter::Op::kNotEqual:
      return "NotEqual";
    case IntFilter::Op::kGreater:
      return "GT";
    case IntFilter::Op::kLess:
      return "LT";
    case IntFilter::Op::kMask:
      return "Mask";
    case IntFilter::Op::kInRange:
      return "InRange";
    case IntFilter::Op::kNotInRange:
      return "NotInRange";
  }
  return "?";
}

std::string_view op_name(PathFilter::Op op) {
  switch (op) {
    case PathFilter::Op::kEqual:
      return "Equal";
    case PathFilter::Op::kNotEqual:
      return "NotEqual";
    case PathFilter::Op::kPrefix:
      return "Prefix";
    case PathFilter::Op::kNotPrefix:
      return "NotPrefix";
    case PathFilter::Op::kPostfix:
      return "Postfix";
    case PathFilter::Op::kNotPostfix:
      return "NotPostfix";
    case PathFilter::Op::kSubString:
      return "SubString";
    case PathFilter::Op::kSubStringIgnCase:
      return "SubStringIgnCase";
  }
  return "?";
}

std::string_view action_text(Kind kind) {
  switch (kind) {
    case Kind::kPost:
      return "Post";
    case Kind::kNoPost:
      return "NoPost";
    case Kind::kSigkill:
      return "Sigkill";
    case Kind::kGetUrl:
      return "GetUrl";
    case Kind::kDnsLookup:
      return "DnsLookup";
    case Kind::kSignal:
      return "Signal";
    case Kind::kOverride:
      return "Override";
    case Kind::kSet:
      return "Set";
    case Kind::kTrackSock:
      return "TrackSock";
    case Kind::kUntrackSock:
      return "UntrackSock";
    case Kind::kNotifyEnforcer:
      return "NotifyEnforcer";
    case Kind::kCleanupEnforcerNotification:
      return "CleanupEnforcerNotification";
  }
  return "?";
}

std::string describe(const CelNode& node) {
  std::string out =
      "(" + std::to_string(static_cast<int>(node.kind)) + ":" + std::to_string(static_cast<int>(node.type));
  if (node.kind == CelNode::Kind::kArg) out += " arg" + std::to_string(node.arg);
  if (node.kind == CelNode::Kind::kNumber) out += ' ' + std::to_string(node.number);
  for (const CelNode& operand : node.operands) out += ' ' + describe(operand);
  return out + ")";
}

template <typename FilterType>
std::string describe_text(const FilterType& filter) {
  std::string out = "args[" + std::to_string(filter.arg) + "] " + std::string(op_name(filter.op));
  for (const std::string& value : filter.values) out += ' ' + shown(value);
  return out;
}

std::string describe(const Filter& filter) {
  std::string out;
  if (const IntFilter* number = std::get_if<IntFilter>(&filter)) {
    out = "args[" + std::to_string(number->arg) + "] " + std::string(op_name(number->op));
    for (const IntRange& value : number->values) {
      out += ' ' + std::to_string(value.low);
      if (value.high != value.low) out += ':' + std::to_string(value.high);
    }
    return out;
  }
  if (const CelFilter* cel = std::get_if<CelFilter>(&filter)) return describe(cel->expression);
  if (const ConstantFilter* constant = std::get_if<ConstantFilter>(&filter))
    return constant->passes ? "always" : "never";
  if (const auto* socket = std::get_if<SocketFilter>(&filter)) return describe_socket(*socket);
  if (const auto* gained = std::get_if<CapabilitiesGainedFilter>(&filter)) {
    return "args[" + std::to_string(gained->old) + "] CapabilitiesGained args[" +
           std::to_string(gained->gained) + "]";
  }
  if (const auto* type = std::get_if<FileTypeFilter>(&filter)) {
    out = "args[" + std::to_string(type->arg) + (type->negated ? "] NotFileType" : "] FileType");
    for (const uint16_t each : type->types) out += ' ' + std::to_string(each);
    return out;
  }
  if (const auto* text = std::get_if<TextFilter>(&filter)) return describe_text(*text);
  return describe_text(std::get<PathFilter>(filter));
}

}  // namespace

Pool random_pool(Random& random, size_t longest) {
  Pool pool;
  std::set<std::string> known;
  const uint32_t wanted = 8 + random.below(16);
  while (pool.paths.size() < wanted) {
    std::string path = pool.paths.empty() || random.chance(25)
                           ? random_path(random)
                           : related_path(random, random.pick(pool.paths));
    if (is_path(path, longest) && known.insert(path).second) pool.paths.push_back(std::move(path));
  }
  static const std::vector<int32_t> kNumbers = {0,
                                                1,
                                                2,
                                                -1,
                                                -2,
                                                42,
                                                255,
                                                256,
                                                65535,
                                                65536,
                                                std::numeric_limits<int32_t>::min(),
                                                std::numeric_limits<int32_t>::max()};
  for (int i = 0; i < 4; ++i) pool.numbers.push_back(random.pick(kNumbers));
  return pool;
}

CheckedPolicy random_policy(Random& random, const Shape& shape, const Pool& pool, const Size& size) {
  CheckedPolicy policy;
  policy.name = "p" + std::to_string(random.below(1000));
  policy.source_name = policy.name + ".yaml";
  policy.enforce = false;
  // Not every machine's kernel takes a kprobe that can override, or a uprobe that sets registers.
  policy.monitor_only = shape.attachment == Attachment::kKprobe || is_user(shape.attachment);
  const uint32_t sections = 1 + random.below(size.sections);
  for (uint32_t n = 0; n < sections; ++n) {
    CheckedHook hook = plain_section(shape, {});
    hook.index = n;
    hook.args.clear();
    const uint32_t args = 1 + random.below(random.chance(70) ? shape.parameters.size() : 4);
    for (uint32_t i = 0; i < args; ++i) {
      hook.args.push_back(arg_of(shape, random.below(shape.parameters.size())));
      if (hook.args.back().type == ArgType::kInt32 && random.chance(60)) {
        hook.args.back().type = random.pick(kIntegers);
      }
    }
    const uint32_t selectors = 1 + random.below(size.selectors);
    for (uint32_t i = 0; i < selectors; ++i) {
      hook.selectors.push_back(random_selector(random, hook.args, pool, size));
    }
    policy.hooks.push_back(std::move(hook));
  }
  return policy;
}

std::vector<CheckedSelector> single_filters(const std::vector<CheckedArg>& args,
                                            const std::vector<std::string>& paths,
                                            const std::vector<int32_t>& numbers) {
  std::vector<CheckedSelector> out;
  const auto add = [&](Filter filter) {
    out.push_back({.label = "",
                   .filters = {std::move(filter)},
                   .actions = {{.kind = Kind::kPost, .span = {}}},
                   .span = {}});
  };
  for (uint32_t arg = 0; arg < args.size(); ++arg) {
    if (args[arg].type == ArgType::kInt32) {
      for (const int32_t number : numbers) {
        for (const auto op :
             {IntFilter::Op::kEqual, IntFilter::Op::kNotEqual, IntFilter::Op::kGreater, IntFilter::Op::kLess,
              IntFilter::Op::kMask, IntFilter::Op::kInRange, IntFilter::Op::kNotInRange}) {
          add(IntFilter{.arg = arg, .op = op, .values = {{number, number}}, .span = {}});
        }
      }
      continue;
    }
    for (const std::string& path : paths) {
      for (const auto op : {PathFilter::Op::kEqual, PathFilter::Op::kNotEqual, PathFilter::Op::kPrefix,
                            PathFilter::Op::kNotPrefix, PathFilter::Op::kPostfix, PathFilter::Op::kNotPostfix,
                            PathFilter::Op::kSubString, PathFilter::Op::kSubStringIgnCase}) {
        if (is_text(args[arg].type)) {
          add(TextFilter{.arg = arg, .op = op, .values = {path}, .span = {}});
        } else {
          add(PathFilter{.arg = arg, .op = op, .values = {path}, .span = {}});
        }
      }
    }
  }
  return out;
}

CheckedHook plain_section(const Shape& shape, std::vector<CheckedSelector> selectors) {
  CheckedHook hook;
  hook.call = shape.function;
  hook.target = target::Function{shape.function};
  if (is_user(shape.attachment)) {
    hook.kind = HookKind::kUprobe;
    hook.target = target::UserCode{{.path = "/tiny/program", .inode = 7}, {{0x1000, 0, shape.function}}};
  }
  hook.attachment = shape.attachment;
  hook.selectors = std::move(selectors);
  for (uint32_t parameter = 0; parameter < shape.parameters.size(); ++parameter) {
    hook.args.push_back(arg_of(shape, parameter));
  }
  return hook;
}

std::string shown(const std::string& bytes) {
  constexpr size_t kShown = 400;
  std::string out = "\"";
  for (size_t at = 0; at < bytes.size(); ++at) {
    if (bytes.size() > kShown && at == kShown / 2) {
      out += "\"...(" + std::to_string(bytes.size()) + " bytes)...\"";
      at = bytes.size() - kShown / 2;
    }
    const auto byte = static_cast<unsigned char>(bytes[at]);
    if (byte < 0x20 || byte >= 0x7f || byte == '"' || byte == '\\') {
      constexpr std::string_view kHex = "0123456789abcdef";
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      out += bytes[at];
    }
  }
  return out + '"';
}

std::string describe(const CheckedPolicy& policy) {
  std::string out = "policy " + policy.name + (policy.enforce ? "\n" : ", monitor mode\n");
  for (const CheckedHook& hook : policy.hooks) {
    out += "  section " + short_name(hook.target) + ", args";
    for (const CheckedArg& arg : hook.args) {
      out += ' ' + std::string(policy::word(arg.type)) + ':' + std::to_string(arg.source.index);
    }
    out += '\n';
    for (const CheckedSelector& selector : hook.selectors) {
      out += "    selector\n";
      for (const Filter& filter : selector.filters) out += "      " + describe(filter) + '\n';
      out += "      actions";
      for (const CheckedAction& action : selector.actions) out += ' ' + std::string(action_text(action.kind));
      out += '\n';
    }
  }
  return out;
}

}  // namespace tripline::oracle
