# SPDX-License-Identifier: Apache-2.0
# Every BPF object: name it is embedded under, source, flags.
bpf_object(life hook/life.bpf.c)
