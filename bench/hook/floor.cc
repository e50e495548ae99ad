// SPDX-License-Identifier: Apache-2.0
// The floor of a hook: runs a command with an empty program attached. `floor KIND TARGET CMD ARGS...`, KIND one of
// fentry, fmod_ret, lsm, tp_btf, uprobe and uretprobe; the target of the last two is an offset in the file CMD. Only for throw-away guests: it hooks the kernel it runs on.
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace {

struct Kind {
  std::string_view name;
  bpf_prog_type program;
  bpf_attach_type attach;
};

constexpr Kind kKinds[] = {{"fentry", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY},
                           {"tp_btf", BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP},
                           {"fmod_ret", BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN},
                           {"lsm", BPF_PROG_TYPE_LSM, BPF_LSM_MAC}};

int attach_empty(const Kind& kind, const char* target) {
  const int id = libbpf_find_vmlinux_btf_id(target, kind.attach);
  if (id < 0) return id;
  const bpf_insn program[] = {{BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0}, {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}};
  LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = kind.attach,
              .attach_btf_id = static_cast<__u32>(id));
  const int fd = bpf_prog_load(kind.program, "floor", "GPL", program, 2, &options);
  return fd < 0 ? fd : bpf_raw_tracepoint_open(nullptr, fd);
}

// On a place in a file, as our programs are (Linux 6.6).
int attach_place(const char* file, const char* offset, bool at_return) {
  constexpr auto kUprobeMulti = static_cast<bpf_attach_type>(48);
  constexpr uint32_t kReturn = 1;
  struct {
    uint32_t program, target, type, flags;
    uint64_t path, offsets, counters, cookies;
    uint32_t count, multi_flags, pid, reserved;
  } link{};
  LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = kUprobeMulti);
  const bpf_insn program[] = {{BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0}, {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}};
  const int fd = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "floor", "GPL", program, 2, &options);
  if (fd < 0) return fd;
  const uint64_t place = std::strtoull(offset, nullptr, 0);
  link.program = static_cast<uint32_t>(fd);
  link.type = kUprobeMulti;
  link.path = reinterpret_cast<uintptr_t>(file);
  link.offsets = reinterpret_cast<uintptr_t>(&place);
  link.count = 1;
  link.multi_flags = at_return ? kReturn : 0;
  const auto attached = static_cast<int>(syscall(SYS_bpf, BPF_LINK_CREATE, &link, sizeof(link)));
  return attached < 0 ? -errno : attached;
}

int attach_empty(const char* name, const char* target, const char* file) {
  const std::string_view kind_name(name);
  if (kind_name == "uprobe" || kind_name == "uretprobe")
    return attach_place(file, target, kind_name == "uretprobe");
  for (const Kind& kind : kKinds) {
    if (kind.name == name) return attach_empty(kind, target);
  }
  return -EINVAL;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const int link = attach_empty(argv[1], argv[2], argv[3]);
  if (link < 0) {
    std::fprintf(stderr, "floor: cannot attach to %s %s: %s\n", argv[1], argv[2], std::strerror(-link));
    return 1;
  }
  const pid_t child = fork();
  if (child == 0) {
    execv(argv[3], argv + 3);
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  close(link);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
