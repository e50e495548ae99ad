// SPDX-License-Identifier: Apache-2.0
#include "random_policy.h"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <random>
#include <span>
#include <string_view>
#include <utility>

#include "base/syscalls.h"
#include "binary/open.h"
#include "policy/words.h"

namespace tripline {
namespace {

using Words = std::initializer_list<const char*>;

class Dice {
 public:
  explicit Dice(uint64_t seed) : engine_(seed) {}
  size_t below(size_t end) { return engine_() % end; }
  bool chance(size_t percent) { return below(100) < percent; }
  template <typename List>
  std::string pick(const List& from) {
    return std::string(*(from.begin() + static_cast<std::ptrdiff_t>(below(from.size()))));
  }

 private:
  std::mt19937_64 engine_;
};

enum class Family { kNumber, kText, kPath, kSocket, kAddress, kCapabilities, kOther };

struct Type {
  const char* name;
  Family family;
  const char* pointee;  // of a pointer to a struct of that name; null: of a number or an address of bytes
};
constexpr Type kTypes[] = {{"int", Family::kNumber, nullptr},
                           {"int8", Family::kNumber, nullptr},
                           {"uint8", Family::kNumber, nullptr},
                           {"int16", Family::kNumber, nullptr},
                           {"uint16", Family::kNumber, nullptr},
                           {"int32", Family::kNumber, nullptr},
                           {"uint32", Family::kNumber, nullptr},
                           {"int64", Family::kNumber, nullptr},
                           {"uint64", Family::kNumber, nullptr},
                           {"size_t", Family::kNumber, nullptr},
                           {"long", Family::kNumber, nullptr},
                           {"capability", Family::kNumber, nullptr},
                           {"bpf_cmd", Family::kNumber, nullptr},
                           {"string", Family::kText, nullptr},
                           {"char_buf", Family::kText, nullptr},
                           {"char_iovec", Family::kText, nullptr},
                           {"fd", Family::kPath, nullptr},
                           {"nop", Family::kOther, nullptr},
                           {"syscall64", Family::kNumber, nullptr},
                           {"const_buf", Family::kOther, nullptr},
                           {"data_loc", Family::kText, nullptr},
                           {"auto", Family::kOther, nullptr},
                           {"sockaddr_un", Family::kAddress, "sockaddr_un"},
                           {"sockaddr_un", Family::kAddress, "sockaddr"},
                           {"file", Family::kPath, "file"},
                           {"path", Family::kPath, "path"},
                           {"dentry", Family::kPath, "dentry"},
                           {"kiocb", Family::kPath, "kiocb"},
                           {"linux_binprm", Family::kPath, "linux_binprm"},
                           {"filename", Family::kText, "filename"},
                           {"net_device", Family::kText, "net_device"},
                           {"iov_iter", Family::kText, "iov_iter"},
                           {"skb", Family::kSocket, "sk_buff"},
                           {"sock", Family::kSocket, "sock"},
                           {"socket", Family::kSocket, "socket"},
                           {"sockaddr", Family::kSocket, "sockaddr"},
                           {"cred", Family::kOther, "cred"},
                           {"user_namespace", Family::kOther, "user_namespace"},
                           {"bpf_attr", Family::kOther, "bpf_attr"},
                           {"bpf_map", Family::kOther, "bpf_map"},
                           {"bpf_prog", Family::kOther, "bpf_prog"},
                           {"perf_event", Family::kOther, "perf_event"},
                           {"load_info", Family::kOther, "load_info"},
                           {"module", Family::kOther, "module"},
                           {"kernel_cap_t", Family::kCapabilities, "kernel_cap_struct"},
                           {"cap_inheritable", Family::kCapabilities, "kernel_cap_struct"},
                           {"cap_permitted", Family::kCapabilities, "kernel_cap_struct"},
                           {"cap_effective", Family::kCapabilities, "kernel_cap_struct"}};

// What is known of a value that an argument could be.
struct Known {
  std::optional<Btf::Type> type;  // of a parameter
  std::string field;              // of a field of a record: as C writes its type
};

// An argument as it was written.
struct Written {
  std::string text;
  size_t index = 0;
  Family family = Family::kOther;
};

class Writer {
 public:
  Writer(const Kernel& kernel, uint64_t seed) : kernel_(kernel), dice_(seed) {}
  Dice& dice() { return dice_; }

