// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "kernel/btf_builder.h"
#include "kernel/kernel.h"
#include "kernel/saved.h"

namespace tripline {
namespace {

using test::BtfBuilder;
using test::kSavedKernels;
using test::saved;

using Kind = Btf::Kind;

Btf build(const BtfBuilder& builder) {
  Result<Btf> btf = Btf::parse(builder.bytes());
  EXPECT_TRUE(btf) << btf.error().text();
  return *btf;
}

std::string prototype(const Btf::Function& function) {
  std::string out = function.result_spelling + " " + function.name + "(";
  for (const Btf::Parameter& parameter : function.parameters) {
    if (!out.ends_with('(')) out += ", ";
    out += parameter.spelling + (parameter.name.empty() ? "" : " " + parameter.name);
  }
  if (function.variadic) out += ", ...";
  return out + ")";
}

uint32_t offset_of(const Btf& btf, std::string_view structure, std::string_view path) {
  const auto member = btf.member(structure, path);
  EXPECT_TRUE(member) << structure << " " << path;
  return member ? member->offset : ~0u;
}

// --- saved kernels --------------------------------------------------------------------------------

TEST(BtfOfModule, GoesOnWhereTheKernelsEnds) {
  BtfBuilder b;
  const uint32_t number = b.integer("int", 4, BTF_INT_SIGNED);
  const uint32_t file = b.aggregate(BTF_KIND_STRUCT, "file", 16, {{"f_mode", number, 64}});
  b.reference(BTF_KIND_FUNC, b.prototype(number, {}), "of_kernel");
  BtfBuilder m = BtfBuilder::after(b);
  const uint32_t pointer = m.reference(BTF_KIND_PTR, file);
  const uint32_t layer =
      m.aggregate(BTF_KIND_STRUCT, "layer", 24, {{"depth", number, 0}, {"upper", pointer, 64}});
  const uint32_t of = m.reference(BTF_KIND_PTR, layer);
  m.reference(BTF_KIND_FUNC, m.prototype(number, {{"of", of}, {"what", pointer}}), "of_module");
  const Btf kernel = build(b);
  const Result<Btf> module = Btf::parse(m.bytes(), &kernel);
  ASSERT_TRUE(module) << module.error().text();

  EXPECT_FALSE(kernel.function("of_module"));
  EXPECT_FALSE(kernel.structure("layer"));
  EXPECT_EQ(kernel.type(layer).kind, Kind::kVoid);
  ASSERT_TRUE(module->function("of_module"));
  EXPECT_EQ(prototype(*module->function("of_module")),
            "int of_module(struct layer * of, struct file * what)");
  EXPECT_EQ(module->function("of_module")->id, module->type_count() - 1);
  EXPECT_TRUE(module->function("of_kernel"));
  EXPECT_EQ(module->function_names(), (std::vector<std::string_view>{"of_module"}));
  EXPECT_EQ(offset_of(*module, "layer", "upper"), 8U);
  EXPECT_EQ(offset_of(*module, "file", "f_mode"), 8U);
  EXPECT_EQ(module->member("layer", "upper")->type.pointee_id, file);
}

TEST(BtfOfModule, DamageIsRefused) {
  BtfBuilder b;
  const uint32_t number = b.integer("int", 4, BTF_INT_SIGNED);
  const Btf kernel = build(b);
  BtfBuilder m = BtfBuilder::after(b);
  m.aggregate(BTF_KIND_STRUCT, "layer", 4, {{"depth", number, 0}});
  const std::vector<std::byte> whole = m.bytes();
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(Btf::parse({whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size)}, &kernel)) << size;
  }
  EXPECT_FALSE(Btf::parse(whole)) << "without the kernel's types its names are outside";
  // A member of a type that is nowhere has none.
  BtfBuilder far = BtfBuilder::after(b);
  far.aggregate(BTF_KIND_STRUCT, "layer", 4, {{"depth", 4711, 0}});
  const Result<Btf> module = Btf::parse(far.bytes(), &kernel);
  ASSERT_TRUE(module);
  EXPECT_EQ(module->member("layer", "depth")->type.kind, Kind::kVoid);
}

