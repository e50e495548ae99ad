// SPDX-License-Identifier: Apache-2.0
#include "policy/tiny_files.h"

#include <string>
#include <utility>
#include <vector>

#include "policy/tiny_kernel.h"

namespace tripline {
namespace {

using binary::Operand;
using binary::Register;
using binary::Symbol;
using binary::SymbolsBuilder;
using binary::UsdtProbe;

binary::Symbols symbols() {
  SymbolsBuilder builder(SymbolsBuilder::Index::kByNameToo);
  const auto add = [&](uint64_t address, uint64_t size, const char* name,
                       Symbol::Kind kind = Symbol::Kind::kFunction, bool is_global = true) {
    builder.add(address, size, builder.add_names(name), kind, is_global, true, SymbolsBuilder::kNone);
  };
  add(0x1000, 16, "first");
  add(0x1100, 32, "second");
  add(0x1200, 0, "no_size");
  add(0x1300, 8, "twice", Symbol::Kind::kFunction, false);
  add(0x1400, 8, "twice", Symbol::Kind::kFunction, false);
  add(0x1500, 8, "chooses", Symbol::Kind::kIfunc);
  add(0x1600, 8, "locks");
  add(0x4000, 8, "stray");
  return builder.finish();
}

Operand in_register(Register base, uint8_t size, std::string text, bool is_signed = false) {
  return {.kind = Operand::Kind::kRegister,
          .size = size,
          .is_signed = is_signed,
          .base = base,
          .text = std::move(text)};
}

Operand in_memory(Register base, uint8_t size, int64_t displacement, std::string text) {
  return {.kind = Operand::Kind::kMemory,
          .size = size,
          .base = base,
          .displacement = displacement,
          .text = std::move(text)};
}

UsdtProbe probe(const char* name, uint64_t offset, std::vector<Operand> arguments) {
  return {.provider = "tiny",
          .name = name,
          .address = offset,
          .offset = offset,
          .semaphore_offset = {},
          .arguments = std::move(arguments)};
}

std::vector<UsdtProbe> probes() {
  Operand real = in_register(Register::kNone, 8, "8f@%xmm0");
  real.is_float = true;
  Operand high = in_register(Register::kRax, 2, "2@%ah");
  high.is_high_byte = true;
  Operand indexed = in_memory(Register::kRbp, 8, -16, "8@-16(%rbp,%rax,4)");
  indexed.index = Register::kRax;
  indexed.scale = 4;
  const Operand seven = {.kind = Operand::Kind::kConstant, .size = 4, .constant = 7, .text = "4@$7"};
  const Operand lost = {.text = "8@elsewhere(%rip)",
                        .why = "needs the symbol elsewhere, which the file does not have"};
  std::vector<UsdtProbe> out = {
      probe("cells", 0x1010,
            {in_register(Register::kRdi, 8, "8@%rdi"), in_register(Register::kRsi, 8, "8@%rsi"),
             in_register(Register::kRdx, 8, "8@%rdx")}),
      probe("spread", 0x1020, {in_register(Register::kRdi, 4, "-4@%edi", true)}),
      probe("spread", 0x1030, {in_register(Register::kRdi, 4, "-4@%edi", true)}),
      probe("spread", 0x1040, {in_memory(Register::kRsp, 4, 8, "4@8(%rsp)")}),
      probe("watched", 0x1050, {seven}),
      probe("unwatched", 0x1060, {}),
      probe("odd", 0x1070, {real, lost, high, indexed}),
      probe("bare", 0x1080, {}),
      probe("jumps", 0x1090, {}),
  };
  for (UsdtProbe& each : out) {
    if (each.name == "watched") {
      each.semaphore = 0x4010;
      each.semaphore_offset = 0x3010;
    }
    if (each.name == "unwatched") each.semaphore = 0x4180;
  }
  return out;
}

// Everything is a nop, but for an addition to a counter that several threads have, and a probe on a jump of 16 bits.
std::string code(uint64_t offset, size_t size) {
  std::string out(size, '\x90');
  if (offset == 0x1600) out.replace(0, 4, "\xf0\x48\xff\x07");
  if (offset == 0x1090) out.replace(0, 3, std::string("\x66\xeb\0", 3));
  return out;
}

KnownFile program(std::string path) {
  KnownFile out;
  out.file = {std::move(path), 1, 7};
  out.binary.segments = {
      {.address = 0x1000, .offset = 0x1000, .file_size = 0x1000, .memory_size = 0x1000, .executable = true},
      {.address = 0x4000, .offset = 0x3000, .file_size = 0x100, .memory_size = 0x200, .writable = true}};
  out.binary.symbols = symbols();
  out.binary.probes = probes();
  out.binary.build_id = "abcd";
  out.code = code;
  out.no_types = "has no section .BTF";
  out.digests = {{"sha256", std::string(64, '1')}};
  return out;
}

}  // namespace

Files tiny_files() {
  KnownFile stripped = program("/tiny/stripped");
  stripped.file.inode = 8;
  stripped.binary.symbols = {};
  stripped.binary.probes.clear();
  KnownFile script;
  script.file.path = "/tiny/script";
  script.refusal = binary::Refusal{binary::Fault::kNotElf, "is not an ELF file"};
  KnownFile types;
  types.file.path = "/tiny/types";
  types.types = *tiny_kernel().btf;
  Files out;
  for (KnownFile* file : {&stripped, &script, &types}) {
    const std::string path = file->file.path;
    out.emplace(path, std::make_shared<const KnownFile>(std::move(*file)));
  }
  for (const char* path : {"/tiny/program", "/tiny/copy"})
    out.emplace(path, std::make_shared<const KnownFile>(program(path)));
  return out;
}

}  // namespace tripline