  // What follows is about code of user space. `special`: an action that only such hooks have; empty: none.
  void of_user(bool has_data, std::string special) {
    user_ = true;
    has_data_ = has_data;
    special_ = std::move(special);
  }
  void of_kernel() {
    user_ = false;
    has_data_ = true;
    special_.clear();
  }

  // One hook's arguments and all that follows them.
  std::string rest(std::span<const Known> values, bool returns, bool overrides) {
    std::string out;
    std::vector<Written> args;
    const size_t count = dice_.below(std::min<size_t>(values.size() + 1, 5) + 1);
    for (size_t n = 0; n < count; ++n) args.push_back(argument(values));
    if (!args.empty()) {
      out += "    args:\n";
      for (const Written& arg : args) out += "    - {" + arg.text + "}\n";
    }
    std::optional<Family> result;
    if (returns && dice_.chance(30)) {
      const Type& type = user_ && dice_.chance(90)
                             ? of_process()
                             : kTypes[dice_.chance(60) ? dice_.below(11) : dice_.below(std::size(kTypes))];
      result = type.family;
      out += "    return: true\n    returnArg: {index: 0, type: " + std::string(type.name) + "}\n";
      if (!user_ && dice_.chance(20))
        out += "    returnArgAction: " + dice_.pick(Words{"TrackSock", "UntrackSock"}) + "\n";
    }
    if (has_data_ && dice_.chance(15)) {
      out += dice_.chance(50) ? "    data: [{source: current_task, resolve: 'real_parent.tgid', type: int}]\n"
                              : "    data: [{source: pt_regs, resolve: 'rdi', type: uint64}]\n";
    }
    if (dice_.chance(10)) out += "    message: 'a message'\n    tags: [one, two]\n";
    const size_t selectors = dice_.below(4);
    if (selectors > 0) out += "    selectors:\n";
    for (size_t n = 0; n < selectors; ++n) out += selector(args, result, overrides);
    return out;
  }

 private:
  // A type of what a process has.
  const Type& of_process() {
    std::vector<const Type*> fit;
    for (const Type& type : kTypes) {
      const std::string_view name = type.name;
      const bool address = name == "sockaddr" || name == "sockaddr_un";
      const bool of_tracepoints =
          name == "syscall64" || name == "const_buf" || name == "data_loc" || name == "auto";
      if (address || (type.pointee == nullptr && !of_tracepoints)) fit.push_back(&type);
    }
    return *fit[dice_.below(fit.size())];
  }

  const Type& plausible(const Known& value) {
    if (user_) return of_process();
    std::vector<const Type*> fit;
    const bool pointer = value.type && value.type->kind == Btf::Kind::kPointer;
    for (const Type& type : kTypes) {
      const bool named = pointer && type.pointee != nullptr && value.type->pointee_name == type.pointee;
      const bool text = type.family == Family::kText && type.pointee == nullptr;
      const bool plain = type.pointee == nullptr && (!text || pointer || value.field.contains('*'));
      if (named) return type;
      if (plain) fit.push_back(&type);
    }
    return *fit[dice_.below(fit.size())];
  }