TEST(SavedBtf, Functions) {
  for (const char* name : kSavedKernels) {
    SCOPED_TRACE(name);
    const Btf& btf = *saved(name).btf;
    const auto install = btf.function("fd_install");
    ASSERT_TRUE(install);
    EXPECT_EQ(prototype(*install), "void fd_install(unsigned int fd, struct file * file)");
    EXPECT_FALSE(install->result);
    const Btf::Type& file = install->parameters[1].type;
    EXPECT_EQ(file.kind, Kind::kPointer);
    EXPECT_EQ(file.pointee, Kind::kStruct);
    EXPECT_EQ(file.pointee_name, "file");
    EXPECT_EQ(file.pointee_id, btf.structure("file")->id);
    EXPECT_EQ(file.size, 8u);
    EXPECT_EQ(install->parameters[0].type.name, "unsigned int");
    EXPECT_FALSE(install->parameters[0].type.is_signed);

    const auto open = btf.function("security_file_open");
    ASSERT_TRUE(open);
    EXPECT_EQ(prototype(*open), "int security_file_open(struct file * file)");
    EXPECT_TRUE(open->result->is_signed);

    EXPECT_EQ(btf.function("vfs_open")->parameters[0].spelling, "const struct path *");
    EXPECT_EQ(prototype(*btf.function("__x64_sys_lseek")),
              "long int __x64_sys_lseek(const struct pt_regs * regs)");
    EXPECT_FALSE(btf.function("no_such_function"));
    EXPECT_FALSE(btf.function(""));
    EXPECT_FALSE(btf.function("file"));
  }
}

TEST(SavedBtf, VariadicFunction) {
  const auto print = saved("debian-6.12").btf->function("_printk");
  ASSERT_TRUE(print);
  EXPECT_TRUE(print->variadic);
  EXPECT_EQ(prototype(*print), "int _printk(const char * fmt, ...)");
}

TEST(SavedBtf, FunctionPointerIsSpeltAroundItsName) {
  EXPECT_EQ(saved("debian-6.12").btf->function("kallsyms_on_each_symbol")->parameters[0].spelling,
            "int (*)(void *, const char *, long unsigned int)");
}

TEST(SavedBtf, RawTracepoints) {
  for (const char* name : kSavedKernels) {
    SCOPED_TRACE(name);
    const Btf& btf = *saved(name).btf;
    const auto advance = btf.raw_tracepoint("file_check_and_advance_wb_err");
    ASSERT_TRUE(advance);
    EXPECT_EQ(prototype(*advance), "void file_check_and_advance_wb_err(struct file * file, errseq_t old)");
    EXPECT_NE(advance->id, 0u);
    EXPECT_EQ(btf.raw_tracepoint("sched_process_exec")->parameters.size(), 3u);
    EXPECT_EQ(btf.raw_tracepoint("sys_enter")->parameters[0].type.pointee_name, "pt_regs");
    EXPECT_FALSE(btf.raw_tracepoint("no_such_tracepoint"));
  }
}

