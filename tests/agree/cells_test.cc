// SPDX-License-Identifier: Apache-2.0
// Every operator on every type in every kind of hook, run: the filter that check() made of the smallest policy that asks
// for it, in the program of a hook of that kind, called with a value that must match and one that must not. The table
// tests/corpus/cells.tsv and the oracle both say what is right.
//
// All cells of a kind of hook and of types that are read alike are sections of one program. What its sections on other
// types make of a value is not looked at: it is none of theirs.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <set>

#include "agree/fake_socket.h"
#include "agree/runner.h"
#include "agree/this_kernel.h"
#include "agree/trial.h"
#include "base/fd.h"
#include "policy/cells.h"
#include "policy/policy.h"
#include "policy/tiny_files.h"
#include "policy/tiny_kernel.h"

namespace tripline::agree {
namespace {

using policy::DeclaredType;
using policy::Operator;
using policy::word;
using enum DeclaredType;

constexpr size_t kWords = 12;  // of a call: what a raw tracepoint can have

// A kind of hook, and how a program of it is attached.
struct Way {
  CellHook hook = CellHook::kFunction;
  Attachment attachment = Attachment::kKprobe;
};

// A function's typed program is that of fentries.
const std::vector<Way> kWays = {
    {CellHook::kFunction, Attachment::kKprobe},
    {CellHook::kSyscall, Attachment::kKprobe},
    {CellHook::kSyscall, Attachment::kTracingRaw},
    {CellHook::kReturn, Attachment::kKretprobe},
    {CellHook::kReturn, Attachment::kFexit},
    {CellHook::kFentry, Attachment::kFentry},
    {CellHook::kTracepoint, Attachment::kTracepoint},
    {CellHook::kRaw, Attachment::kTracingRaw},
    {CellHook::kLsm, Attachment::kLsm},
    {CellHook::kUprobe, Attachment::kUprobe},
    {CellHook::kUretprobe, Attachment::kUretprobe},
    {CellHook::kUsdt, Attachment::kUprobe},
};

// Types of one program. A program has room for eight that have bytes, and the verifier takes long for many of them.
const std::vector<std::vector<DeclaredType>> kGroups = {
    {kInt, kInt8, kUint8, kInt16, kUint16, kInt32, kUint32, kInt64, kUint64, kSizeT, kSyscall64, kCapability,
     kBpfCmd, kAuto, kNop},
    {kKernelCapT, kCapInheritable, kCapPermitted, kCapEffective},
    {kString},
    {kCharBuf},
    {kNetDevice},
    {kDataLoc},
    {kCharIovec, kIovIter, kFilename, kConstBuf},
    {kFile},
    {kPath},
    {kFd},
    {kDentry},
    {kLinuxBinprm, kKiocb},
    {kSock, kSocket, kSkb, kSockaddr, kSockaddrUn},
    {kCred, kUserNamespace, kBpfAttr, kBpfProg, kBpfMap, kPerfEvent},
    {kLoadInfo, kModule},
};

bool is_set(DeclaredType type) { return family_of(type) == ArgFamily::kCapabilities; }

// Raw tracepoints that stand for the functions: one whose first parameter is a file, one of plain numbers, and one whose
// first parameter has the registers of a system call.
std::string_view target_of(const Way& way, const std::vector<DeclaredType>& group) {
  if (way.hook == CellHook::kSyscall) return "sys_enter";
  return group.front() == kFile ? "file_check_and_advance_wb_err" : "percpu_alloc_percpu";
}

// An argument: what the oracle is told of it, and what is passed.
struct Given {
  oracle::Argument told = int64_t{0};
  uint64_t passed = 0;
  uint64_t length = 0;  // of a buffer, or the number of vectors
  std::string bytes;    // of a field of variable length, or an array
};

struct Section {
  Cell cell;
  CellResult result = CellResult::kWorks;
};

// A program with its sections.
struct Loaded {
  Way way;
  HookPlan plan;
  std::vector<Section> sections;
  std::vector<uint32_t> pairs;
  std::unique_ptr<Runner> runner;
};

class AgreeCells : public OnThisKernel {
 protected:
  static void SetUpTestSuite() {
    OnThisKernel::SetUpTestSuite();
    if (HasFatalFailure()) return;
    ASSERT_EQ(unshare(CLONE_NEWNS), 0) << std::strerror(errno);
    ASSERT_EQ(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0) << std::strerror(errno);
    ASSERT_EQ(mount("none", "/mnt", "tmpfs", 0, nullptr), 0) << std::strerror(errno);
    const CellTexts paths = texts_of(kFile);
    regular = Fd(open(paths.matching.c_str(), O_RDWR | O_CREAT, 0600));
    ASSERT_EQ(mkdir(paths.other.c_str(), 0700), 0) << std::strerror(errno);
    directory = Fd(open(paths.other.c_str(), O_RDONLY | O_DIRECTORY));
    ASSERT_TRUE(regular && directory);
  }