  Written argument(std::span<const Known> values) {
    Written out;
    out.index = values.empty() || dice_.chance(3) ? dice_.below(8) : dice_.below(values.size());
    const Known value = out.index < values.size() ? values[out.index] : Known{};
    const Type& type = dice_.chance(70) ? plausible(value) : kTypes[dice_.below(std::size(kTypes))];
    out.family = type.family;
    out.text = "index: " + std::to_string(out.index);
    std::string name = type.name;
    if (value.type && value.type->kind == Btf::Kind::kPointer && dice_.chance(25)) {
      if (const std::string path = walk(*value.type); !path.empty()) {
        out.text += ", resolve: '" + path + "'";
        if (dice_.chance(60)) {
          name = dice_.pick(Words{"int", "uint64", "uint32", "string", "int16"});
          out.family = name == "string" ? Family::kText : Family::kNumber;
        }
      }
    }
    out.text += ", type: " + name;
    if (name == "char_buf" || name == "char_iovec" ? dice_.chance(75) : dice_.chance(4))
      out.text += ", sizeArgIndex: " + std::to_string(1 + dice_.below(std::max<size_t>(values.size(), 2)));
    if (dice_.chance(8)) out.text += ", returnCopy: true";
    if (dice_.chance(8)) out.text += ", maxData: true";
    if (dice_.chance(10)) out.text += ", label: 'name'";
    return out;
  }

  // A path of one to three members.
  std::string walk(const Btf::Type& pointer) {
    std::string out;
    uint32_t at = pointer.pointee_id;
    for (size_t steps = 1 + dice_.below(3); steps > 0; --steps) {
      const std::vector<std::string_view> names = kernel_.btf->member_names(at);
      if (names.empty()) return out;
      const std::string name = dice_.pick(names);
      const auto member = kernel_.btf->member(at, name);
      if (!member) return out;
      out += (out.empty() ? "" : ".") + name;
      at = member->type.kind == Btf::Kind::kPointer ? member->type.pointee_id : member->type.id;
    }
    return out;
  }

  std::string values(Words from) {
    std::string out = "[";
    for (size_t n = 0, count = 1 + dice_.below(3); n < count; ++n)
      out += (n == 0 ? "'" : ", '") + dice_.pick(from) + "'";
    return out + "]";
  }

  std::string compared(Family family) {
    std::string op;
    std::string list;
    if (dice_.chance(5)) {
      op = dice_.pick(policy::Words<policy::Operator>::all);
      list = values({"1", "/a", "tcp"});
    } else if (family == Family::kNumber) {
      op = dice_.pick(
          Words{"Equal", "NotEqual", "GT", "LT", "Mask", "InMap", "NotInMap", "InRange", "NotInRange"});
      list =
          op.ends_with("Range") ? values({"1:5", "-7:7", "100:200"}) : values({"0", "1", "7", "255", "4096"});
    } else if (family == Family::kText) {
      op = dice_.pick(Words{"Equal", "NotEqual", "Prefix", "NotPrefix", "Postfix", "NotPostfix", "SubString",
                            "SubStringIgnCase"});
      list = values({"a", "/etc/passwd", "lo", "some longer text to look for in what is there"});
    } else if (family == Family::kPath) {
      op = dice_.pick(Words{"Equal", "NotEqual", "Prefix", "NotPrefix", "Postfix", "NotPostfix", "SubString",
                            "FileType", "NotFileType"});
      list = op.ends_with("Type") ? values({"reg", "dir", "sock"})
                                  : values({"/etc/passwd", "/a", "/tmp/x/", "y"});
    } else if (family == Family::kSocket) {
      op = dice_.pick(Words{"SPort", "NotSPort", "DPort", "NotDPort", "SAddr", "NotSAddr", "DAddr",
                            "NotDAddr", "Protocol", "Family", "State", "SPortPriv", "DPortPriv"});
      list = op.contains("Priv")     ? "[]"
             : op.contains("Port")   ? values({"80", "443", "1:1023"})
             : op.contains("Addr")   ? values({"127.0.0.1", "10.0.0.0/8", "fe80::/10", "::1"})
             : op.contains("Proto")  ? values({"IPPROTO_TCP", "IPPROTO_UDP"})
             : op.contains("Family") ? values({"AF_INET", "AF_INET6", "AF_UNIX"})
                                     : values({"TCP_ESTABLISHED", "TCP_CLOSE"});
    } else if (family == Family::kAddress) {
      op = dice_.pick(Words{"Equal", "Prefix", "Postfix", "Family"});
      list = op == "Family" ? values({"AF_UNIX"}) : values({"/run/x", "@y"});
    } else if (family == Family::kCapabilities) {
      op = dice_.pick(Words{"Equal", "NotEqual", "Mask", "GT"});
      list = values({"1", "0x1fffffffff"});
    } else {
      op = "Equal";
      list = values({"1"});
    }
    return "operator: " + op + ", values: " + list;
  }