// The same names, other places: the reason why offsets come from the kernel at hand.
TEST(SavedBtf, MembersOfFileAndDentry) {
  struct Row {
    const char* kernel;
    uint32_t f_path_dentry;
    uint32_t f_inode;
    uint32_t comm;
    uint32_t inline_name;
  };
  const Row rows[] = {
      {"debian-5.10", 24, 32, 2736, 32}, {"debian-6.1", 24, 32, 2976, 32},
      {"debian-6.12", 72, 40, 2976, 40}, {"debian-7.3", 72, 32, 3408, 40},
      {"inject-6.12", 72, 40, 1896, 40}, {"restricted-6.18", 72, 32, 1752, 40},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.kernel);
    const Btf& btf = *saved(row.kernel).btf;
    EXPECT_EQ(offset_of(btf, "file", "f_path.dentry"), row.f_path_dentry);
    EXPECT_EQ(offset_of(btf, "file", "f_path.mnt") + 8, row.f_path_dentry);
    EXPECT_EQ(offset_of(btf, "file", "f_inode"), row.f_inode);
    EXPECT_EQ(offset_of(btf, "task_struct", "comm"), row.comm);
    EXPECT_EQ(offset_of(btf, "task_struct", "comm[3]"), row.comm + 3);
    EXPECT_EQ(offset_of(btf, "dentry", "d_name.len"),
              36u);  // within an anonymous struct of an anonymous union

    const bool renamed = !btf.member("dentry", "d_iname");
    EXPECT_EQ(renamed, std::string_view(row.kernel) == "debian-7.3" ||
                           std::string_view(row.kernel) == "restricted-6.18");
    const auto short_name = btf.member("dentry", renamed ? "d_shortname.string" : "d_iname");
    ASSERT_TRUE(short_name);
    EXPECT_EQ(short_name->offset, 56u);
    EXPECT_EQ(short_name->type.kind, Kind::kArray);
    EXPECT_EQ(short_name->type.elements, row.inline_name);
    EXPECT_EQ(short_name->type.size, row.inline_name);
  }
}

TEST(SavedBtf, PointersAreNotFollowed) {
  const Btf& btf = *saved("debian-6.12").btf;
  EXPECT_FALSE(btf.member("file", "f_inode.i_ino"));
  const auto inode = btf.member("file", "f_inode");
  EXPECT_TRUE(btf.member(inode->type.pointee_id, "i_ino"));
}

TEST(SavedBtf, BitFields) {
  const auto syn = saved("debian-6.12").btf->member("tcphdr", "syn");
  ASSERT_TRUE(syn);
  EXPECT_EQ(syn->offset, 12u);
  EXPECT_EQ(syn->type.size, 2u);
  EXPECT_EQ(syn->bit_offset, 9u);
  EXPECT_EQ(syn->bit_size, 1u);
  EXPECT_EQ(saved("debian-6.12").btf->member("tcphdr", "dest")->bit_size, 0u);
}

TEST(SavedBtf, Enumerators) {
  EXPECT_EQ(saved("debian-6.12").btf->enumerator("bpf_func_id", "BPF_FUNC_loop"), 181);
  EXPECT_FALSE(saved("debian-5.10").btf->enumerator("bpf_func_id", "BPF_FUNC_loop"));
  EXPECT_EQ(saved("debian-6.12").btf->enumerator("", "BPF_F_RDONLY_PROG"), 128);
  EXPECT_FALSE(saved("debian-6.12").btf->enumerator("no_such_enum", "BPF_F_RDONLY_PROG"));
}

TEST(SavedBtf, NamesForSuggestions) {
  const Btf& btf = *saved("debian-6.12").btf;
  const auto functions = btf.function_names();
  EXPECT_GT(functions.size(), 40000u);
  EXPECT_NE(std::ranges::find(functions, "fd_install"), functions.end());
  const auto members = btf.member_names(btf.structure("dentry")->id);
  EXPECT_NE(std::ranges::find(members, "d_name"), members.end());
  EXPECT_TRUE(btf.member_names(0).empty());
}

// --- hand-made types ------------------------------------------------------------------------------

