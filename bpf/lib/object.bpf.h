/* SPDX-License-Identifier: GPL-2.0-only */
/* Values of credentials, capabilities, BPF objects, perf events and modules. As in lib/net.bpf.h. */
#ifndef TRIPLINE_LIB_OBJECT_BPF_H
#define TRIPLINE_LIB_OBJECT_BPF_H

#include "abi/scratch.h"
#include "kernel/cred.h"
#include "kernel/ns.h"
#include "kernel/object.h"
#include "lib/read.bpf.h"

enum {
  TL_FUNCTION_NAME = 128, /* bytes of the function of a kprobe, with the NUL */
  TL_MODULE_NAME = 64,
  TL_PERF_DYNAMIC = 6, /* types of perf events from here on are handed out by the kernel */
};

static __always_inline long tl_user_namespace_fill(struct user_namespace* ns, struct tl_user_namespace* out) {
  if (BPF_CORE_READ_INTO(&out->level, ns, level)) return -1;
  out->uid = BPF_CORE_READ(ns, owner.val);
  out->gid = BPF_CORE_READ(ns, group.val);
  out->inum = BPF_CORE_READ(ns, ns.inum);
  return 0;
}

TL_LIBRARY u32 tl_user_namespace_value(u64 ns, struct tl_slot* slot, u32 at) {
  struct tl_value* value = tl_value_open(slot, at);

  if (!value) return TL_VALUE_BAD_ADDRESS;
  if (tl_user_namespace_fill((void*)ns, &((struct tl_user_namespace_value*)&value->head)->ns))
    return tl_bad_address(value);
  return TL_VALUE_OK;
}

/* A set in a struct has another type in newer kernels; its 8 bytes mean the same. */
#define TL_CAPABILITIES(to, cred, member) \
  bpf_probe_read_kernel(to, sizeof(u64), (void*)__builtin_preserve_access_index(&(cred)->member))

TL_LIBRARY u32 tl_cred_value(u64 address, struct tl_slot* slot, u32 at) {
  struct tl_value* value = tl_value_open(slot, at);
  struct cred* cred = (void*)address;
  struct tl_cred_value* out;

  if (!value) return TL_VALUE_BAD_ADDRESS;
  out = (void*)&value->head;
  if (BPF_CORE_READ_INTO(&out->cred.uid, cred, uid.val)) return tl_bad_address(value);
  out->cred.gid = BPF_CORE_READ(cred, gid.val);
  out->cred.euid = BPF_CORE_READ(cred, euid.val);
  out->cred.egid = BPF_CORE_READ(cred, egid.val);
  out->cred.suid = BPF_CORE_READ(cred, suid.val);
  out->cred.sgid = BPF_CORE_READ(cred, sgid.val);
  out->cred.fsuid = BPF_CORE_READ(cred, fsuid.val);
  out->cred.fsgid = BPF_CORE_READ(cred, fsgid.val);
  out->cred.securebits = BPF_CORE_READ(cred, securebits);
  TL_CAPABILITIES(&out->cred.permitted, cred, cap_permitted);
  TL_CAPABILITIES(&out->cred.effective, cred, cap_effective);
  TL_CAPABILITIES(&out->cred.inheritable, cred, cap_inheritable);
  tl_user_namespace_fill(BPF_CORE_READ(cred, user_ns), &out->ns);
  return TL_VALUE_OK;
}

TL_LIBRARY u32 tl_capabilities_value(u64 set, struct tl_slot* slot, u32 at) {
  struct tl_value* value = tl_value_open(slot, at);

  if (!value) return TL_VALUE_BAD_ADDRESS;
  if (tl_copy(&((struct tl_number*)&value->head)->number, sizeof(u64), set)) return tl_bad_address(value);
  return TL_VALUE_OK;
}

/* What user space asks for, in the kernel's copy or its own; a part of the kernel's ABI. */
TL_LIBRARY u32 tl_bpf_attr_value(u64 attr, struct tl_slot* slot, u32 at) {
  struct tl_value* value = tl_value_open(slot, at);
  struct tl_bpf_prog* out;

  if (!value) return TL_VALUE_BAD_ADDRESS;
  out = (void*)&value->head;
  if (tl_copy(&out->type, sizeof(u32), attr + offsetof(union bpf_attr, prog_type)) ||
      tl_copy(&out->instructions, sizeof(u32), attr + offsetof(union bpf_attr, insn_cnt)) ||
      tl_copy(out->name, TL_OBJECT_NAME, attr + offsetof(union bpf_attr, prog_name)))
    return tl_bad_address(value);
  return TL_VALUE_OK;
}