  std::string arg_filter(const std::vector<Written>& args) {
    const size_t at = dice_.below(args.size());
    if (dice_.chance(6))
      return "{operator: CelExpr, values: ['arg" + std::to_string(at) +
             dice_.pick(Words{" > ", " == ", " != "}) +
             dice_.pick(Words{"int32(7)", "uint64(7)", "int64(-7)", "uint32(1)"}) + "']}";
    const bool by_position = dice_.chance(50);
    return (by_position ? "{args: [" + std::to_string(at) + "], "
                        : "{index: " + std::to_string(args[at].index) + ", ") +
           compared(args[at].family) + "}";
  }

  std::string selector(const std::vector<Written>& args, std::optional<Family> result, bool overrides) {
    std::string out;
    const auto add = [&](const std::string& line) {
      out += (out.empty() ? "    - " : "      ") + line + "\n";
    };
    if (!args.empty() && dice_.chance(70)) {
      std::string filters;
      for (size_t n = 0, count = 1 + dice_.below(3); n < count; ++n)
        filters += (n == 0 ? "" : ", ") + arg_filter(args);
      add("matchArgs: [" + filters + "]");
    }
    if (dice_.chance(15))
      add("matchBinaries: [{operator: " + dice_.pick(Words{"In", "NotIn", "Prefix", "NotPrefix", "Postfix"}) +
          ", values: ['/bin/sh', '/usr/bin/a']" + (dice_.chance(30) ? ", followChildren: true" : "") + "}]");
    if (dice_.chance(8))
      add("matchParentBinaries: [{operator: " + dice_.pick(Words{"In", "NotIn", "Prefix"}) +
          ", values: ['/bin/sh']}]");
    if (dice_.chance(10))
      add("matchPIDs: [{operator: " + dice_.pick(Words{"In", "NotIn"}) + ", values: [1, 77]" +
          (dice_.chance(40) ? ", followForks: true" : "") +
          (dice_.chance(40) ? ", isNamespacePID: true" : "") + "}]");
    if (dice_.chance(8))
      add("matchNamespaces: [{namespace: " + dice_.pick(policy::Words<policy::Namespace>::all) +
          ", operator: " + dice_.pick(Words{"In", "NotIn"}) + ", values: ['host_ns', '4026531840']}]");
    if (dice_.chance(8))
      add("matchCapabilities: [{type: " + dice_.pick(policy::Words<policy::CapabilitySet>::all) +
          ", operator: " + dice_.pick(Words{"In", "NotIn"}) + ", values: ['CAP_SYS_ADMIN', 'CAP_CHOWN']}]");
    if (dice_.chance(6))
      add("matchNamespaceChanges: [{operator: " + dice_.pick(Words{"In", "NotIn"}) +
          ", values: ['Mnt', 'Net']}]");
    if (dice_.chance(6))
      add("matchCapabilityChanges: [{type: Effective, operator: " + dice_.pick(Words{"In", "NotIn"}) +
          ", values: ['CAP_SYS_ADMIN']}]");
    if (result && dice_.chance(60)) add("matchReturnArgs: [{" + compared(*result) + "}]");
    if (dice_.chance(60)) add("matchActions: " + actions(args, overrides));
    if (result && dice_.chance(30)) add("matchReturnActions: " + actions(args, false));
    if (out.empty()) add("matchActions: [{action: Post}]");
    return out;
  }

