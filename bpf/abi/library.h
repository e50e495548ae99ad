/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The functions of the runtime library (bpf/lib) that generated programs call, one row for each: result, name,
 * parameters as C writes them, and enum tl_call. The library is compiled against these rows (lib/library.bpf.h), the
 * compiler knows from them what it can call (src/ir/callee.h), and the linker which types such a call has
 * (src/emit/link.cc).
 *
 * A row has no other types than int, u32, u64, and pointers to struct tl_slot, to struct file and to u64: the program's
 * context.
 */
#ifndef TRIPLINE_ABI_LIBRARY_H
#define TRIPLINE_ABI_LIBRARY_H

enum tl_call {
  TL_CALL_PURE = 1 << 0, /* does nothing else, and gives the same result whenever it is called in one run */
  TL_CALL_CONTEXT =
      1 << 1, /* the first parameter is the context; what generated code passes comes behind it */
  TL_CALL_ANSWERS = 1 << 2, /* the int that it returns says something; of others it is 0 */
};

/* clang-format off */
#define TL_LIBRARY_FUNCTIONS(X)                                                       \
  X(struct tl_slot*, tl_slot_get, (void), 0)                                          \
  X(int, tl_slot_put, (struct tl_slot*), 0)                                           \
  X(u64, tl_peek, (u64, u32), 0)                                                      \
  X(int, tl_present, (u64, u64), 0)                                                   \
  X(int, tl_present_text, (u64), 0)                                                   \
  X(u64, tl_present_pointer, (u64), 0)                                                \
  X(int, tl_present_vectors, (u64, u64), 0)                                           \
  X(u64, tl_text_head, (u64), TL_CALL_PURE)                                           \
  X(int, tl_user_write, (u64, u64, u32), 0)                                           \
  X(u64, tl_argument, (u64*, u32), TL_CALL_PURE | TL_CALL_CONTEXT)                    \
  X(u64, tl_saved_argument, (u64*, u32), TL_CALL_PURE | TL_CALL_CONTEXT)              \
  X(u64, tl_follow, (u64, struct tl_slot*, u32), 0)                                   \
  X(u64, tl_resolved_number, (u64, struct tl_slot*, u32, u32), 0)                     \
  X(int, tl_resolved, (struct tl_slot*, u32), 0)                                      \
  X(u32, tl_place_value, (u64, struct tl_slot*, u32, u32), 0)                         \
  X(u32, tl_string_value, (u64, struct tl_slot*, u32), 0)                             \
  X(u32, tl_record_text, (u64, struct tl_slot*, u32, u32), 0)                         \
  X(u32, tl_filename_value, (u64, struct tl_slot*, u32), 0)                           \
  X(u32, tl_net_device_value, (u64, struct tl_slot*, u32), 0)                         \
  X(u32, tl_buffer_value, (u64, struct tl_slot*, u32, u64), 0)                        \
  X(u32, tl_iovec_value, (u64, struct tl_slot*, u32, u64, u64), 0)                    \
  X(u32, tl_iov_iter_value, (u64, struct tl_slot*, u32), 0)                           \
  X(u32, tl_find, (struct tl_slot*, u32, u32), 0)                                     \
  X(u32, tl_file_value, (struct file*, struct tl_slot*, u32), 0)                      \
  X(u64, tl_syscall_abi, (void), TL_CALL_PURE)                                        \
  X(u64, tl_record_address, (u64*, u32), TL_CALL_PURE | TL_CALL_CONTEXT)              \
  X(u64, tl_record_data, (u64*, u32), TL_CALL_PURE | TL_CALL_CONTEXT)                 \
  X(int, tl_record_begin, (struct tl_slot*, u32, u32), 0)                             \
  X(u32, tl_record_value, (struct tl_slot*, u32, u32, u32, u32), 0)                   \
  X(int, tl_sock_track, (struct tl_slot*, u32, u64), 0)                               \
  X(int, tl_sock_untrack, (struct tl_slot*, u32, u64), 0)                             \
  X(int, tl_sock_tell, (struct tl_slot*, u32, u64, u32), 0)                           \
  X(int, tl_notify, (u64, u32, u32), 0)                                               \
  X(int, tl_notice_drop, (u64, u32), 0)                                               \
  X(u64, tl_notice_take, (u64), 0)                                                    \
  X(int, tl_data_send, (struct tl_slot*, u32, u32), 0)                                \
  X(int, tl_record_send, (struct tl_slot*, u32, u32), 0)                              \
  X(int, tl_entry_send, (struct tl_slot*, u32, u32, u32), 0)                          \
  X(int, tl_entry_note, (struct tl_slot*, u32), 0)                                    \
  X(int, tl_entry_frame, (u64*, struct tl_slot*, u32), TL_CALL_CONTEXT)               \
  X(int, tl_entry_forget, (u64*, u32, u32), TL_CALL_CONTEXT)                          \
  X(u32, tl_build_id_read, (u64, struct tl_slot*, u32, u32), 0)                       \
  X(int, tl_hash_keep, (struct tl_slot*, u32, u32, u32), 0)                           \
  X(int, tl_hash_send, (u64*), TL_CALL_CONTEXT)                                       \
  X(int, tl_hash_send_program, (u64*), TL_CALL_CONTEXT)                               \
  X(u32, tl_entry_take, (struct tl_slot*, u32, u32), 0)                               \
  X(int, tl_count, (u32, u32), 0)                                                     \
  X(int, tl_take, (u32), TL_CALL_ANSWERS)                                             \
  X(u32, tl_taken, (u32), 0)                                                          \
  X(u32, tl_sock_value, (u64, struct tl_slot*, u32), 0)                               \
  X(u32, tl_socket_value, (u64, struct tl_slot*, u32), 0)                             \
  X(u32, tl_sockaddr_value, (u64, struct tl_slot*, u32), 0)                           \
  X(u32, tl_capabilities_value, (u64, struct tl_slot*, u32), 0)                       \
  X(u32, tl_cred_value, (u64, struct tl_slot*, u32), 0)                               \
  X(u32, tl_bpf_attr_value, (u64, struct tl_slot*, u32), 0)                           \
  X(u32, tl_bpf_prog_value, (u64, struct tl_slot*, u32), 0)                           \
  X(u32, tl_bpf_map_value, (u64, struct tl_slot*, u32), 0)                            \
  X(u32, tl_load_info_value, (u64, struct tl_slot*, u32), 0)                          \
  X(u32, tl_module_value, (u64, struct tl_slot*, u32), 0)                             \
  X(u32, tl_sockaddr_un_value, (u64, struct tl_slot*, u32, u32), 0)                   \
  X(u32, tl_stack, (u64*, struct tl_slot*, u32, u32, u32), TL_CALL_CONTEXT)           \
  X(int, tl_rate_begin, (struct tl_slot*, u32), 0)                                    \
  X(int, tl_rate_value, (struct tl_slot*, u32, u32, u32, u32), 0)                     \
  X(u32, tl_rate_allows, (struct tl_slot*, u32, u32), 0)                              \
  X(u32, tl_skb_value, (u64, struct tl_slot*, u32), 0)                                \
  X(u32, tl_user_namespace_value, (u64, struct tl_slot*, u32), 0)                     \
  X(u32, tl_perf_event_value, (u64, struct tl_slot*, u32), 0)                         \
  X(u64, tl_task_number, (u32), TL_CALL_PURE)                                         \
  X(u64, tl_fact_entry, (void), TL_CALL_PURE)                                         \
  X(int, tl_facts_read, (struct tl_slot*, u32), 0)                                    \
  X(u64, tl_changed_namespaces, (u64), TL_CALL_PURE)                                  \
  X(u64, tl_changed_capabilities, (u64, u32), TL_CALL_PURE)                           \
  X(int, tl_renew_namespaces, (u64), 0)                                               \
  X(int, tl_renew_capabilities, (u64), 0)                                             \
  X(u64, tl_scope_words, (u64, u32), TL_CALL_PURE)                                    \
  X(u64, tl_cgroup_of, (u32), TL_CALL_PURE)                                           \
  X(struct tl_slot*, tl_fact_slot, (struct tl_slot*), TL_CALL_PURE | TL_CALL_CONTEXT)
/* clang-format on */

#endif