TL_LIBRARY u32 tl_bpf_prog_value(u64 address, struct tl_slot* slot, u32 at) {
  struct tl_value* value = tl_value_open(slot, at);
  struct bpf_prog* prog = (void*)address;
  struct tl_bpf_prog* out;

  if (!value) return TL_VALUE_BAD_ADDRESS;
  out = (void*)&value->head;
  if (BPF_CORE_READ_INTO(&out->type, prog, type)) return tl_bad_address(value);
  out->instructions = BPF_CORE_READ(prog, len);
  BPF_CORE_READ_INTO((char(*)[TL_OBJECT_NAME])out->name, prog, aux, name);
  return TL_VALUE_OK;
}

TL_LIBRARY u32 tl_bpf_map_value(u64 address, struct tl_slot* slot, u32 at) {
  struct tl_value* value = tl_value_open(slot, at);
  struct bpf_map* map = (void*)address;
  struct tl_bpf_map* out;

  if (!value) return TL_VALUE_BAD_ADDRESS;
  out = (void*)&value->head;
  if (BPF_CORE_READ_INTO(&out->type, map, map_type)) return tl_bad_address(value);
  out->key_size = BPF_CORE_READ(map, key_size);
  out->value_size = BPF_CORE_READ(map, value_size);
  out->max_entries = BPF_CORE_READ(map, max_entries);
  BPF_CORE_READ_INTO((char(*)[TL_OBJECT_NAME])out->name, map, name);
  return TL_VALUE_OK;
}

/* The function is text of the caller. An address that other types keep in its place is not followed. */
TL_LIBRARY u32 tl_perf_event_value(u64 address, struct tl_slot* slot, u32 at) {
  struct tl_value* value = tl_value_open(slot, at);
  u8* buffer = tl_buffer_at(slot, at);
  struct perf_event* event = (void*)address;
  struct tl_perf_event* out;
  s64 length;

  if (!value || !buffer) return TL_VALUE_BAD_ADDRESS;
  out = (void*)&value->head;
  if (BPF_CORE_READ_INTO(&out->type, event, attr.type)) return tl_bad_address(value);
  out->config = BPF_CORE_READ(event, attr.config);
  out->probe_offset = BPF_CORE_READ(event, attr.probe_offset);
  if (out->type < TL_PERF_DYNAMIC) return TL_VALUE_OK;
  length = tl_copy_text(buffer, TL_FUNCTION_NAME, tl_of_process(BPF_CORE_READ(event, attr.kprobe_func)));
  if (length > 1) out->head.size = (u32)length - 1;
  return TL_VALUE_OK;
}

/* Nothing is known of a module without a name. */
TL_LIBRARY u32 tl_load_info_value(u64 address, struct tl_slot* slot, u32 at) {
  struct tl_value* value = tl_value_open(slot, at);
  u8* buffer = tl_buffer_at(slot, at);
  struct load_info* info = (void*)address;
  struct tl_module* out;
  const char* name;
  s64 length;

  if (!value || !buffer) return TL_VALUE_BAD_ADDRESS;
  out = (void*)&value->head;
  if (BPF_CORE_READ_INTO(&name, info, name)) return tl_bad_address(value);
  length = bpf_probe_read_kernel_str(buffer, TL_MODULE_NAME, name);
  if (length <= 1) return TL_VALUE_OK;
  out->head.size = (u32)length - 1;
  out->taints = BPF_CORE_READ(info, mod, taints);
  if (bpf_core_field_exists(info->sig_ok)) out->signature_ok = BPF_CORE_READ(info, sig_ok);
  return TL_VALUE_OK;
}

TL_LIBRARY u32 tl_module_value(u64 address, struct tl_slot* slot, u32 at) {
  struct tl_value* value = tl_value_open(slot, at);
  u8* buffer = tl_buffer_at(slot, at);
  struct module* module = (void*)address;
  struct tl_module* out;
  s64 length;

  if (!value || !buffer) return TL_VALUE_BAD_ADDRESS;
  out = (void*)&value->head;
  if (BPF_CORE_READ_INTO(&out->taints, module, taints)) return tl_bad_address(value);
  length = bpf_probe_read_kernel_str(buffer, TL_MODULE_NAME,
                                     (void*)__builtin_preserve_access_index(&module->name));
  if (length > 1) out->head.size = (u32)length - 1;
  return TL_VALUE_OK;
}

#endif