  std::string actions(const std::vector<Written>& args, bool overrides) {
    std::string out = "[";
    for (size_t n = 0, count = 1 + dice_.below(2); n < count; ++n)
      out += (n == 0 ? "{action: " : ", {action: ") + action(args, overrides) + "}";
    return out + "]";
  }

  std::string action(const std::vector<Written>& args, bool overrides) {
    if (overrides && user_ && dice_.chance(40)) return special_;
    if (overrides && !user_ && dice_.chance(40))
      return "Override, argError: " + dice_.pick(Words{"-1", "-13"});
    switch (dice_.below(8)) {
      case 0:
        return "Sigkill";
      case 1:
        return "Signal, argSig: " + dice_.pick(Words{"10", "9", "0"});
      case 2:
        return "NoPost";
      case 3:
        return dice_.pick(Words{"TrackSock", "UntrackSock"}) +
               ", argSock: " + std::to_string(args.empty() ? 0 : args[dice_.below(args.size())].index);
      case 4:
        return dice_.chance(50) ? "GetUrl, argUrl: 'http://localhost/x'" : "DnsLookup, argFqdn: 'localhost'";
      default:
        return "Post" + std::string(dice_.chance(40) ? ", kernelStackTrace: true" : "") +
               (dice_.chance(40) ? ", userStackTrace: true" : "") +
               (dice_.chance(15) ? ", imaHash: true" : "") +
               (dice_.chance(40)
                    ? ", rateLimit: '1m', rateLimitScope: " + dice_.pick(Words{"thread", "process", "global"})
                    : "");
    }
  }

