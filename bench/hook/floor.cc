// SPDX-License-Identifier: Apache-2.0
// The floor of a hook: runs a command with an empty program attached. `floor KIND TARGET CMD ARGS...`, KIND one of
// fentry, lsm and tp_btf. Only for throw-away guests: it hooks the kernel it runs on.
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
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

int attach_empty(const char* name, const char* target) {
  for (const Kind& kind : kKinds) {
    if (kind.name == name) return attach_empty(kind, target);
  }
  return -EINVAL;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const int link = attach_empty(argv[1], argv[2]);
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
