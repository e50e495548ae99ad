/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The build id of a file that is being mapped: a note of the ELF format, which is read in the page cache. Whoever maps
 * a program or library has read its beginning a moment before, so it is there; nothing is read from a disk here. What is
 * not there, or goes on in another page, is left to the reader of the record.
 *
 * Where the memory of a page is follows from two variables of the kernel (x86-64). Nothing that is read is trusted: the
 * file belongs to whoever runs it, and a page can become another file's at any time. Then the id is one of that, or none.
 */
#include "abi/scratch.h"
#include "kernel/fs.h"
#include "kernel/memory.h"
#include "lib/maps.bpf.h"
#include "lib/read.bpf.h"

enum tl_build_id_limit {
  TL_PAGE_BITS = 12,
  TL_PAGE_SIZE = 1 << TL_PAGE_BITS,
  TL_XA_LEVELS = 8,
  TL_XA_SLOTS = 64,
  TL_XA_SIBLINGS = 256, /* above the number of a slot as an entry of the tree has it */
  TL_XA_NODES = 4096,   /* below the address of any node */
  TL_NAME_MAX = 255,
  TL_ELF_STEPS = 64, /* segments and notes that are looked at */
};

/* What becomes of a file: the result of tl_build_id_read. */
enum tl_build_id_found {
  TL_BUILD_ID_NONE,  /* the file has none */
  TL_BUILD_ID_FOUND, /* or may have one that is not known */
};

/* The ELF format, as far as it is read. */
enum tl_elf {
  TL_ELF_MAGIC = 0x464c457f,
  TL_ELF_32 = 1,
  TL_ELF_64 = 2,
  TL_ELF_NOTES = 4,    /* a segment of notes */
  TL_ELF_BUILD_ID = 3, /* a note of "GNU" */
  TL_ELF_GNU = 0x00554e47,
  TL_ELF_SEGMENT_32 = 32, /* bytes of the whole header of a segment */
  TL_ELF_SEGMENT_64 = 56,
  TL_REGULAR = 0100000,
  TL_FILE_TYPE = 0170000,
};

/* Where the segments are: bits to shift. Below is the place of the first, TL_ELF_NUMBER at most. */
enum tl_elf_table { TL_ELF_IS_LONG = 16, TL_ELF_COUNT = 32 };

/*
 * How far a search is: the number of a segment, and above it how far in that. At the end how it ended: without a bit of
 * these, it is not known; with TL_ELF_HAS_ID, the place of the id in the file, and above it its size.
 */
enum tl_elf_state {
  TL_ELF_NUMBER = 0xffff,
  TL_ELF_IN = 16,   /* bits to shift */
  TL_ELF_SIZE = 48, /* likewise */
};
#define TL_ELF_END (1ULL << 63)
#define TL_ELF_HAS_ID (1ULL << 62)
#define TL_ELF_HAS_NONE (1ULL << 61)

struct tl_elf_header {
  u32 magic;
  u8 class;
  u8 rest[11];
  u16 type, machine;
  u32 version;
  union {
    struct {
      u64 entry, segments, sections;
      u32 flags;
      u16 size, segment_size, segment_count;
    } long_form;
    struct {
      u32 entry, segments, sections, flags;
      u16 size, segment_size, segment_count;
    } short_form;
  };
};

union tl_elf_segment {
  u32 type;
  struct {
    u32 type, flags;
    u64 offset, address, physical, bytes;
  } long_form;
  struct {
    u32 type, offset, address, physical, bytes;
  } short_form;
};

struct tl_elf_note {
  u32 name, content, type;
  u32 text; /* the first four bytes of the name */
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct tl_memory);
} tl_memory SEC(".maps") __weak;

static __always_inline u64 tl_word(u64 address) {
  u64 out = 0;

  bpf_probe_read_kernel(&out, sizeof(out), (void*)address);
  return out;
}

static __always_inline bool tl_xa_is_node(u64 entry) { return (entry & 3) == 2 && entry > TL_XA_NODES; }

/* What the tree of a file's pages has at `index`: the address of a struct page, or something else. */
static __always_inline u64 tl_xa_entry(u64 entry, u64 index) {
  if (!tl_xa_is_node(entry)) return index == 0 ? entry : 0;
  for (u32 level = 0; level < TL_XA_LEVELS; level++) {
    struct xa_node* node = (void*)(entry - 2);
    u8 shift = BPF_CORE_READ(node, shift);
    u64 slots = (u64)__builtin_preserve_access_index(&node->slots);

    entry = tl_word(slots + ((index >> (shift & 63)) & (TL_XA_SLOTS - 1)) * sizeof(u64));
    if ((entry & 3) == 2 && entry < TL_XA_SIBLINGS) entry = tl_word(slots + (entry >> 2) * sizeof(u64));
    if (shift == 0 || !tl_xa_is_node(entry)) break;
  }
  return entry;
}