  const Kernel& kernel_;
  Dice dice_;
  bool user_ = false;
  bool has_data_ = true;
  std::string special_;
};

std::vector<Known> parameters_of(const std::optional<Btf::Function>& function) {
  std::vector<Known> out;
  if (!function) return out;
  for (const Btf::Parameter& each : function->parameters) out.push_back({each.type, {}});
  return out;
}

}  // namespace

PolicyMaker::PolicyMaker(const Kernel& kernel, const std::vector<std::string>& files) : kernel_(kernel) {
  for (const std::string& path : files) {
    const auto opened = binary::open_file(path);
    if (!opened) continue;
    auto read = binary::read_binary(opened->fd.get());
    if (!read) continue;
    File file{.path = path, .functions = {}, .probes = std::move(read->probes)};
    for (const binary::Symbol& symbol : read->symbols.all()) {
      if (symbol.kind == binary::Symbol::Kind::kFunction && symbol.size > 0 && !symbol.name.contains('\''))
        file.functions.emplace_back(symbol.name);
    }
    if (!file.probes.empty()) with_probes_.push_back(files_.size());
    if (!file.functions.empty()) files_.push_back(std::move(file));
  }
  constexpr std::string_view kLsm = "bpf_lsm_";
  for (const std::string_view name : kernel.btf->function_names()) {
    if (name.starts_with(kLsm)) lsm_.emplace_back(name.substr(kLsm.size()));
    if (!kernel.traceable(name)) continue;
    functions_.emplace_back(name);
    if (name.starts_with("security_")) security_.emplace_back(name);
  }
  for (const std::string_view name : x64_syscall_names()) syscalls_.push_back("sys_" + std::string(name));
  for (const std::string_view name : i386_syscall_names())
    syscalls32_.push_back("i386/sys_" + std::string(name));
  for (const std::string& name : kernel.tracepoints) {
    const std::string event = name.substr(name.find('/') + 1);
    if (kernel.btf->raw_tracepoint(event)) raw_.push_back(name);
  }
}

std::string PolicyMaker::make(uint64_t seed) const {
  Writer writer(kernel_, seed);
  Dice& dice = writer.dice();
  std::string lists;
  std::string kprobes;
  std::string fentries;
  std::string lsm;
  std::string tracepoints;
  const std::vector<Known> registers(6);
  const auto split = [](const std::string& name) {
    const size_t slash = name.find('/');
    return "  - subsystem: " + name.substr(0, slash) + "\n    event: " + name.substr(slash + 1) + "\n";
  };
  std::string uprobes;
  std::string usdts;
  for (size_t n = 0, count = 1 + dice.below(2); n < count; ++n) {
    writer.of_kernel();
    switch (dice.below(12)) {
      case 8:
      case 9:
      case 10: {
        if (files_.empty()) break;
        const File& file = files_[dice.below(files_.size())];
        writer.of_user(true, !kernel_.features.uprobe_writes ? ""
                             : dice.chance(50)               ? "Override, argError: -1"
                                                             : "Override, argRegs: ['rax=1', 'rdi=8(%rsp)']");
        uprobes += "  - path: '" + file.path + "'\n    symbols: [";
        for (size_t symbols = 1 + dice.below(3); symbols > 0; --symbols)
          uprobes += "'" + dice.pick(file.functions) + (symbols > 1 ? "', " : "']\n");
        uprobes += writer.rest(registers, true, kernel_.features.uprobe_writes);
        break;
      }
      case 11: {
        if (with_probes_.empty()) break;
        const File& file = files_[with_probes_[dice.below(with_probes_.size())]];
        const binary::UsdtProbe& probe = file.probes[dice.below(file.probes.size())];
        writer.of_user(false, "Set, argIndex: 0, argValue: 7");
        const std::vector<Known> operands(probe.arguments.size());
        usdts += "  - path: '" + file.path + "'\n    provider: " + probe.provider +
                 "\n    name: " + probe.name + "\n" + writer.rest(operands, false, true);
        break;
      }
      case 0: {
        const bool is_32 = dice.chance(40);
        const std::string call = dice.pick(is_32 ? syscalls32_ : syscalls_);
        const std::string list = "l" + std::to_string(n);
        if (is_32) lists += "  - {name: " + list + ", type: syscalls, values: ['" + call + "']}\n";
        kprobes +=
            "  - call: '" + (is_32 ? "list:" + list : call) + "'\n" + writer.rest(registers, true, true);
        break;
      }
      case 1: {
        const std::string name = dice.pick(security_);
        kprobes += "  - call: " + name + "\n    syscall: false\n" +
                   writer.rest(parameters_of(kernel_.btf->function(name)), true, true);
        break;
      }
      case 2:
      case 3: {
        const std::string name = dice.pick(lsm_);
        lsm += "  - hook: " + name + "\n" +
               writer.rest(parameters_of(kernel_.btf->function("bpf_lsm_" + name)), false, true);
        break;
      }
      case 4: {
        const std::string name = dice.pick(raw_);
        tracepoints +=
            split(name) + "    raw: true\n" +
            writer.rest(parameters_of(kernel_.btf->raw_tracepoint(name.substr(name.find('/') + 1))), false,
                        false);
        break;
      }
      case 5: {
        if (kernel_.formats.empty()) break;
        const TracepointFormat& format = kernel_.formats[dice.below(kernel_.formats.size())];
        std::vector<Known> fields;
        for (const TracepointField& field : format.fields) fields.push_back({{}, field.type});
        tracepoints += split(format.name) + writer.rest(fields, false, false);
        break;
      }
      default: {
        const std::string name = dice.pick(functions_);
        std::string& into = dice.chance(25) ? fentries : kprobes;
        into += "  - call: " + name + "\n    syscall: false\n" +
                writer.rest(parameters_of(kernel_.btf->function(name)), true, false);
        break;
      }
    }
  }
  std::string out = "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: random}\nspec:\n";
  for (const auto& [name, text] :
       {std::pair("lists", &lists), std::pair("kprobes", &kprobes), std::pair("fentries", &fentries),
        std::pair("lsmhooks", &lsm), std::pair("tracepoints", &tracepoints), std::pair("uprobes", &uprobes),
        std::pair("usdts", &usdts)}) {
    if (!text->empty()) out += "  " + std::string(name) + ":\n" + *text;
  }
  return out;
}

}  // namespace tripline
