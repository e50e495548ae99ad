// SPDX-License-Identifier: Apache-2.0
#include "agree/fake_file.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace tripline::agree {
namespace {

constexpr size_t kLongestPath = 4095;
constexpr std::string_view kDeleted = " (deleted)";

std::vector<std::string> components(std::string_view path) {
  std::vector<std::string> out;
  for (size_t at = 1; at < path.size();) {
    const size_t end = std::min(path.find('/', at), path.size());
    out.emplace_back(path.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

class Placer {
 public:
  Placer(Memory& memory, const Layout& layout, oracle::Random& random)
      : memory_(memory), layout_(layout), random_(random) {}

  std::optional<Placed> run(const FakeFile& file) {
    Placed out;
    root_mnt_ = take(64);
    root_dentry_ = take(64);
    if (!file.absent) out.file = this->file(file);
    out.dentry = dentry_;
    out.task = task();
    return full_ ? std::nullopt : std::optional(out);
  }

 private:
  uint64_t file(const FakeFile& file) {
    uint64_t mount = 0;
    uint64_t dentry = 0;
    for (size_t i = 0; i < file.mounts.size(); ++i) {
      mount = this->mount(mount, dentry, file.mounts[i]);
      std::vector<uint64_t> way = {mount_root_};
      for (const std::string& name : file.mounts[i].below) way.push_back(this->dentry(way.back(), name));
      dentry = way.back();
      if (full_) return 0;
      if (!file.root || file.root->mount != i) continue;
      if (!file.root->other_mount) root_mnt_ = mount + layout_.vfsmount;
      if (!file.root->other_dentry) root_dentry_ = way[file.root->depth];
    }
    if (file.nameless) dentry = root();
    const uint64_t inode = take(layout_.inode_size);
    const uint64_t out = take(layout_.file_size);
    if (full_) return 0;
    if (file.unhashed) memory_.write(dentry + layout_.hashed, uint64_t{0});
    memory_.write(inode + layout_.mode, file.mode);
    memory_.write(out + layout_.file_mnt, mount + layout_.vfsmount);
    memory_.write(out + layout_.file_dentry, dentry);
    memory_.write(dentry + layout_.dentry_inode, file.has_inode ? inode : 0);
    dentry_ = dentry;
    memory_.write(out + layout_.file_inode, file.has_inode ? inode : 0);
    return out;
  }

  uint64_t task() {
    const uint64_t fs = take(layout_.fs_size);
    const uint64_t out = take(layout_.task_size);
    if (full_) return 0;
    memory_.write(fs + layout_.fs_root_mnt, root_mnt_);
    memory_.write(fs + layout_.fs_root_dentry, root_dentry_);
    memory_.write(out + layout_.task_fs, fs);
    return out;
  }

  // Memory full of noise.
  uint64_t take(size_t size) {
    const uint64_t address = memory_.take(size);
    if (address == 0) {
      full_ = true;
      return 0;
    }
    uint64_t noise = random_.below(1000) * 0x9e37'79b9'7f4a'7c15;
    for (size_t at = 0; at < size; at += 8) {
      noise = noise * 6364136223846793005u + 1442695040888963407u;
      std::memcpy(memory_.at(address + at), &noise, std::min<size_t>(8, size - at));
    }
    return address;
  }

  uint64_t mount(uint64_t above, uint64_t mountpoint, const FakeMount& mount) {
    const uint64_t out = take(layout_.mount_size);
    mount_root_ = descend(root(), mount.above);
    if (full_) return 0;
    memory_.write(out + layout_.mount_parent, above != 0 ? above : out);
    memory_.write(out + layout_.mountpoint, mountpoint != 0 ? mountpoint : mount_root_);
    memory_.write(out + layout_.vfsmount + layout_.mnt_root, mount_root_);
    return out;
  }

  // The root of a file system: its own parent, called "/", in no hash.
  uint64_t root() {
    const uint64_t out = dentry(0, "/");
    if (!full_ && random_.chance(50)) memory_.write(out + layout_.hashed, uint64_t{0});
    return out;
  }

  uint64_t descend(uint64_t from, const std::vector<std::string>& names) {
    uint64_t at = from;
    for (const std::string& name : names) at = dentry(at, name);
    return at;
  }

  uint64_t dentry(uint64_t parent, const std::string& name) {
    const uint64_t out = take(layout_.dentry_size);
    if (full_) return 0;
    uint64_t text = out + layout_.inline_name;
    if (name.size() >= layout_.inline_size) {
      // The inline name of such a dentry is left over from an earlier life.
      leave_over(out, name);
      text = take(name.size() + 1);
      if (full_) return 0;
    }
    std::memcpy(memory_.at(text), name.c_str(), name.size() + 1);
    memory_.write(out + layout_.parent, parent != 0 ? parent : out);
    memory_.write(out + layout_.name, text);
    memory_.write(out + layout_.name_length, static_cast<uint32_t>(name.size()));
    memory_.write(out + layout_.hashed, uint64_t{0xffff'8880'0000'1000});
    return out;
  }

  void leave_over(uint64_t dentry, const std::string& name) {
    uint8_t* inline_name = memory_.at(dentry + layout_.inline_name);
    if (random_.chance(50)) std::memcpy(inline_name, name.data(), layout_.inline_size);
    if (random_.chance(50)) inline_name[1 + random_.below(layout_.inline_size - 1)] = '\0';
  }

  Memory& memory_;
  const Layout& layout_;
  oracle::Random& random_;
  uint64_t root_mnt_ = 0;  // of the process
  uint64_t root_dentry_ = 0;
  uint64_t mount_root_ = 0;  // of the mount made last
  uint64_t dentry_ = 0;      // of the file
  bool full_ = false;
};

}  // namespace

oracle::File seen_dentry(const FakeFile& file) {
  oracle::File out = seen(file);
  if (file.absent) return out;
  out.path.clear();
  out.unresolved = false;
  if (!file.nameless) {
    for (const std::vector<std::string>& names : {file.mounts.back().above, file.mounts.back().below}) {
      for (const std::string& name : names) out.path += '/' + name;
    }
  }
  if (out.path.empty()) out.path = "/";
  if (file.unhashed && file.has_inode) out.path += kDeleted;
  if (out.path.size() > kLongestPath) {
    out.path.clear();
    out.unresolved = true;
  }
  return out;
}

oracle::File seen(const FakeFile& file) {
  oracle::File out;
  out.has_inode = !file.absent && file.has_inode;
  if (file.absent) return out;
  out.mode = file.has_inode ? file.mode : 0;
  if (file.nameless) return out;
  const bool rooted = file.root && !file.root->other_mount && !file.root->other_dentry;
  for (size_t i = rooted ? file.root->mount : 0; i < file.mounts.size(); ++i) {
    const std::vector<std::string>& below = file.mounts[i].below;
    for (size_t n = rooted && i == file.root->mount ? file.root->depth : 0; n < below.size(); ++n) {
      out.path += '/' + below[n];
    }
  }
  if (out.path.empty()) out.path = "/";
  if (file.unhashed && file.has_inode) out.path += kDeleted;
  if (out.path.size() > kLongestPath) {
    out.path.clear();
    out.unresolved = true;
  }
  return out;
}

FakeRoot random_root(oracle::Random& random, const FakeFile& file) {
  FakeRoot out;
  if (random.chance(60)) out.mount = file.mounts.size() - 1;
  if (random.chance(40)) out.depth = random.below(file.mounts[out.mount].below.size() + 1);
  out.other_mount = random.chance(5);
  out.other_dentry = random.chance(5);
  return out;
}

FakeFile random_fake(oracle::Random& random, const std::string& path) {
  FakeFile out;
  out.absent = random.chance(2);
  out.mode = static_cast<uint16_t>(random.below(65536));
  out.has_inode = !random.chance(8);
  std::string_view rest = path;
  // A name that is being made: no inode, and in no hash yet.
  out.unhashed = !out.has_inode && random.chance(50);
  if (out.has_inode && rest.ends_with(kDeleted) && rest.size() > kDeleted.size() + 1 && random.chance(60)) {
    const std::string_view whole = rest.substr(0, rest.size() - kDeleted.size());
    if (!whole.ends_with('/')) {
      out.unhashed = true;
      rest = whole;
    }
  }
  out.nameless = random.chance(4);
  out.mounts.emplace_back();
  if (random.chance(5)) out.mounts.back().above = {"sub", "volume"};
  for (const std::string& name : components(rest)) {
    while (random.chance(8)) {
      FakeMount& next = out.mounts.emplace_back();
      if (random.chance(40)) next.above = {random.chance(50) ? "x" : name, random.chance(50) ? "y" : name};
    }
    out.mounts.back().below.push_back(name);
  }
  // A file that is the root of its mount: a bind mount of a file, or a directory that something is mounted on.
  if (random.chance(8)) {
    out.mounts.push_back(
        {random.chance(50) ? std::vector<std::string>{"a", "tetragon"} : std::vector<std::string>{}, {}});
  }
  // Whether a dentry without a parent is hashed says nothing.
  if (out.mounts.back().below.empty() && out.mounts.back().above.empty()) out.unhashed = false;
  if (out.nameless) out.unhashed = false;
  return out;
}

std::optional<Layout> layout_of(const Btf& btf) {
  Layout out;
  bool known = true;
  const auto size = [&](std::string_view type) -> uint32_t {
    const auto found = btf.structure(type);
    known = known && found;
    return found ? found->size : 0;
  };
  const auto offset = [&](std::string_view type, std::string_view path) -> uint32_t {
    const auto found = btf.member(type, path);
    known = known && found;
    return found ? found->offset : 0;
  };
  out.file_size = size("file");
  out.file_mnt = offset("file", "f_path.mnt");
  out.file_dentry = offset("file", "f_path.dentry");
  out.file_inode = offset("file", "f_inode");
  out.dentry_size = size("dentry");
  out.parent = offset("dentry", "d_parent");
  out.name = offset("dentry", "d_name.name");
  out.name_length = offset("dentry", "d_name.len");
  out.hashed = offset("dentry", "d_hash.pprev");
  out.dentry_inode = offset("dentry", "d_inode");
  out.mount_size = size("mount");
  out.mount_parent = offset("mount", "mnt_parent");
  out.mountpoint = offset("mount", "mnt_mountpoint");
  out.vfsmount = offset("mount", "mnt");
  out.mnt_root = offset("vfsmount", "mnt_root");
  out.inode_size = size("inode");
  out.mode = offset("inode", "i_mode");
  out.task_size = size("task_struct");
  out.task_fs = offset("task_struct", "fs");
  out.fs_size = size("fs_struct");
  out.fs_root_mnt = offset("fs_struct", "root.mnt");
  out.fs_root_dentry = offset("fs_struct", "root.dentry");
  auto name = btf.member("dentry", "d_iname");
  if (!name) name = btf.member("dentry", "d_shortname.string");
  if (!name || !known) return std::nullopt;
  out.inline_name = name->offset;
  out.inline_size = name->type.size;
  return out;
}

std::optional<Placed> place(Memory& memory, const Layout& layout, oracle::Random& random,
                            const FakeFile& file) {
  return Placer(memory, layout, random).run(file);
}

std::string describe(const FakeFile& file) {
  if (file.absent) return "absent";
  std::string out;
  const auto names = [&](const std::vector<std::string>& list) {
    for (const std::string& name : list) out += '/' + name;
  };
  for (const FakeMount& mount : file.mounts) {
    out += " mount(";
    names(mount.above);
    out += ")";
    names(mount.below);
  }
  if (file.unhashed) out += " unhashed";
  if (file.nameless) out += " nameless";
  if (!file.has_inode) out += " without inode";
  if (file.root) {
    out += " root " + std::to_string(file.root->mount) + '.' + std::to_string(file.root->depth);
    if (file.root->other_mount) out += " of another mount";
    if (file.root->other_dentry) out += " another dentry";
  }
  return oracle::shown(out);
}

}  // namespace tripline::agree