  // Of what this machine's kernel has. One that is built without modules has no struct to read them from; there the
  // scenario arguments/type-module-a has to do.
  static std::vector<std::vector<DeclaredType>> groups() {
    std::vector<std::vector<DeclaredType>> out = kGroups;
    if (!kernel->btf->structure("load_info")) out.pop_back();
    return out;
  }

  // ---- programs

  // The hook that check() makes of the cell, as one of the function that stands for its own.
  static std::optional<CheckedPolicy> policy_of(const Cell& cell, const Way& way,
                                                const std::vector<DeclaredType>& group) {
    static const Kernel kTiny = tiny_kernel();
    static const Files kFiles = tiny_files();
    Diagnostics diagnostics;
    const auto parsed = parse(document_of(cell).source, diagnostics);
    auto checked = parsed ? check(*parsed, kTiny, diagnostics, {}, kFiles) : std::nullopt;
    if (!checked || checked->hooks.size() != 1) return std::nullopt;
    checked->name = describe(cell);
    CheckedHook& hook = checked->hooks[0];
    if (!of_user(cell.hook)) hook.target = target::Function{std::string(target_of(way, group))};
    hook.attachment = way.attachment;
    if (way.attachment == Attachment::kUretprobe) hook.attachment = Attachment::kUprobe;
    if (way.attachment == Attachment::kKretprobe) hook.attachment = Attachment::kKprobe;
    if (way.attachment == Attachment::kFexit) {
      hook.attachment = Attachment::kFentry;
      if (group.front() == kFile) hook.parameters = 0;  // what is returned is behind them
      hook.result->source.index = hook.parameters;
    }
    return checked;
  }

  static std::string load(Loaded& out, const std::vector<DeclaredType>& group, const CellTable& table,
                          const Kernel& made_for) {
    std::vector<std::shared_ptr<const CheckedPolicy>> policies;
    for (const auto& [cell, result] : table.results) {
      if (cell.hook != out.way.hook || std::ranges::find(group, cell.type) == group.end()) continue;
      if (result == CellResult::kRefused || result == CellResult::kUntyped) continue;
      auto checked = policy_of(cell, out.way, group);
      if (!checked) return "refused: " + describe(cell);
      policies.push_back(std::make_shared<CheckedPolicy>(*std::move(checked)));
      out.sections.push_back({cell, result});
      out.pairs.push_back(static_cast<uint32_t>(out.sections.size()));
    }
    if (policies.empty()) return "";
    std::vector<HookPlan> plans = plan_hooks(policies);
    const auto plan = std::ranges::find(plans, out.way.attachment, &HookPlan::attachment);
    if (plan == plans.end()) return "there is no such program";
    out.plan = *plan;
    Numbering numbering;
    numbering.pairs = out.pairs;
    numbering = with_facts(numbering, out.plan);
    const Result<Object> object = compile(out.plan, made_for, numbering);
    if (!object) return object.error().text();
    std::vector<ArgType> parameters(group.front() == kFile ? 2 : 4, ArgType::kInt64);
    if (group.front() == kFile && way_is_typed(out.way)) parameters[0] = ArgType::kFile;
    const bool of_syscall = out.way.hook == CellHook::kSyscall;
    if (of_syscall) parameters.assign(2, ArgType::kInt64);
    Result<std::unique_ptr<Runner>> runner = Runner::load(
        *object, parameters, counters_of(out.plan), static_cast<uint32_t>(out.sections.size()),
        numbering.facts->entry_size(), of_syscall,
        of_return(out.way.hook) ? std::span<const uint32_t>(out.pairs) : std::span<const uint32_t>());
    if (!runner) return runner.error().text();
    out.runner = std::move(*runner);
    return "";
  }

