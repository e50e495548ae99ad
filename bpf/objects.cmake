# SPDX-License-Identifier: Apache-2.0
# Every BPF object: name it is embedded under, source, flags.
bpf_object(life hook/life.bpf.c)
bpf_object(life_old hook/life.bpf.c -DTL_OLD_KERNEL)
# The library of hook programs: typed arguments or plain addresses, kernels from 5.17 or older ones.
bpf_object(lib_typed lib/hook.bpf.c -DTL_TYPED)
bpf_object(lib_plain lib/hook.bpf.c)
bpf_object(lib_typed_old lib/hook.bpf.c -DTL_TYPED -DTL_OLD_KERNEL)
bpf_object(lib_plain_old lib/hook.bpf.c -DTL_OLD_KERNEL)
# What only programs that ask for the process are linked with, whatever their kind.
bpf_object(lib_task lib/task.bpf.c)
bpf_object(lib_facts lib/facts.bpf.c)
bpf_object(lib_scope lib/scope.bpf.c)
bpf_object(lib_hash lib/hash.bpf.c)
bpf_object(lib_build_id lib/build_id.bpf.c)
# Keeps what is known of each process; linked with generated functions and one of the libraries.
bpf_object(facts hook/facts.bpf.c)
bpf_object(facts_old hook/facts.bpf.c -DTL_OLD_KERNEL)
# Follows the cgroups of containers.
bpf_object(scope hook/scope.bpf.c)
