// SPDX-License-Identifier: Apache-2.0
#include "oracle/oracle.h"

#include <algorithm>

namespace tripline::oracle {
namespace {

struct FilterPasses {
  const CheckedHook& hook;
  const Call& call;
  const Process& process;

  template <typename T>
  const T& argument(uint32_t arg) const {
    return std::get<T>(call.at(hook.args.at(arg).source.index));
  }
  [[nodiscard]] std::optional<uint64_t> set(uint32_t arg) const { return argument<Capabilities>(arg).set; }
  bool operator()(const IntFilter& filter) const {
    const Argument& compared = call.at(hook.args.at(filter.arg).source.index);
    if (const auto* capabilities = std::get_if<Capabilities>(&compared)) {
      return capabilities->set && passes(filter, ArgType::kUint64, static_cast<int64_t>(*capabilities->set));
    }
    return passes(filter, hook.args.at(filter.arg).type, argument<int64_t>(filter.arg));
  }
  bool operator()(const PathFilter& filter) const { return passes(filter, argument<File>(filter.arg)); }
  bool operator()(const TextFilter& filter) const {
    const Argument& compared = call.at(hook.args.at(filter.arg).source.index);
    if (const auto* address = std::get_if<UnixAddress>(&compared)) {
      return address->readable && passes(filter, Text{.bytes = address->name, .whole = 0});
    }
    return passes(filter, argument<Text>(filter.arg));
  }
  bool operator()(const FileTypeFilter& filter) const { return passes(filter, argument<File>(filter.arg)); }
  bool operator()(const SocketFilter& filter) const {
    const Argument& compared = call.at(hook.args.at(filter.arg).source.index);
    if (const auto* address = std::get_if<UnixAddress>(&compared)) {
      return passes(filter, Endpoint{.readable = address->readable, .family = address->family});
    }
    return passes(filter, argument<Endpoint>(filter.arg));
  }
  bool operator()(const CapabilitiesGainedFilter& filter) const {
    return set(filter.old) && set(filter.gained) && (*set(filter.gained) & ~*set(filter.old)) != 0;
  }
  bool operator()(const ConstantFilter& filter) const { return filter.passes; }
  bool operator()(const CelFilter& filter) const { return value(filter.expression) != 0; }

  // What an expression is worth, as a number that no type of it exceeds.
  __int128 value(const CelNode& node) const {
    using Kind = CelNode::Kind;
    const auto left = [&] { return value(node.operands.at(0)); };
    const auto right = [&] { return value(node.operands.at(1)); };
    switch (node.kind) {
      case Kind::kArg:
        return wrapped(argument<int64_t>(node.arg), node.type);
      case Kind::kNumber:
        return wrapped(node.number, node.type);
      case Kind::kNot:
        return left() == 0 ? 1 : 0;
      case Kind::kAnd:
        return left() != 0 && right() != 0 ? 1 : 0;
      case Kind::kOr:
        return left() != 0 || right() != 0 ? 1 : 0;
      case Kind::kEqual:
        return left() == right() ? 1 : 0;
      case Kind::kNotEqual:
        return left() != right() ? 1 : 0;
      case Kind::kLess:
        return left() < right() ? 1 : 0;
      case Kind::kLessEqual:
        return left() <= right() ? 1 : 0;
      case Kind::kGreater:
        return left() > right() ? 1 : 0;
      case Kind::kGreaterEqual:
        return left() >= right() ? 1 : 0;
      case Kind::kAdd:
        return wrapped(left() + right(), node.type);
      case Kind::kSubtract:
        return wrapped(left() - right(), node.type);
      case Kind::kBitAnd:
        return wrapped(left() & right(), node.type);
      case Kind::kBitOr:
        return wrapped(left() | right(), node.type);
      case Kind::kBitXor:
        return wrapped(left() ^ right(), node.type);
      case Kind::kBitNot:
        return wrapped(~left(), node.type);
      case Kind::kCast:
        return wrapped(left(), node.type);
    }
    return 0;
  }