/* Of several pages that are one the tree has the first. */
static __always_inline u64 tl_page_index(u64 page) {
  if (bpf_core_type_exists(struct folio)) return BPF_CORE_READ((struct folio*)page, index);
  return BPF_CORE_READ((struct page*)page, index);
}

/*
 * Where page `index` of the file with these pages is in memory; 0 when it is not there. Numbers alone, so that a kernel
 * of any age verifies it once.
 */
__attribute__((noinline)) u64 tl_cached_page(u64 pages, u64 index) {
  u64 page = tl_xa_entry(pages, index), first, base, map;
  struct tl_memory* memory;
  u32 zero = 0;

  barrier_var(page);
  memory = bpf_map_lookup_elem(&tl_memory, &zero);
  if (!memory || !memory->page_offset_base || !memory->vmemmap_base) return 0;
  if (!page || (page & 3)) return 0;
  first = tl_page_index(page);
  if (first > index || index - first >= 1 << 20) return 0; /* it is not this file's any more */
  base = tl_word(memory->page_offset_base);
  map = tl_word(memory->vmemmap_base);
  if (page < map || !base) return 0;
  return base + (((page - map) / bpf_core_type_size(struct page) + index - first) << TL_PAGE_BITS);
}

/* `size` bytes of the file from `at`; false when they are not in memory, or in two pages. `page` is its first one. */
static __always_inline bool tl_file_read(u64 page, u64 pages, u64 at, void* to, u32 size) {
  u64 within = at & (TL_PAGE_SIZE - 1);

  if (within + size > TL_PAGE_SIZE) return false;
  if (at != within) page = tl_cached_page(pages, at >> TL_PAGE_BITS);
  return page && !bpf_probe_read_kernel(to, size, (void*)(page + within));
}

static __always_inline u64 tl_rounded(u32 size) { return ((u64)size + 3) & ~3ULL; }

/* A note whose head was read: is it the one? */
static __always_inline bool tl_is_build_id(const struct tl_elf_note* note) {
  return note->type == TL_ELF_BUILD_ID && note->name == 4 && note->text == TL_ELF_GNU && note->content > 0 &&
         note->content <= TL_BUILD_ID_MAX;
}

/*
 * Looks at one segment, or one note in it. `table`: enum tl_elf_table. `state`: enum tl_elf_state; returns the next one,
 * with TL_ELF_END when it is over. A function of numbers, so that a kernel of any age verifies it once.
 */
__attribute__((noinline)) u64 tl_elf_step(u64 page, u64 pages, u64 table, u64 state) {
  const u32 short_size = sizeof(((union tl_elf_segment*)0)->short_form);
  u64 number = state & TL_ELF_NUMBER, in = state >> TL_ELF_IN, place, bytes;
  bool is_long = table >> TL_ELF_IS_LONG & 1;
  union tl_elf_segment segment = {};
  struct tl_elf_note note = {};

  if (number >= (table >> TL_ELF_COUNT & TL_ELF_NUMBER)) return TL_ELF_END | TL_ELF_HAS_NONE;
  place = (table & TL_ELF_NUMBER) + number * (is_long ? TL_ELF_SEGMENT_64 : TL_ELF_SEGMENT_32);
  if (is_long ? !tl_file_read(page, pages, place, &segment, sizeof(segment))
              : !tl_file_read(page, pages, place, &segment, short_size))
    return TL_ELF_END;
  if (segment.type != TL_ELF_NOTES) return number + 1;
  place = is_long ? segment.long_form.offset : segment.short_form.offset;
  bytes = is_long ? segment.long_form.bytes : segment.short_form.bytes;
  if (in + sizeof(note) > bytes) return number + 1;
  place += in;
  if (place >> TL_ELF_SIZE || !tl_file_read(page, pages, place, &note, sizeof(note))) return TL_ELF_END;
  if (tl_is_build_id(&note))
    return TL_ELF_END | TL_ELF_HAS_ID | (u64)note.content << TL_ELF_SIZE | (place + sizeof(note));
  in += sizeof(note) - sizeof(note.text) + tl_rounded(note.name) + tl_rounded(note.content);
  return in >> 40 ? TL_ELF_END : number | in << TL_ELF_IN;
}