  static bool way_is_typed(const Way& way) {
    return way.attachment == Attachment::kFentry || way.attachment == Attachment::kFexit ||
           way.attachment == Attachment::kLsm || way.attachment == Attachment::kTracingRaw;
  }

  // ---- values

  // What is in `memory`, as its process sees it: the same bytes at another address.
  static uint64_t in_process(uint64_t address) {
    return reinterpret_cast<uint64_t>(memory->memory().at(address));
  }

  static uint64_t put(const void* bytes, size_t size) {
    const uint64_t at = memory->memory().take(size);
    EXPECT_NE(at, 0u);
    std::memcpy(memory->memory().at(at), bytes, size);
    return at;
  }
  static uint64_t put(const std::string& text) { return put(text.c_str(), text.size() + 1); }

  // A struct of zeros with one pointer in it.
  static uint64_t holder(std::string_view type, std::string_view member, uint64_t pointer) {
    const auto found = kernel->btf->structure(type);
    const auto place = kernel->btf->member(type, member);
    EXPECT_TRUE(found && place) << type << '.' << member;
    if (!found || !place) return 0;
    const std::vector<uint8_t> zeros(found->size);
    const uint64_t at = put(zeros.data(), zeros.size());
    memory->memory().write(at + place->offset, pointer);
    return at;
  }

  static uint32_t offset_of(std::string_view type, std::string_view member) {
    const auto place = kernel->btf->member(type, member);
    EXPECT_TRUE(place) << type << '.' << member;
    return place ? place->offset : 0;
  }

  static Given text(DeclaredType type, bool matching) {
    const CellTexts texts = texts_of(type);
    const std::string& shown = matching ? texts.matching : texts.other;
    Given out{
        .told = oracle::Text{.bytes = shown, .whole = shown.size()}, .length = shown.size(), .bytes = shown};
    switch (type) {
      case kFilename:
        out.passed = holder("filename", "name", put(shown));
        break;
      case kNetDevice: {
        out.passed = holder("net_device", "name", 0);
        const uint64_t at = out.passed + offset_of("net_device", "name");
        std::memcpy(memory->memory().at(at), shown.c_str(), shown.size() + 1);
        break;
      }
      case kCharIovec: {
        const std::array<uint64_t, 2> vector = {in_process(put(shown)), shown.size()};  // of a process always
        out.passed = put(vector.data(), sizeof(vector));
        out.length = 1;
        break;
      }
      case kIovIter:
        out.passed = holder("iov_iter", "count", 0);
        break;
      default:
        out.passed = put(shown);
    }
    return out;
  }

  static Given place(DeclaredType type, bool matching) {
    const int fd = matching ? regular.get() : directory.get();
    const Result<uint64_t> file = memory->open_file(fd);
    EXPECT_TRUE(file && *file != 0);
    struct stat status = {};
    EXPECT_EQ(fstat(fd, &status), 0);
    const CellTexts texts = texts_of(type);
    Given out{.told = oracle::File{.path = matching ? texts.matching : texts.other,
                                   .mode = static_cast<uint16_t>(status.st_mode)},
              .passed = *file,
              .bytes = {}};
    if (type == kFd) out.passed = static_cast<uint64_t>(fd);
    if (type == kPath) out.passed += offset_of("file", "f_path");
    if (type == kDentry) {
      const Result<uint64_t> dentry = memory->word(*file + offset_of("file", "f_path.dentry"));
      EXPECT_TRUE(dentry && *dentry != 0);
      out.passed = *dentry;
    }
    if (type == kKiocb) out.passed = holder("kiocb", "ki_filp", *file);
    if (type == kLinuxBinprm) out.passed = holder("linux_binprm", "file", *file);
    return out;
  }