  static __int128 wrapped(__int128 number, CelNode::Type type) {
    switch (type) {
      case CelNode::Type::kBool:
        return number != 0 ? 1 : 0;
      case CelNode::Type::kInt32:
        return static_cast<int32_t>(number);
      case CelNode::Type::kUint32:
        return static_cast<uint32_t>(number);
      case CelNode::Type::kInt:
        return static_cast<int64_t>(number);
      case CelNode::Type::kUint:
        return static_cast<uint64_t>(number);
    }
    return number;
  }
  bool operator()(const TaskFilter& filter) const { return passes(filter, process); }
  bool operator()(const FactFilter& filter) const { return passes(filter, process); }
  bool operator()(const ChangeFilter& filter) const { return passes(filter, process); }
};

// A number as its type has it: signed ones in a signed type, others in an unsigned one.
using Number = std::variant<int64_t, uint64_t>;

Number number_of(ArgType type, int64_t in_register) {
  switch (type) {
    case ArgType::kInt8:
      return int64_t{static_cast<int8_t>(in_register)};
    case ArgType::kInt16:
      return int64_t{static_cast<int16_t>(in_register)};
    case ArgType::kInt64:
      return in_register;
    case ArgType::kUint8:
      return uint64_t{static_cast<uint8_t>(in_register)};
    case ArgType::kUint16:
      return uint64_t{static_cast<uint16_t>(in_register)};
    case ArgType::kUint32:
      return uint64_t{static_cast<uint32_t>(in_register)};
    case ArgType::kUint64:
    case ArgType::kSizeT:
    case ArgType::kSyscall64:
      return static_cast<uint64_t>(in_register);
    default:
      return int64_t{static_cast<int32_t>(in_register)};
  }
}

template <typename T>
bool integer_passes(const IntFilter& filter, T number) {
  bool equal = false;
  bool greater = false;
  bool less = false;
  bool masked = false;
  bool inside = false;
  for (const IntRange& value : filter.values) {
    const T low = static_cast<T>(value.low);
    const T high = static_cast<T>(value.high);
    equal |= number == low;
    greater |= number > low;
    less |= number < low;
    masked |= (number & low) != 0;
    inside |= number >= low && number <= high;
  }
  switch (filter.op) {
    case IntFilter::Op::kEqual:
      return equal;
    case IntFilter::Op::kNotEqual:
      return !equal;
    case IntFilter::Op::kGreater:
      return greater;
    case IntFilter::Op::kLess:
      return less;
    case IntFilter::Op::kMask:
      return masked;
    case IntFilter::Op::kInRange:
      return inside;
    case IntFilter::Op::kNotInRange:
      return !inside;
  }
  return false;
}

std::string small(std::string text) {
  for (char& each : text) {
    if (each >= 'A' && each <= 'Z') each = static_cast<char>(each + 32);
  }
  return text;
}

bool text_passes(TextOp op, const std::vector<std::string>& values, const std::string& text) {
  bool equal = false;
  bool prefix = false;
  bool postfix = false;
  bool part = false;
  bool small_part = false;
  for (const std::string& value : values) {
    equal |= text == value;
    prefix |= !text.empty() && text.starts_with(value);
    postfix |= !text.empty() && text.ends_with(value);
    part |= text.find(value) != std::string::npos;
    small_part |= small(text).find(value) != std::string::npos;
  }
  switch (op) {
    case TextOp::kEqual:
      return equal;
    case TextOp::kNotEqual:
      return !equal;
    case TextOp::kPrefix:
      return prefix;
    case TextOp::kNotPrefix:
      return !prefix;
    case TextOp::kPostfix:
      return postfix;
    case TextOp::kNotPostfix:
      return !postfix;
    case TextOp::kSubString:
      return part;
    case TextOp::kSubStringIgnCase:
      return small_part;
  }
  return false;
}

Verdict act(size_t selector, const std::vector<CheckedAction>& actions) {
  Verdict verdict{.selector = selector};
  for (const CheckedAction& action : actions) {
    if (action.kind == CheckedAction::Kind::kNoPost) verdict.posted = false;
    if (action.kind == CheckedAction::Kind::kSigkill || action.kind == CheckedAction::Kind::kSignal) {
      ++verdict.signals;
    }
    if (action.kind == CheckedAction::Kind::kOverride) {
      ++verdict.overrides;
      if (action.has_effect) verdict.value = action.error;
    }
    if (action.kind == CheckedAction::Kind::kSet) ++verdict.sets;
    if (action.kind == CheckedAction::Kind::kNotifyEnforcer) {
      ++verdict.notified;
      verdict.notices.emplace_back(action.error);
    }
    if (action.kind == CheckedAction::Kind::kCleanupEnforcerNotification)
      verdict.notices.emplace_back(std::nullopt);
    verdict.action = action.kind;
  }
  return verdict;
}

// A record is renewed by the event of a selector that asks for changes of it.
void renew(const CheckedSelector& selector, Verdict& verdict) {
  for (const Filter& filter : selector.filters) {
    const auto* change = std::get_if<ChangeFilter>(&filter);
    if (change == nullptr || !verdict.posted) continue;
    const bool namespaces = change->what == ChangeFilter::What::kNamespaces;
    (namespaces ? verdict.renews_namespaces : verdict.renews_capabilities) = true;
  }
}

bool any_in(const std::vector<uint32_t>& values, const std::vector<uint32_t>& of) {
  return std::ranges::any_of(of,
                             [&](uint32_t each) { return std::ranges::find(values, each) != values.end(); });
}

}  // namespace

void leave(Notices& notices, const std::string& policy, const Verdict& verdict, bool enforces) {
  for (const std::optional<int32_t>& error : verdict.notices) {
    const bool waits = notices.waiting.contains(policy);
    if (!error) {
      if (waits) ++notices.missed[policy].dropped;
      notices.waiting.erase(policy);
    } else if (enforces) {
      if (waits) ++notices.missed[policy].overwritten;
      notices.waiting[policy] = *error;
    }
  }
}

std::optional<int32_t> take(Notices& notices, const std::string& policy) {
  const auto waiting = notices.waiting.find(policy);
  if (waiting == notices.waiting.end()) return std::nullopt;
  const int32_t error = waiting->second;
  notices.waiting.erase(waiting);
  return error == 0 ? std::nullopt : std::optional(error);
}

bool passes(const TaskFilter& filter, const Process& process) {
  const uint64_t number = process.numbers.at(filter.number);
  bool found = false;
  for (const uint64_t value : filter.values)
    found |= filter.is_mask ? (number & value) != 0 : number == value;
  return found != filter.negated;
}

bool holds(const FactClause& clause, const Image& image, const Process& process) {
  bool found = false;
  for (const std::string& path : clause.paths) {
    switch (clause.kind) {
      case FactClause::Kind::kPrefix:
        found |= image.path.starts_with(path);
        break;
      case FactClause::Kind::kPostfix:
        found |= image.path.ends_with(path);
        break;
      case FactClause::Kind::kFollowBinary:
        found |= std::ranges::find(image.earlier, path) != image.earlier.end() || image.path == path;
        break;
      default:
        found |= image.path == path;
    }
  }
  if (clause.kind == FactClause::Kind::kFollowPid) return any_in(clause.pids, process.pids);
  if (clause.kind == FactClause::Kind::kFollowNamespacePid)
    return any_in(clause.pids, process.namespace_pids);
  return found;
}

bool passes(const FactFilter& filter, const Process& process) {
  const bool of_path = filter.clause.pids.empty() && filter.clause.kind != FactClause::Kind::kFollowPid &&
                       filter.clause.kind != FactClause::Kind::kFollowNamespacePid;
  if (filter.parent && (!process.known || !process.parent)) return true;
  if (!process.known) return false;
  const Image& image = filter.parent ? *process.parent : process.image;
  if (of_path && image.path.empty()) return false;
  return holds(filter.clause, image, process) != filter.negated;
}

bool passes(const ChangeFilter& filter, const Process& process) {
  if (!process.known) return false;
  if (filter.what == ChangeFilter::What::kNamespaces) {
    for (size_t i = 0; i < process.recorded.namespaces.size(); ++i) {
      const uint64_t now =
          process.numbers.at(static_cast<TaskNumber>(static_cast<size_t>(TaskNumber::kUts) + i));
      const uint64_t then = process.recorded.namespaces[i];
      const bool listed = (filter.listed >> i & 1) != 0;
      if (then != 0 && then != now && listed != filter.others) return true;
    }
    return false;
  }
  const auto set = static_cast<size_t>(filter.what) - static_cast<size_t>(ChangeFilter::What::kEffective);
  const uint64_t now =
      process.numbers.at(static_cast<TaskNumber>(static_cast<size_t>(TaskNumber::kEffective) + set));
  const uint64_t changed = now ^ process.recorded.capabilities[set];
  const bool listed = (changed & filter.listed) != 0;
  return filter.others ? changed != 0 && !listed : listed;
}

uint64_t extended(ArgType type, int64_t in_register) {
  return std::visit([](auto number) { return static_cast<uint64_t>(number); }, number_of(type, in_register));
}

bool passes(const IntFilter& filter, ArgType type, int64_t in_register) {
  return std::visit([&](auto number) { return integer_passes(filter, number); },
                    number_of(type, in_register));
}

bool passes(const PathFilter& filter, const File& file) {
  return !file.path.empty() && text_passes(filter.op, filter.values, file.path);
}

bool passes(const TextFilter& filter, const Text& text) {
  return text.bytes && text_passes(filter.op, filter.values, *text.bytes);
}

bool passes(const FileTypeFilter& filter, const File& file) {
  const bool of_one =
      std::ranges::any_of(filter.types, [&](uint16_t type) { return (file.mode & 0xf000) == type; });
  return of_one != filter.negated;
}

namespace {

bool inside(const std::array<uint8_t, 16>& address, const AddressBlock& block) {
  for (uint32_t bit = 0; bit < block.prefix; ++bit) {
    const auto mask = static_cast<uint8_t>(0x80 >> bit % 8);
    if ((address[bit / 8] & mask) != (block.bytes[bit / 8] & mask)) return false;
  }
  return true;
}

}  // namespace

bool passes(const SocketFilter& filter, const Endpoint& endpoint) {
  constexpr uint16_t kIpv4 = 2;
  constexpr uint16_t kIpv6 = 10;
  if (!endpoint.readable) return false;
  const auto is_number = [&](uint16_t number) {
    return std::ranges::any_of(
        filter.numbers, [&](const IntRange& each) { return number >= each.low && number <= each.high; });
  };
  const auto is_address = [&](const std::array<uint8_t, 16>& address) {
    return std::ranges::any_of(filter.addresses, [&](const AddressBlock& each) {
      return each.is_ipv6 == (endpoint.family == kIpv6) && inside(address, each);
    });
  };
  const bool has_address = endpoint.family == kIpv4 || endpoint.family == kIpv6;
  switch (filter.field) {
    case SocketFilter::Field::kSourceAddress:
      return has_address && is_address(endpoint.source) != filter.negated;
    case SocketFilter::Field::kDestinationAddress:
      return has_address && is_address(endpoint.destination) != filter.negated;
    case SocketFilter::Field::kSourcePort:
      return is_number(endpoint.source_port) != filter.negated;
    case SocketFilter::Field::kDestinationPort:
      return is_number(endpoint.destination_port) != filter.negated;
    case SocketFilter::Field::kProtocol:
      return is_number(endpoint.protocol) != filter.negated;
    case SocketFilter::Field::kFamily:
      return is_number(endpoint.family) != filter.negated;
    case SocketFilter::Field::kState:
      return is_number(endpoint.state) != filter.negated;
  }
  return false;
}

bool concerns(const std::optional<Scope>& scope, const Process& process) {
  if (!scope) return true;
  return process.pod == nullptr ? scope->host : admits(*scope, *process.pod, process.container);
}

std::optional<Verdict> judge(const CheckedHook& hook, const Call& call, const Process& process) {
  for (size_t n = 0; n < hook.selectors.size(); ++n) {
    const CheckedSelector& selector = hook.selectors[n];
    const bool all = std::ranges::all_of(selector.filters, [&](const Filter& filter) {
      return std::visit(FilterPasses{hook, call, process}, filter);
    });
    if (!all || !concerns(selector.scope, process)) continue;
    Verdict verdict = act(n, selector.actions);
    renew(selector, verdict);
    return verdict;
  }
  return std::nullopt;
}

}  // namespace tripline::oracle
