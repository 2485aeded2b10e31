// What the memory allocator is to keep of what it is given back.
#ifndef RAFT_BASE_ALLOCATOR_H_
#define RAFT_BASE_ALLOCATOR_H_

namespace raft_cluster::internal {

// Frames of a busy link are some 260 KiB each, and are taken from and given
// back to malloc thousands of times a second, by libzmq above all. glibc gives
// blocks of that size back to the system at once, which hands them out again
// page by page, cleared: 64 faults for each frame, a tenth to a quarter of all
// that it costs. How large a block has to be for that, glibc learns from the
// largest that was ever freed (mallopt(3), M_MMAP_THRESHOLD): this shows it
// one, so that up to 8 MiB of each of its arenas stay for the next frames.
// Where malloc is another one, or the program has told glibc something else,
// nothing changes.
//
// Thread rule: any thread.
void KeepFreedFrames();

}  // namespace raft_cluster::internal

#endif  // RAFT_BASE_ALLOCATOR_H_