static __always_inline u32 tl_build_id_search(u64 pages, struct tl_build_id* out) {
  u64 page = tl_cached_page(pages, 0), table, state = 0;
  struct tl_elf_header header = {};
  u8 id[TL_BUILD_ID_MAX] = {};
  bool is_long;
  u32 size;

  if (!tl_file_read(page, pages, 0, &header, sizeof(header))) return TL_BUILD_ID_FOUND;
  if (header.magic != TL_ELF_MAGIC) return TL_BUILD_ID_NONE;
  is_long = header.class == TL_ELF_64;
  if (!is_long && header.class != TL_ELF_32) return TL_BUILD_ID_NONE;
  table = is_long ? header.long_form.segments : header.short_form.segments;
  if (table > TL_ELF_NUMBER) return TL_BUILD_ID_FOUND;
  table |= (u64)is_long << TL_ELF_IS_LONG;
  table |= (u64)(is_long ? header.long_form.segment_count : header.short_form.segment_count) << TL_ELF_COUNT;
  for (u32 step = 0; step < TL_ELF_STEPS; step++) {
    state = tl_elf_step(page, pages, table, state);
    if (state & TL_ELF_END) break;
  }
  if (!(state & TL_ELF_HAS_ID)) return state & TL_ELF_HAS_NONE ? TL_BUILD_ID_NONE : TL_BUILD_ID_FOUND;
  size = state >> TL_ELF_SIZE & 0x1f;
  if (!tl_file_read(page, pages, state & ((1ULL << TL_ELF_SIZE) - 1), id, sizeof(id)))
    return TL_BUILD_ID_FOUND;
  for (u32 i = 0; i < TL_BUILD_ID_MAX; i++) out->id[i] = i < size ? id[i] : 0;
  out->known = size;
  return TL_BUILD_ID_FOUND;
}

/*
 * A file that has no place in any file system (memfd, System V shared memory) has a name all the same. It becomes the
 * path of value `at`, as /proc/PID/maps shows it.
 */
static __always_inline void tl_name_file(struct file* file, struct tl_slot* slot, u32 at) {
  struct tl_value* value = tl_value_at(slot, at);
  struct dentry* dentry = BPF_CORE_READ(file, f_path.dentry);
  const char ending[] = " (deleted)";
  u8* buffer = tl_buffer_at(slot, at);
  u32 size, start;

  if (!value || !buffer || value->path.head.size || value->path.flags || !dentry) return;
  size = BPF_CORE_READ(dentry, d_name.len);
  if (size == 0 || size > TL_NAME_MAX) return;
  start = TL_PATH_END - (sizeof(ending) - 1) - size;
  buffer[start - 1] = '/';
  bpf_probe_read_kernel(buffer + start, size, BPF_CORE_READ(dentry, d_name.name));
  __builtin_memcpy(buffer + TL_PATH_END - (sizeof(ending) - 1), ending, sizeof(ending) - 1);
  value->from = start - 1;
  value->path.head.size = TL_PATH_END - value->from;
}

/*
 * Writes the id of `file` into the struct tl_build_id at `place` of the record; value `at` is its path. Returns enum
 * tl_build_id_found.
 */
TL_LIBRARY u32 tl_build_id_read(u64 file, struct tl_slot* slot, u32 place, u32 at) {
  struct inode* inode = BPF_CORE_READ((struct file*)file, f_inode);
  struct tl_build_id* out;
  u64 pages;

  if (!slot || place > TL_RECORD_FIXED_MAX - sizeof(*out)) return TL_BUILD_ID_NONE; /* never generated */
  if (!inode || (BPF_CORE_READ(inode, i_mode) & TL_FILE_TYPE) != TL_REGULAR) return TL_BUILD_ID_NONE;
  tl_name_file((struct file*)file, slot, at);
  out = (void*)slot->record + place;
  for (u32 i = 0; i < sizeof(*out) / sizeof(u64); i++) ((u64*)out)[i] = 0;
  out->inode = BPF_CORE_READ(inode, i_ino);
  out->bytes = BPF_CORE_READ((struct inode___sized*)inode, i_size);
  pages = (u64)BPF_CORE_READ((struct file___mapped*)file, f_mapping, i_pages.xa_head);
  return tl_build_id_search(pages, out);
}