TEST(Btf, AddressesOfAProcess) {
  BtfBuilder b;
  const uint32_t character = b.integer("char", 1, BTF_INT_SIGNED);
  const uint32_t user = b.reference(BTF_KIND_TYPE_TAG, character, "user");
  const uint32_t tagged = b.reference(BTF_KIND_PTR, user);
  const uint32_t constant = b.reference(BTF_KIND_PTR, b.reference(BTF_KIND_CONST, user));
  const uint32_t to_tagged = b.reference(BTF_KIND_PTR, tagged);
  const uint32_t other = b.reference(BTF_KIND_PTR, b.reference(BTF_KIND_TYPE_TAG, character, "rcu"));
  const Btf btf = build(b);
  EXPECT_TRUE(btf.type(tagged).is_user);
  EXPECT_TRUE(btf.type(constant).is_user);
  EXPECT_FALSE(btf.type(to_tagged).is_user);  // that pointer is in memory of the kernel
  EXPECT_FALSE(btf.type(other).is_user);
}

TEST(Btf, Spelling) {
  BtfBuilder b;
  const uint32_t character = b.integer("char", 1, BTF_INT_SIGNED);
  const uint32_t cred = b.aggregate(BTF_KIND_STRUCT, "cred", 4, {});
  const uint32_t constant = b.reference(BTF_KIND_CONST, character);
  const uint32_t string = b.reference(BTF_KIND_PTR, constant);
  const uint32_t fixed_string = b.reference(BTF_KIND_CONST, string);
  const uint32_t strings = b.reference(BTF_KIND_PTR, fixed_string);
  const uint32_t tag = b.reference(BTF_KIND_TYPE_TAG, cred, "rcu");
  const uint32_t tagged = b.reference(BTF_KIND_PTR, b.reference(BTF_KIND_CONST, tag));
  const uint32_t table = b.array(b.array(string, 4), 2);
  const uint32_t to_table = b.reference(BTF_KIND_PTR, table);
  const uint32_t call = b.prototype(0, {{"", string}, {"", 0}});
  const uint32_t calls = b.array(b.reference(BTF_KIND_PTR, call), 3);
  const uint32_t alias = b.reference(BTF_KIND_TYPEDEF, strings, "names_t");
  const uint32_t forward = b.add(BTF_KIND_FWD, "later", 0, 0, true, {});
  const uint32_t nothing = b.prototype(character, {});
  const uint32_t anonymous = b.aggregate(BTF_KIND_UNION, "", 4, {});
  const Btf btf = build(b);
  EXPECT_EQ(btf.spelling(0), "void");
  EXPECT_EQ(btf.spelling(9999), "void");
  EXPECT_EQ(btf.spelling(string), "const char *");
  EXPECT_EQ(btf.spelling(fixed_string), "const char *const");
  EXPECT_EQ(btf.spelling(strings), "const char *const *");
  EXPECT_EQ(btf.spelling(tagged), "const struct cred *");
  EXPECT_EQ(btf.spelling(table), "const char *[2][4]");
  EXPECT_EQ(btf.spelling(to_table), "const char *(*)[2][4]");
  EXPECT_EQ(btf.spelling(calls), "void (*[3])(const char *, ...)");
  EXPECT_EQ(btf.spelling(alias), "names_t");
  EXPECT_EQ(btf.spelling(forward), "union later");
  EXPECT_EQ(btf.spelling(nothing), "char (void)");
  EXPECT_EQ(btf.spelling(anonymous), "union {...}");
}

TEST(Btf, TypesAreStripped) {
  BtfBuilder b;
  const uint32_t word = b.integer("unsigned int", 4);
  const uint32_t alias = b.reference(BTF_KIND_TYPEDEF, b.reference(BTF_KIND_VOLATILE, word), "u32");
  const uint32_t table = b.array(alias, 6);
  const uint32_t pointer = b.reference(BTF_KIND_PTR, alias);
  const uint32_t flexible = b.array(pointer, 0);
  const uint32_t wide = b.add(BTF_KIND_ENUM64, "wide", 8, 1, true, {b.text("LOW"), 0xfffffffe, 0xffffffff});
  const Btf btf = build(b);
  EXPECT_EQ(btf.type(alias).id, word);
  EXPECT_EQ(btf.type(table).size, 24u);
  EXPECT_EQ(btf.type(table).pointee, Kind::kInt);
  EXPECT_EQ(btf.type(table).pointee_id, word);
  EXPECT_EQ(btf.type(pointer).pointee_name, "unsigned int");
  EXPECT_EQ(btf.type(flexible).elements, 0u);
  EXPECT_EQ(btf.type(wide).kind, Kind::kEnum);
  EXPECT_TRUE(btf.type(wide).is_signed);
  EXPECT_EQ(btf.enumerator("wide", "LOW"), -2);
  EXPECT_EQ(btf.type(9999).kind, Kind::kVoid);
}

