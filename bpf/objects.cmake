# SPDX-License-Identifier: Apache-2.0
# Every BPF object: name it is embedded under, source, flags.
bpf_object(life hook/life.bpf.c)
bpf_object(life_old hook/life.bpf.c -DTL_OLD_KERNEL)
# The library of hook programs: typed arguments or plain addresses, kernels from 5.17 or older ones.
bpf_object(lib_typed lib/hook.bpf.c -DTL_TYPED)
bpf_object(lib_plain lib/hook.bpf.c)
bpf_object(lib_typed_old lib/hook.bpf.c -DTL_TYPED -DTL_OLD_KERNEL)
bpf_object(lib_plain_old lib/hook.bpf.c -DTL_OLD_KERNEL)
