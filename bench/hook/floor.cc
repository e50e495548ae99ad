// SPDX-License-Identifier: Apache-2.0
// The floor of a hook: runs a command with an empty program attached. `floor fentry FUNCTION CMD ARGS...`. Only for
// throw-away guests: it hooks the kernel it runs on.
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

namespace {

int attach_empty(const char* function) {
  const int id = libbpf_find_vmlinux_btf_id(function, BPF_TRACE_FENTRY);
  if (id < 0) return id;
  const bpf_insn program[] = {{BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0}, {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}};
  LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_TRACE_FENTRY,
              .attach_btf_id = static_cast<__u32>(id));
  const int fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "floor", "GPL", program, 2, &options);
  return fd < 0 ? fd : bpf_raw_tracepoint_open(nullptr, fd);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4 || std::strcmp(argv[1], "fentry") != 0) return 2;
  const int link = attach_empty(argv[2]);
  if (link < 0) {
    std::fprintf(stderr, "floor: cannot attach to %s: %s\n", argv[2], std::strerror(-link));
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