  static Given endpoint(DeclaredType type, bool first) {
    static oracle::Random random(1);
    oracle::Endpoint told;
    const bool packet = type == kSkb;
    told.family = first ? 2 : 10;
    told.source = first ? std::array<uint8_t, 16>{10, 1, 2, 3} : std::array<uint8_t, 16>{0xfd, 0, 3};
    told.destination = first ? std::array<uint8_t, 16>{10, 1, 2, 4} : std::array<uint8_t, 16>{0xfd, 0, 4};
    told.source_port = told.destination_port = first ? 443 : 8443;
    told.protocol = first ? 6 : 17;
    told.state = packet ? 0 : first ? 10 : 1;
    Given out{.bytes = {}};
    out.passed = agree::place(memory->memory(), *kernel->btf, random, told, type);
    out.told = told;
    return out;
  }

  static Given unix_address(bool matching, bool of_family) {
    constexpr size_t kName = 108;
    const CellTexts texts = texts_of(kSockaddrUn);
    oracle::UnixAddress told{.name = matching ? texts.matching : texts.other};
    if (of_family && !matching) told = {.family = 2, .name = ""};
    std::vector<char> bytes(2 + kName);
    std::memcpy(bytes.data(), &told.family, sizeof(told.family));
    std::ranges::copy(told.name, bytes.begin() + 2);
    return {.told = told, .passed = put(bytes.data(), bytes.size()), .bytes = {}};
  }

  static Given set(int64_t number) {
    const oracle::Capabilities told{static_cast<uint64_t>(number)};
    return {.told = told, .passed = agree::place(memory->memory(), told), .bytes = {}};
  }

  // In a register, whose bits that the type does not have may be anything.
  static uint64_t with_noise(int64_t number, DeclaredType type) {
    constexpr uint64_t kNoise = 0x1234'5678'9abc'def0;
    const uint32_t bits = family_of(type) == ArgFamily::kInteger ? integer_shape(type).bits : 64;
    const uint64_t mask = bits == 64 ? 0 : kNoise >> bits << bits;
    return static_cast<uint64_t>(number) ^ mask;
  }

  // The first or second argument that the cell is tried with.
  static Given value(const Cell& cell, bool matching, bool second) {
    const bool negated = cell.op == Operator::kNotSPortPriv || cell.op == Operator::kNotDPortPriv;
    const CellPair numbers = numbers_of(cell.op, cell.type);
    if (is_set(cell.type)) {
      if (cell.op == Operator::kCapabilitiesGained) return set(matching == second ? 5 : 1);
      return set(matching ? numbers.matching : numbers.other);
    }
    switch (family_of(cell.type)) {
      case ArgFamily::kPath:
        return place(cell.type, matching);
      case ArgFamily::kText:
        return text(cell.type, matching);
      case ArgFamily::kSocket:
        return endpoint(cell.type, matching != negated);
      case ArgFamily::kUnixAddress:
        return unix_address(matching, cell.op == Operator::kFamily);
      case ArgFamily::kObject:
        return {.told = int64_t{0}, .passed = holder("task_struct", "fs", 0), .bytes = {}};
      default: {
        const int64_t number = matching ? numbers.matching : numbers.other;
        return {.told = number, .passed = with_noise(number, cell.type), .bytes = {}};
      }
    }
  }

  // ---- calls

  struct Arguments {
    oracle::Call told;
    std::array<uint64_t, kWords> passed = {};
  };

  static void pass_registers(const Given& first, const Given& second, Arguments& out) {
    const uint64_t at = holder("pt_regs", "di", first.passed);
    memory->memory().write(at + offset_of("pt_regs", "si"), second.passed);
    memory->memory().write(at + offset_of("pt_regs", "dx"), first.length);
    out.passed[0] = at;
  }