TEST(Btf, FirstOfANameWins) {
  BtfBuilder b;
  const uint32_t prototype = b.prototype(0, {});
  const uint32_t first = b.reference(BTF_KIND_FUNC, prototype, "twice");
  b.reference(BTF_KIND_FUNC, prototype, "twice");
  b.aggregate(BTF_KIND_STRUCT, "twice", 4, {});
  EXPECT_EQ(build(b).function("twice")->id, first);
  EXPECT_EQ(build(b).structure("twice")->size, 4u);
}

TEST(Btf, MemberPaths) {
  BtfBuilder b;
  const uint32_t byte = b.integer("unsigned char", 1);
  const uint32_t pair = b.aggregate(BTF_KIND_STRUCT, "pair", 2, {{"a", byte, 0}, {"b", byte, 8}});
  const uint32_t inner = b.aggregate(BTF_KIND_UNION, "", 8, {{"pairs", b.array(b.array(pair, 2), 2), 0}});
  const uint32_t outer = b.aggregate(BTF_KIND_STRUCT, "outer", 16,
                                     {{"head", byte, 0}, {"", inner, 64}, {"tail", b.array(byte, 0), 128}});
  const Btf btf = build(b);
  EXPECT_EQ(offset_of(btf, "outer", "pairs[1][0].b"), 13u);
  EXPECT_EQ(offset_of(btf, "outer", "tail[100]"), 116u);
  EXPECT_EQ(btf.member(outer, "pairs")->type.size, 8u);
  for (const char* bad :
       {"", ".", "pairs.", ".head", "pairs[2]", "pairs[0][0][0]", "pairs[", "pairs[]", "pairs[0", "pairs[-1]",
        "pairs[0]x", "[0]", "head[0]", "head.a", "pairs[99999999999]", "tail[4294967295"}) {
    EXPECT_FALSE(btf.member(outer, bad)) << bad;
  }
}

TEST(Btf, BitFieldsOfBothEncodings) {
  BtfBuilder b;
  const uint32_t word = b.integer("unsigned int", 4);
  b.aggregate(BTF_KIND_STRUCT, "flagged", 8,
              {{"low", word, 3u << 24 | 1}, {"high", word, 7u << 24 | 33}, {"all", word, 32}}, true);
  const uint32_t five_bits = b.integer("unsigned int", 4, 0, 5);
  b.aggregate(BTF_KIND_STRUCT, "old", 8, {{"field", five_bits, 38}});
  b.aggregate(BTF_KIND_STRUCT, "packed", 8, {{"across", word, 9u << 24 | 28}}, true);
  const uint32_t huge = b.aggregate(BTF_KIND_STRUCT, "huge", 0x40000000, {});
  b.aggregate(BTF_KIND_STRUCT, "wider", 8,
              {{"than_its_type", word, 255u << 24}, {"than_all", b.array(huge, 0xffffffff), 0}}, true);
  const Btf btf = build(b);
  const auto place = [&btf](const char* structure, const char* name) {
    const auto member = btf.member(structure, name);
    return std::tuple(member->offset, member->bit_offset, member->bit_size);
  };
  EXPECT_EQ(place("flagged", "low"), std::tuple(0u, 1u, 3u));
  EXPECT_EQ(place("flagged", "high"), std::tuple(4u, 1u, 7u));
  EXPECT_EQ(place("flagged", "all"), std::tuple(4u, 0u, 0u));
  EXPECT_EQ(place("old", "field"), std::tuple(4u, 6u, 5u));
  EXPECT_EQ(place("packed", "across"), std::tuple(3u, 4u, 9u));
  EXPECT_FALSE(btf.member("wider", "than_its_type"));
  EXPECT_FALSE(btf.member("wider", "than_all[4294967294]"));
}

