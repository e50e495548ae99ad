// SPDX-License-Identifier: Apache-2.0
// Writes a Program block by block. Labels are names for blocks that are placed later; the order of placing is the
// order of the blocks, so every jump goes to a label that is not placed yet.
#pragma once

#include <cassert>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ir/program.h"

namespace tripline {

struct Label {
  uint32_t id = 0;
};

class Builder {
 public:
  Builder(std::string hook, ir::Entry entry, std::vector<std::string> documents) {
    program_.hook = std::move(hook);
    program_.entry = entry;
    program_.documents = std::move(documents);
    place(label("entry"));
  }

  ir::Value value() { return {program_.values++}; }

  // A label not placed yet; its block is named NAME, with a number when the name was used before.
  Label label(const std::string& name) {
    const uint32_t used = ++used_[name];
    names_.push_back(used == 1 ? name : name + "_" + std::to_string(used));
    blocks_.push_back(UINT32_MAX);
    return {static_cast<uint32_t>(names_.size() - 1)};
  }

  // Starts the block of `at`. A block that was not ended goes on there.
  void place(Label at) {
    if (open_) jump(at);
    assert(blocks_[at.id] == UINT32_MAX);
    blocks_[at.id] = static_cast<uint32_t>(program_.blocks.size());
    program_.blocks.push_back({names_[at.id], {}, ir::Return{}, {}});
    open_ = true;
  }

  void line(ir::Line line) { line_ = line; }
  [[nodiscard]] ir::Line line() const { return line_; }
  [[nodiscard]] const std::vector<std::string>& documents() const { return program_.documents; }
  [[nodiscard]] bool open() const { return open_; }

  void add(ir::Op op) {
    assert(open_);
    program_.blocks.back().body.push_back({std::move(op), line_});
  }
  ir::Value constant(int64_t number) {
    const ir::Value dst = value();
    add(ir::Constant{dst, number});
    return dst;
  }
  ir::Value copy(ir::Value from) {
    const ir::Value dst = value();
    add(ir::Copy{dst, from});
    return dst;
  }
  ir::Value load(ir::Value base, uint32_t offset, ir::Width width, std::string what) {
    const ir::Value dst = value();
    add(ir::Load{dst, base, static_cast<int32_t>(offset), width, std::move(what)});
    return dst;
  }
  void call(ir::Callee callee, std::vector<ir::Operand> arguments) {
    add(ir::Call{std::nullopt, callee, std::move(arguments)});
  }
  void call(ir::Value dst, ir::Callee callee, std::vector<ir::Operand> arguments) {
    add(ir::Call{dst, callee, std::move(arguments)});
  }

  void jump(Label to) { end(ir::Jump{to.id}); }
  void branch(ir::Compare compare, ir::Width width, ir::Value left, ir::Operand right, Label then,
              Label otherwise) {
    end(ir::Branch{compare, width, left, right, then.id, otherwise.id});
  }
  // Goes to `to` when the comparison holds, else on in a new block.
  void branch_if(ir::Compare compare, ir::Width width, ir::Value left, ir::Operand right, Label to) {
    const Label on = label("on");
    branch(compare, width, left, right, to, on);
    place(on);
  }
  void finish_block(ir::Operand value = int64_t{0}) { end(ir::Return{value}); }

  // The program; labels in it become numbers of blocks.
  ir::Program finish() {
    assert(!open_);
    for (ir::Block& block : program_.blocks) {
      if (auto* branch = std::get_if<ir::Branch>(&block.end)) {
        branch->then = target(branch->then);
        branch->otherwise = target(branch->otherwise);
      } else if (auto* jump = std::get_if<ir::Jump>(&block.end)) {
        jump->to = target(jump->to);
      }
    }
    return std::move(program_);
  }

 private:
  void end(ir::End end) {
    assert(open_);
    program_.blocks.back().end = end;
    program_.blocks.back().end_line = line_;
    open_ = false;
  }
  [[nodiscard]] uint32_t target(uint32_t label) const {
    assert(blocks_[label] != UINT32_MAX);
    return blocks_[label];
  }

  ir::Program program_;
  std::map<std::string, uint32_t> used_;  // how often a name was asked for
  std::vector<std::string> names_;
  std::vector<uint32_t> blocks_;
  ir::Line line_;
  bool open_ = false;
};

}  // namespace tripline