  // As the format of sub/cells says.
  static void pass_record(const Given& first, const Given& second, Arguments& out) {
    constexpr size_t kArray = 4;
    constexpr size_t kName = 6;
    constexpr size_t kBehind = 8;
    const auto text = first.bytes.substr(0, (kWords - kBehind) * 8 - 1);
    out.passed[1] = first.passed;
    out.passed[2] = second.passed;
    out.passed[3] = first.length;
    std::memcpy(&out.passed[kArray], first.bytes.data(), std::min<size_t>(first.bytes.size(), 16));
    // No NUL ends it, and what is behind it is not of it.
    out.passed[kName] = kBehind * 8 | text.size() << 16;
    std::memset(&out.passed[kBehind], 'z', (kWords - kBehind) * 8);
    std::memcpy(&out.passed[kBehind], text.data(), text.size());
  }

  // Does a process choose the addresses that the hook gets?
  static bool of_process(const Cell& cell) { return of_user(cell.hook) || cell.hook == CellHook::kSyscall; }

  // With `forged` a process passes an address of the kernel.
  static Arguments arguments_of(const Loaded& loaded, const CheckedHook& hook, const Cell& cell,
                                bool matching, bool forged = false) {
    memory->memory().reset();
    constexpr size_t kMost = 16;
    Given first = value(cell, matching, false);
    Given second = value(cell, matching, true);
    if (of_process(cell) && !forged) {
      for (Given* given : {&first, &second})
        if (memory->memory().holds(given->passed)) given->passed = in_process(given->passed);
    }
    Arguments out{.told = oracle::Call(kMost, int64_t{0})};
    // Registers all have the index 0, and an argument of their own alone is looked at.
    const uint32_t at = hook.args.empty() ? 0 : hook.args[0].source.index;
    for (const CheckedArg& arg : hook.args) {
      out.told.at(arg.source.index) = arg.source.index == at ? first.told : second.told;
    }
    switch (loaded.way.hook) {
      case CellHook::kSyscall:
        pass_registers(first, second, out);
        break;
      case CellHook::kTracepoint:
        pass_record(first, second, out);
        break;
      case CellHook::kReturn:
      case CellHook::kUretprobe:
        out.passed[loaded.way.attachment == Attachment::kFexit ? at : 0] = first.passed;
        break;
      default:
        out.passed[0] = first.passed;
        out.passed[1] = second.passed;
        out.passed[2] = first.length;
    }
    return out;
  }

  // Which sections of the program sent a record.
  static std::set<size_t> matched(const Records& records) {
    std::set<size_t> out;
    for (const std::vector<std::byte>& record : records) {
      tl_record head{};
      std::memcpy(&head, record.data(), std::min(record.size(), sizeof(head)));
      out.insert(head.schema - 1);
    }
    return out;
  }

  static bool expected(CellResult result, const Cell& cell, bool matching) {
    if (result == CellResult::kAlways) return true;
    if (result == CellResult::kAbsent) return cell.op == Operator::kNotFileType;  // nothing is of no type
    if (result != CellResult::kEmpty) return result == CellResult::kWorks && matching;
    return cell.op == Operator::kNotEqual || cell.op == Operator::kNotPrefix ||
           cell.op == Operator::kNotPostfix;
  }

  static oracle::Argument absent(DeclaredType type) {
    switch (family_of(type)) {
      case ArgFamily::kSocket:
        return oracle::Endpoint{.readable = false};
      case ArgFamily::kUnixAddress:
        return oracle::UnixAddress{.readable = false, .name = ""};
      case ArgFamily::kText:
        return oracle::Text{};
      case ArgFamily::kCapabilities:
        return oracle::Capabilities{};
      default:
        return oracle::File{.path = "", .has_inode = false};
    }
  }

  // What must match, at an address of the kernel that the process passes: it is not there.
  static void try_forged(Loaded& loaded, size_t number) {
    const auto& [cell, result] = loaded.sections[number];
    const ArgFamily family = family_of(cell.type);
    if (!of_process(cell) || result != CellResult::kWorks || family == ArgFamily::kInteger ||
        cell.type == kFd)
      return;
    const CheckedHook& hook = loaded.plan.sections[number].section();
    Arguments arguments = arguments_of(loaded, hook, cell, true, true);
    for (const CheckedArg& arg : hook.args) arguments.told.at(arg.source.index) = absent(cell.type);
    const Result<Records> records = loaded.runner->call(arguments.passed);
    ASSERT_TRUE(records) << records.error().text();
    EXPECT_EQ(matched(*records).contains(number), oracle::judge(hook, arguments.told).has_value())
        << describe(cell) << ", what is in the kernel\n"
        << document_of(cell).source.text;
    ++forged_;
  }