// --- damage ---------------------------------------------------------------------------------------

// Asks everything; what the answers are does not matter, that there are answers does.
void ask_everything(const Btf& btf) {
  for (const char* name : {"call", "recursive", "outer", "alias", "wide", "bits"}) {
    (void)btf.function(name);
    (void)btf.raw_tracepoint(name);
    (void)btf.structure(name);
    (void)btf.enumerator(name, "LOW");
    for (const char* path : {"a", "b", "x.y", "table[1][2]", "no"}) (void)btf.member(name, path);
  }
  (void)btf.enumerator("", "LOW");
  for (uint32_t id = 0; id < std::min(btf.type_count(), 200u); ++id) {
    (void)btf.type(id);
    (void)btf.spelling(id);
    (void)btf.member_names(id);
    (void)btf.member(id, "a");
  }
  (void)btf.function_names();
}

BtfBuilder one_of_each() {
  BtfBuilder b;
  const uint32_t word = b.integer("int", 4, BTF_INT_SIGNED);
  const uint32_t pointer = b.reference(BTF_KIND_PTR, word);
  const uint32_t alias = b.reference(BTF_KIND_TYPEDEF, b.reference(BTF_KIND_CONST, pointer), "alias");
  const uint32_t table = b.array(b.array(word, 3), 2);
  const uint32_t inner = b.aggregate(BTF_KIND_UNION, "", 8, {{"a", alias, 0}, {"y", word, 0}});
  b.aggregate(BTF_KIND_STRUCT, "outer", 48, {{"", inner, 0}, {"x", inner, 64}, {"table", table, 128}});
  b.aggregate(BTF_KIND_STRUCT, "bits", 4, {{"a", word, 3u << 24}, {"b", word, 5u << 24 | 3}}, true);
  const uint32_t prototype = b.prototype(word, {{"a", pointer}, {"b", alias}, {"", 0}});
  b.reference(BTF_KIND_FUNC, prototype, "call");
  b.reference(BTF_KIND_TYPEDEF, b.reference(BTF_KIND_PTR, prototype), "btf_trace_call");
  b.add(BTF_KIND_ENUM, "", 4, 1, false, {b.text("LOW"), 1});
  b.add(BTF_KIND_ENUM64, "wide", 8, 1, false, {b.text("LOW"), 1, 0});
  b.add(BTF_KIND_VAR, "v", word, 0, false, {1});
  b.add(BTF_KIND_DATASEC, ".data", 4, 1, false, {13, 0, 4});
  b.add(BTF_KIND_FLOAT, "double", 8, 0, false, {});
  b.add(BTF_KIND_DECL_TAG, "tag", word, 0, false, {~0u});
  b.reference(BTF_KIND_TYPE_TAG, word, "user");
  b.add(BTF_KIND_FWD, "later", 0, 0, false, {});
  return b;
}

TEST(BtfDamage, TypesThatNeverEnd) {
  BtfBuilder b;
  b.reference(BTF_KIND_TYPEDEF, 2, "alias");  // 1 -> 2 -> 1
  b.reference(BTF_KIND_CONST, 1);
  b.array(3, 1000);                                                        // of itself
  b.aggregate(BTF_KIND_STRUCT, "recursive", 8, {{"", 4, 0}, {"", 4, 0}});  // twice itself, unnamed
  b.reference(BTF_KIND_PTR, 5);
  b.prototype(6, {{"", 6}, {"", 6}});  // takes and returns itself
  b.reference(BTF_KIND_TYPE_TAG, 7, "tag");
  const Btf btf = build(b);
  ask_everything(btf);
  EXPECT_EQ(btf.type(1).kind, Kind::kVoid);
  EXPECT_EQ(btf.type(3).size, 0u);
}

