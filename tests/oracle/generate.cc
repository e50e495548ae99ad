// SPDX-License-Identifier: Apache-2.0
#include "oracle/generate.h"

#include <algorithm>
#include <array>
#include <limits>
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

Filter random_path_filter(Random& random, const Pool& pool, uint32_t arg, const Size& size) {
  using Op = PathFilter::Op;
  static const std::vector<Op> kSharp = {Op::kEqual, Op::kEqual, Op::kPrefix, Op::kPrefix, Op::kPostfix};
  static const std::vector<Op> kOps = {Op::kEqual,    Op::kEqual,     Op::kPrefix,
                                       Op::kPrefix,   Op::kPostfix,   Op::kPostfix,
                                       Op::kNotEqual, Op::kNotPrefix, Op::kNotPostfix};
  PathFilter filter{.arg = arg, .op = random.pick(size.sharp ? kSharp : kOps), .values = {}, .span = {}};
  const uint32_t values = random.chance(3) ? 0 : 1 + random.below(size.values);
  for (uint32_t i = 0; i < values; ++i) {
    filter.values.push_back(random_value(random, pool, filter.op, size.sharp));
  }
  return filter;
}

Filter random_int_filter(Random& random, const Pool& pool, uint32_t arg, const Size& size) {
  const bool equal = random.chance(size.sharp ? 95 : 60);
  IntFilter filter{
      .arg = arg, .op = equal ? IntFilter::Op::kEqual : IntFilter::Op::kNotEqual, .values = {}, .span = {}};
  const uint32_t values = random.chance(3) ? 0 : 1 + random.below(size.values);
  for (uint32_t i = 0; i < values; ++i) filter.values.push_back(random.pick(pool.numbers));
  return filter;
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
  };
  std::vector<CheckedAction> out;
  for (const Kind kind : random.pick(kLists)) out.push_back({.kind = kind, .span = {}});
  return out;
}

CheckedArg arg_of(const Shape& shape, uint32_t parameter) {
  return {.type = shape.parameters[parameter], .parameter = parameter, .label = "", .span = {}};
}

CheckedSelector random_selector(Random& random, const std::vector<CheckedArg>& args, const Pool& pool,
                                const Size& size) {
  CheckedSelector out;
  const bool any = random.chance(size.unfiltered);
  const uint32_t filters = any ? 0 : 1 + random.below(size.filters);
  for (uint32_t i = 0; i < filters; ++i) {
    const uint32_t arg = random.below(args.size());
    out.filters.push_back(args[arg].type == ArgType::kFile ? random_path_filter(random, pool, arg, size)
                                                           : random_int_filter(random, pool, arg, size));
  }
  out.actions = random_actions(random);
  return out;
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
  }
  return "?";
}

std::string describe(const Filter& filter) {
  std::string out;
  if (const IntFilter* number = std::get_if<IntFilter>(&filter)) {
    out = "args[" + std::to_string(number->arg) +
          (number->op == IntFilter::Op::kEqual ? "] Equal" : "] NotEqual");
    for (const int64_t value : number->values) out += ' ' + std::to_string(value);
    return out;
  }
  const PathFilter& path = std::get<PathFilter>(filter);
  out = "args[" + std::to_string(path.arg) + "] " + std::string(op_name(path.op));
  for (const std::string& value : path.values) out += ' ' + shown(value);
  return out;
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
  const uint32_t sections = 1 + random.below(size.sections);
  for (uint32_t n = 0; n < sections; ++n) {
    CheckedHook hook = plain_section(shape, {});
    hook.index = n;
    hook.args.clear();
    const uint32_t args = 1 + random.below(random.chance(70) ? shape.parameters.size() : 4);
    for (uint32_t i = 0; i < args; ++i)
      hook.args.push_back(arg_of(shape, random.below(shape.parameters.size())));
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
        for (const auto op : {IntFilter::Op::kEqual, IntFilter::Op::kNotEqual}) {
          add(IntFilter{.arg = arg, .op = op, .values = {number}, .span = {}});
        }
      }
      continue;
    }
    for (const std::string& path : paths) {
      for (const auto op :
           {PathFilter::Op::kEqual, PathFilter::Op::kNotEqual, PathFilter::Op::kPrefix,
            PathFilter::Op::kNotPrefix, PathFilter::Op::kPostfix, PathFilter::Op::kNotPostfix}) {
        add(PathFilter{.arg = arg, .op = op, .values = {path}, .span = {}});
      }
    }
  }
  return out;
}

CheckedHook plain_section(const Shape& shape, std::vector<CheckedSelector> selectors) {
  CheckedHook hook;
  hook.call = shape.function;
  hook.function = shape.function;
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
    out += "  section " + hook.function + ", args";
    for (const CheckedArg& arg : hook.args) {
      out += (arg.type == ArgType::kFile ? " file:" : " int:") + std::to_string(arg.parameter);
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