  static void try_cell(Loaded& loaded, size_t number) {
    const auto& [cell, result] = loaded.sections[number];
    const CheckedHook& hook = loaded.plan.sections[number].section();
    for (const bool matching : {true, false}) {
      Arguments arguments = arguments_of(loaded, hook, cell, matching);
      if (result == CellResult::kAbsent) arguments.told.at(hook.args[0].source.index) = absent(cell.type);
      if (result == CellResult::kEmpty)
        arguments.told.at(hook.args[0].source.index) = oracle::Text{.bytes = ""};
      const Result<Records> records = loaded.runner->call(arguments.passed);
      ASSERT_TRUE(records) << records.error().text();
      const bool got = matched(*records).contains(number);
      const std::string where = describe(cell) + ", " + std::string(attachment_name(loaded.way.attachment)) +
                                (matching ? ", what must match" : ", what must not") + "\n" +
                                document_of(cell).source.text;
      EXPECT_EQ(got, oracle::judge(hook, arguments.told).has_value()) << where;
      EXPECT_EQ(got, expected(result, cell, matching)) << where;
    }
  }

  // Returns the cells that were tried.
  static std::set<Cell> try_all(const std::vector<Way>& ways, const CellTable& table,
                                const Kernel& made_for) {
    std::set<Cell> tried;
    for (const Way& way : ways) {
      for (const std::vector<DeclaredType>& group : groups()) {
        Loaded loaded{.way = way};
        const std::string wrong = load(loaded, group, table, made_for);
        EXPECT_EQ(wrong, "") << name_of(way.hook) << ' ' << attachment_name(way.attachment) << ' '
                             << word(group.front());
        if (!wrong.empty()) continue;
        for (size_t n = 0; n < loaded.sections.size(); ++n) {
          try_cell(loaded, n);
          try_forged(loaded, n);
          tried.insert(loaded.sections[n].cell);
        }
      }
    }
    return tried;
  }

  static inline size_t forged_ = 0;
  static inline Fd regular;
  static inline Fd directory;
};

TEST_F(AgreeCells, ProgramsDoWhatTheTableSays) {
  const CellTable table = read_cells();
  ASSERT_EQ(table.wrong, std::vector<std::string>{});
  // One that sleeps cannot be called by another program.
  Kernel awake = *kernel;
  awake.features.uprobe_sleeps = false;
  const std::set<Cell> tried = try_all(kWays, table, awake);
  size_t accepted = 0;
  for (const auto& [cell, result] : table.results) {
    if (result == CellResult::kRefused || result == CellResult::kUntyped) continue;
    const auto has = [&](const std::vector<DeclaredType>& group) {
      return std::ranges::find(group, cell.type) != group.end();
    };
    if (std::ranges::any_of(kGroups, has) && std::ranges::none_of(groups(), has)) continue;
    ++accepted;
    EXPECT_TRUE(tried.contains(cell)) << describe(cell);
  }
  EXPECT_EQ(accepted, tried.size());
  EXPECT_GT(forged_, 50U);
  RecordProperty("cells", std::to_string(tried.size()));
}

// The programs for kernels without the helpers of later ones are others; the verifier takes its time with them.
TEST_F(AgreeCells, ProgramsOfOldKernelsToo) {
  Kernel old = *kernel;
  old.features.bpf_loop = false;
  old.features.uprobe_sleeps = false;
  const std::vector<Way> ways = {{CellHook::kFunction, Attachment::kKprobe},
                                 {CellHook::kUprobe, Attachment::kUprobe},
                                 {CellHook::kUretprobe, Attachment::kUretprobe},
                                 {CellHook::kReturn, Attachment::kKretprobe},
                                 {CellHook::kFentry, Attachment::kFentry}};
  EXPECT_FALSE(try_all(ways, read_cells(), old).empty());
}

}  // namespace
}  // namespace tripline::agree