TEST(BtfDamage, EveryTruncationIsRefused) {
  const std::vector<std::byte> good = one_of_each().bytes();
  ASSERT_TRUE(Btf::parse(good));
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(Btf::parse({good.begin(), good.begin() + static_cast<ptrdiff_t>(size)})) << size;
  }
}

TEST(BtfDamage, Refusals) {
  const auto why = [](const BtfBuilder& builder, size_t at, uint32_t value) {
    std::vector<std::byte> bytes = builder.bytes();
    std::memcpy(bytes.data() + at, &value, sizeof value);
    const Result<Btf> btf = Btf::parse(bytes);
    return btf ? "" : btf.error().detail;
  };
  const BtfBuilder good = one_of_each();
  EXPECT_EQ(why(good, 0, 0x0001eb9f + 1), "the data is not BTF");
  EXPECT_EQ(why(good, 0, 0x00019feb), "the data has the wrong byte order");
  EXPECT_EQ(why(good, 0, 0x0002eb9f), "the data has an unknown version");
  EXPECT_EQ(why(good, 4, 20), "the data has a damaged header");
  EXPECT_EQ(why(good, 12, 1 << 20), "the data has its types outside the data");
  EXPECT_EQ(why(good, 20, 1 << 20), "the data has its strings outside the data");
  EXPECT_EQ(why(good, 20, 0), "the data has unterminated strings");
  EXPECT_EQ(why(good, 28, BTF_KIND_INT << 24 | 31u << 24), "the data has a type of unknown kind");
  EXPECT_EQ(why(good, 28, BTF_KIND_STRUCT << 24 | 0xffff), "the data ends within a type");
  EXPECT_EQ(why(good, 24, 1 << 20), "the data has a name outside its strings");
}

TEST(BtfDamage, RandomBytesDoNoHarm) {
  const std::vector<std::byte> good = one_of_each().bytes();
  std::mt19937 random(1);
  int accepted = 0;
  for (int round = 0; round < 20000; ++round) {
    std::vector<std::byte> bytes = good;
    const int changes = 1 + static_cast<int>(random() % 4);
    for (int i = 0; i < changes; ++i) {
      const size_t at = random() % bytes.size();
      const uint32_t kind = random() % 3;
      bytes[at] = kind == 0   ? static_cast<std::byte>(random() % 256)
                  : kind == 1 ? static_cast<std::byte>(random() % 32)
                              : bytes[at] ^ static_cast<std::byte>(1 << random() % 8);
    }
    if (const Result<Btf> btf = Btf::parse(std::move(bytes))) {
      ++accepted;
      ask_everything(*btf);
    }
  }
  EXPECT_GT(accepted, 1000);
}

TEST(BtfDamage, RandomWordsInARealOneDoNoHarm) {
  const auto good = saved("debian-5.10").btf->raw();
  std::mt19937 random(2);
  for (int round = 0; round < 30; ++round) {
    std::vector<std::byte> bytes(good.begin(), good.end());
    for (int i = 0; i < 200; ++i) {
      // Ids and offsets only: most changes of a kind or count end the walk through the types at once.
      const size_t at = 24 + random() % 2'000'000 / 4 * 4;
      uint32_t word;
      std::memcpy(&word, bytes.data() + at, sizeof word);
      if (word >> 24 != 0) continue;
      word = static_cast<uint32_t>(random() % 90'000);
      std::memcpy(bytes.data() + at, &word, sizeof word);
    }
    const Result<Btf> btf = Btf::parse(std::move(bytes));
    if (!btf) continue;
    for (uint32_t id = 0; id < btf->type_count(); id += 7) {
      (void)btf->type(id);
      (void)btf->spelling(id);
      (void)btf->member(id, "flags");
    }
  }
}

}  // namespace
}  // namespace tripline
